/// Rules that all programs share which gates run in a sandbox.
enum SandboxRules {
    static func timeout(_ fields: Value, _ path: [FieldStep]) -> [FieldProblem] {
        guard let timeout = fields["timeout"]?.string.flatMap({ try? Duration(parsing: $0) }),
            timeout <= .zero || timeout > .seconds(3600)
        else { return [] }
        return [
            FieldProblem(
                path: path + [.member("timeout")], rule: "out-of-range",
                message: "'timeout' is longer than nothing and at most 1h")
        ]
    }
}

import Testing
import WaybillCore

struct ResourceProblemsTests {
    private func resource(_ name: String, _ path: String, line: Int) throws -> Resource {
        Resource(
            id: .model(try Name(parsing: name)), spec: .model(Model(owner: "o")), metadata: Metadata(),
            location: SourceLocation(path: path, line: line, column: 1))
    }

    private func error(_ rule: DiagnosticRule, _ path: String, line: Int, warning: Bool = false) -> Diagnostic {
        Diagnostic(
            location: SourceLocation(path: path, line: line, column: 5), severity: warning ? .warning : .error,
            rule: rule.rawValue, message: "something")
    }

    @Test func `a broken file holds all that it defines, a bad reference only its own resource`() throws {
        let resources = [
            try resource("a", "one.yaml", line: 1), try resource("b", "one.yaml", line: 10),
            try resource("c", "two.yaml", line: 1), try resource("d", "two.yaml", line: 10),
            try resource("e", "three.yaml", line: 1),
        ]
        let state = DesiredState(
            commit: try CommitID(parsing: String(repeating: "a", count: 40)),
            resources: Dictionary(uniqueKeysWithValues: resources.map { ($0.id, $0) }),
            diagnostics: [
                error(.unknownField, "one.yaml", line: 3), error(.danglingReference, "two.yaml", line: 14),
                error(.unknownField, "three.yaml", line: 2, warning: true),
            ])
        let problems = ResourceProblems(state)
        #expect(resources.map { problems.of($0).count } == [1, 1, 0, 1, 0])
        #expect(problems.of(resources[0]).summary == "one.yaml:3:5: something")
    }
}

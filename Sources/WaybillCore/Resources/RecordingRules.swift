/// Rules over the fields of `spec.recording`, in the places of those that break them.
enum RecordingRules {
    private static let place: [FieldStep] = [.member("spec"), .member("recording")]

    static func problems(_ recording: Value?) -> [FieldProblem] {
        guard let recording, case .object(let members) = recording, recording["mode"] != .null else { return [] }
        let mode = recording["mode"]?.string ?? RecordingPolicy.Mode.off.rawValue
        guard mode != RecordingPolicy.Mode.off.rawValue else { return superfluous(members) }
        return pointers(recording) + features(recording)
    }

    private static func superfluous(_ members: Members) -> [FieldProblem] {
        members.keys.sorted().filter { $0 != "mode" }.map { field in
            FieldProblem(
                path: place + [.member(field)], rule: "conflicting-fields",
                message: "'\(field)' means nothing while nothing is recorded",
                hint: "write 'mode: bestEffort' or 'mode: required', or remove it", isOfKey: true)
        }
    }

    private static func pointers(_ recording: Value) -> [FieldProblem] {
        let written = recording["redact"]?.list ?? []
        guard written.count <= RecordingPolicy.maximumNames else { return [tooMany("redact")] }
        return written.enumerated().compactMap { index, item in
            guard let text = item.string, JSONPointer(text) == nil else { return nil }
            return FieldProblem(
                path: place + [.member("redact"), .index(index)], rule: "invalid-value",
                message: "\(text.quotedForMessage) is no JSON pointer",
                hint:
                    "write '/' before each step, as in '/inputs/0/data' or '/customer/*/name'; '~1' is a '/', '~0' a '~'"
            )
        }
    }

    private static func features(_ recording: Value) -> [FieldProblem] {
        guard let names = recording["features"]?.list, !names.isEmpty else { return [] }
        if names.count > RecordingPolicy.maximumNames { return [tooMany("features")] }
        guard let keep = recording["request"]?.string, keep != RecordingPolicy.Keep.whole.rawValue else { return [] }
        return [
            FieldProblem(
                path: place + [.member("features")], rule: "conflicting-fields",
                message: "'features' means nothing with 'request: \(keep)', which keeps no request",
                hint: "remove one of them", isOfKey: true)
        ]
    }

    private static func tooMany(_ field: String) -> FieldProblem {
        FieldProblem(
            path: place + [.member(field)], rule: "out-of-range",
            message: "'\(field)' has more than \(RecordingPolicy.maximumNames) entries")
    }
}

/// A JSON pointer (RFC 6901) in which a step `*` stands for every item or member.
package struct JSONPointer: Hashable, Sendable {
    /// At least one: a pointer to everything redacts nothing in particular.
    package let steps: [String]

    /// Nil for what does not begin with `/`, has an escape that nobody knows, or is longer than 1,024 bytes or 32 steps.
    package init?(_ text: String) {
        guard text.utf8.first == UInt8(ascii: "/"), text.utf8.count <= 1024 else { return nil }
        var steps: [String] = []
        for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            var (step, rest): (String, Substring) = ("", part)
            while let tilde = rest.firstIndex(of: "~") {
                step += rest[..<tilde]
                rest = rest[rest.index(after: tilde)...]
                switch rest.popFirst() {
                case "0": step += "~"
                case "1": step += "/"
                default: return nil
                }
            }
            steps.append(step + rest)
        }
        guard steps.count <= 32 else { return nil }
        self.steps = steps
    }
}

/// Which entries of the ledger somebody asks for; what is not given takes all.
///
/// `*` in a pattern stands for any characters. Judged by header alone as far as that goes, so that an entry whose body is not disclosed is found by
/// its time, type, subject, environment, outcome and decision all the same.
package struct EventFilter: Hashable, Sendable {
    /// The first moment, and the first one after the last.
    package var from: Timestamp?
    package var to: Timestamp?
    /// Patterns, one of which must match: `rollout.moved`, `replica.*`.
    package var types: [String] = []
    /// Patterns, one of which must match: `production/churn`, `production/*`, `churn@1.4.0`.
    package var subjects: [String] = []
    package var environment: String?
    package var outcome: String?
    /// 16 hexadecimal digits: all of one decision.
    package var decision: String?
    /// The entry that led to it.
    package var cause: UInt64?
    /// A part of the name of who acted, whatever its case.
    package var actor: String?
    /// A commit's id or a digest, or at least eight of its first digits, anywhere in subject or body.
    package var digest: String?
    /// Words that must all stand in the texts of the body, whatever their case.
    package var words: [String] = []

    package init() {}

    /// The parts that a header has.
    package struct Header: Hashable, Sendable {
        package var time: Timestamp
        package var type: String
        package var subject: String
        package var environment: String?
        package var outcome: String?
        package var decision: String
        package var cause: UInt64?

        package init(
            time: Timestamp, type: String, subject: String, environment: String?, outcome: String?, decision: String,
            cause: UInt64?
        ) {
            self.time = time
            self.type = type
            self.subject = subject
            self.environment = environment
            self.outcome = outcome
            self.decision = decision
            self.cause = cause
        }
    }

    /// Whether the header is one that is asked for.
    package func takes(_ header: Header) -> Bool {
        if let from, header.time < from { return false }
        if let to, header.time >= to { return false }
        if !types.isEmpty, !types.contains(where: { Wildcard.matches($0, header.type) }) { return false }
        if !subjects.isEmpty, !subjects.contains(where: { Wildcard.matches($0, header.subject) }) { return false }
        if let environment, header.environment != environment { return false }
        if let outcome, header.outcome != outcome { return false }
        if let decision, header.decision != decision { return false }
        if let cause, header.cause != cause { return false }
        return true
    }

    /// Whether it asks for something that only a body has.
    package var needsBody: Bool { actor != nil || digest != nil || !words.isEmpty }

    /// Whether actor and body are what is asked for, of an entry whose header is.
    package func takes(actor name: String, subject: String, body: Members) -> Bool {
        if let actor, !name.lowercased().contains(actor.lowercased()) { return false }
        guard digest != nil || !words.isEmpty else { return true }
        var texts: [String] = []
        Self.gather(.object(body), &texts)
        if let digest, !([subject] + texts).contains(where: { Self.names($0, digest) }) { return false }
        let all = texts.map { $0.lowercased() }
        return words.allSatisfy { word in all.contains { $0.contains(word.lowercased()) } }
    }

    private static func gather(_ value: Value, _ texts: inout [String]) {
        switch value {
        case .string(let text): texts.append(text)
        case .list(let items): for item in items { gather(item, &texts) }
        case .object(let members): for (_, value) in members { gather(value, &texts) }
        case .null, .bool, .integer, .number: break
        }
    }

    /// Whether `text` holds, as a word of its own, hexadecimal digits that begin with those of `digest`.
    private static func names(_ text: String, _ digest: String) -> Bool {
        let wanted = digest.hasPrefix("sha256:") ? digest.dropFirst(7) : digest[...]
        return text.split { !$0.isHexDigit }.contains { $0.hasPrefix(wanted) }
    }
}

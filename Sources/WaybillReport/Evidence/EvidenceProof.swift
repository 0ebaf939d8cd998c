package import WaybillCore

/// Whether evidence is what it says: the word of somebody who may say it, or why not.
package enum EvidenceProof: Hashable, Sendable {
    /// - Parameters:
    ///   - by: who signed it and may: a person with the role, or the controller itself.
    ///   - key: the fingerprint of their key.
    ///   - at: when it was verified, as they say; nil when they do not.
    case proven(by: String, key: String, at: Timestamp?)
    /// Nobody's word counts, for this reason.
    case unproven(String)

    package var isProven: Bool { if case .proven = self { true } else { false } }

    /// What is said where nobody looked.
    package static let unseen = EvidenceProof.unproven("nobody looked at its signature")
}

extension EvidenceProof {
    /// After the digest of evidence, in a list.
    var inlines: [Document.Inline] {
        switch self {
        case .proven(let person, let key, let time):
            [
                ", signed by ", .strong(person), " with ", .code(key),
                .text(time.map { " at \($0)" } ?? ""),
            ]
        case .unproven(let why): [", ", .mark(.unsure, "not proven"), .text(": \(shortened(why))")]
        }
    }

    var value: Value {
        switch self {
        case .proven(let person, let key, let time):
            var members: Members = ["proven": true, "by": .string(person), "key": .string(key)]
            if let time { members["at"] = .string(time.description) }
            return .object(members)
        case .unproven(let why): return ["proven": false, "why": .string(why)]
        }
    }
}

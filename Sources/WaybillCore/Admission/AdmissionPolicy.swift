/// What an environment asks of a revision before the first replica of it starts there.
///
/// *Guarantees*: it is no part of a rendering or a revision, so a rule that is added or altered replaces nothing that serves. Equal
/// rules have equal `bytes`, whatever order a manifest writes them in and whatever version of Waybill reads it.
package struct AdmissionPolicy: Hashable, Sendable {
    /// The checklist whose gates must pass; nil: none is asked.
    package var checklist: AskedChecklist?

    package init(checklist: AskedChecklist? = nil) { self.checklist = checklist }

    /// Nothing is asked.
    package static let open = AdmissionPolicy()

    package var isOpen: Bool { self == .open }

    /// The format of the bytes below.
    package static let version = "waybill.admission/1"

    /// The version's line and the JSON of what is asked, on one line; what is not asked is not in it. A checklist stands
    /// in it by the digest of its rules: gates, bounds and the digests of their data.
    package var bytes: [UInt8] {
        var members: Members = [:]
        if let checklist {
            members["checklist"] = [
                "name": .string(checklist.name.text), "rules": .string(checklist.digest.description),
            ]
        }
        return Array("\(Self.version)\n".utf8) + Value.object(members).jsonBytes + [UInt8(ascii: "\n")]
    }

    package var digest: Digest { Digest(of: bytes) }
}

/// A checklist that an environment asks, with its digest. One instance is shared by all deployments of a load.
package final class AskedChecklist: Hashable, Sendable {
    package let name: Name
    package let rules: Checklist
    /// Of the rules, whatever they are called.
    package let digest: Digest

    package init(name: Name, rules: Checklist) {
        self.name = name
        self.rules = rules
        digest = rules.digest
    }

    package static func == (left: AskedChecklist, right: AskedChecklist) -> Bool {
        left === right || left.name == right.name && left.digest == right.digest
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(digest)
    }
}

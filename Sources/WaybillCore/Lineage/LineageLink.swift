/// One statement about where an answer comes from, and what it rests on.
package struct LineageLink: Hashable, Sendable {
    /// What it is about. Stable words, for scripts and for verifiers.
    package enum Subject: String, CaseIterable, Hashable, Sendable {
        case prediction, routing, request, answer, feedback
        case revision, rendering, replica, traffic, rollout
        case version, bundle, weights, signature, code, data, environment, metric
        case checklist, gate, evidence
        case change, approval, author, override, rules
        case commit, committer, message, trailer
    }

    /// What vouches for the value.
    package enum Standing: Hashable, Sendable {
        /// At least one thing that cannot be altered without contradicting the checkpoint, a signature or a digest says it.
        case proven([LineageProof])
        /// Somebody says so, and that is all: `by` names who. That they said it is proven by what is listed.
        case claimed(by: String, [LineageProof])
        /// Nothing here says it, and why.
        case missing(String)
    }

    package var subject: Subject
    /// Which one of several.
    package var name: String?
    /// Exactly what a proof says; empty when it is missing.
    package var value: String
    /// Words for people. No proof is about them.
    package var note: String?
    package var standing: Standing

    package init(
        _ subject: Subject, named name: String? = nil, _ value: String, note: String? = nil, _ standing: Standing
    ) {
        self.subject = subject
        self.name = name
        self.value = value
        self.note = note
        self.standing = standing
    }

    package static func missing(_ subject: Subject, because why: String) -> LineageLink {
        LineageLink(subject, "", .missing(why))
    }

    package var proofs: [LineageProof] {
        switch standing {
        case .proven(let proofs), .claimed(_, let proofs): proofs
        case .missing: []
        }
    }
}

/// What says a value, and where in it: enough for a program that knows nothing of Waybill to look it up.
package enum LineageProof: Hashable, Sendable {
    /// An entry of the ledger. Each of `says` is a member of its body, or of its header, equal or, for a list, one of its items.
    case ledger(LedgerIndex, says: Members)
    /// A file of the fleet repository. Each of `says` stands in its text, or is the digest of its bytes.
    case git(commit: CommitID, path: String, says: [String])
    /// A commit of the fleet repository, whose raw text has each of `says`.
    case commit(CommitID, says: [String])
    /// A signed statement of a person, by the key with this fingerprint; each of `says` stands in its text.
    case statement(path: String, key: String, says: [String])
    /// The record of the prediction. Each of `says` is a member of it.
    case record(says: Members)

    /// As `lineage.json` and `-o json` have it.
    package var value: Value {
        switch self {
        case .ledger(let index, let says): ["ledger": .integer(Int64(index)), "says": .object(says)]
        case .git(let commit, let path, let says):
            ["commit": .string(commit.hex), "path": .string(path), "says": Self.list(says)]
        case .commit(let commit, let says): ["commit": .string(commit.hex), "says": Self.list(says)]
        case .statement(let path, let key, let says):
            ["statement": .string(path), "key": .string(key), "says": Self.list(says)]
        case .record(let says): ["record": true, "says": .object(says)]
        }
    }

    private static func list(_ texts: [String]) -> Value { .list(texts.map { .string($0) }) }

    /// `ledger 41`, `models/churn/1.4.0.yaml at 3f2a9c01d4`.
    package var words: String {
        switch self {
        case .ledger(let index, _): "ledger \(index)"
        case .git(let commit, let path, _): "\(path) at \(commit.short)"
        case .commit(let commit, _): "commit \(commit.short)"
        case .statement(_, let key, _): "signature by \(key)"
        case .record: "its record"
        }
    }
}

extension LineageLink {
    /// As `lineage.json` and `-o json` have it.
    package var json: Value {
        var members: Members = ["what": .string(subject.rawValue)]
        if let name { members["name"] = .string(name) }
        if !value.isEmpty { members["value"] = .string(value) }
        if let note { members["note"] = .string(note) }
        switch standing {
        case .proven(let proofs):
            members["standing"] = "proven"
            members["by"] = .list(proofs.map(\.value))
        case .claimed(let who, let proofs):
            members["standing"] = "claimed"
            members["claimedBy"] = .string(who)
            members["by"] = .list(proofs.map(\.value))
        case .missing(let why):
            members["standing"] = "missing"
            members["why"] = .string(why)
        }
        return .object(members)
    }
}

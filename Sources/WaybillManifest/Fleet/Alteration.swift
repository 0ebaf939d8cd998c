import WaybillCore

/// A version of a model as its manifest has it, with git's ids of the texts that its bundle takes from the repository.
struct VersionContent: Hashable, Sendable {
    var version: ModelVersion
    /// Nil when the version names none, or the file is not there.
    var card: BlobID?
    var lock: BlobID?

    /// Of all that its manifest says of its bundle; where bytes come from is left out.
    var digest: Digest {
        var members = described
        members["artifacts"] = .list(
            version.artifacts.map {
                ["path": .string($0.path), "digest": .string($0.digest.description), "size": .integer($0.size)]
            })
        return Digest(of: "waybill.version/1\n\(Value.object(members).json)".utf8)
    }

    func hasSameFiles(as other: VersionContent) -> Bool {
        version.artifacts.count == other.version.artifacts.count
            && zip(version.artifacts, other.version.artifacts).allSatisfy {
                $0.path == $1.path && $0.digest == $1.digest && $0.size == $1.size
            }
    }

    /// What a bundle says of the version beside its files, by the field of the spec where it stands.
    var described: Members {
        var version = version
        version.artifacts = []
        // A bundle has its data in the order of their names, and card and lock in folders of its own.
        version.data.sort { $0.name.text < $1.name.text }
        version.card = version.card.map(Self.lastName)
        if let environment = version.environment {
            version.environment = PythonEnvironment(python: environment.python, lock: Self.lastName(environment.lock))
        }
        return version.value.object ?? [:]
    }

    private static func lastName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}

/// A version of a model that was given other bytes, or says other things of itself, than it was accepted with.
struct Alteration: Sendable {
    /// What it was, as far as that is known.
    enum Past: Sendable {
        /// As the commit before had it.
        case known(VersionContent)
        /// As an earlier commit had it; it may have been removed since.
        case remembered(FixedVersion)
    }

    /// As its file has it now.
    var resource: Resource
    var past: Past
    var after: VersionContent
    /// A file and an accepted commit at which it was what it is taken for.
    var fixedBy: (path: String, commit: CommitID)
    /// The commit that first had it so; nil until git is asked, or where no history is kept.
    var origin: CommitID?

    /// What is compared: what the version's bundle is made of. Where the bytes come from may change, and a text that was missing may
    /// come.
    static func isSame(_ before: VersionContent, _ after: VersionContent) -> Bool {
        before.hasSameFiles(as: after) && before.described == after.described
            && changedText(card: before.card, lock: before.lock, after) == nil
    }

    static func isSame(_ before: FixedVersion, _ after: VersionContent) -> Bool {
        before.digest == after.digest && changedText(card: before.card, lock: before.lock, after) == nil
    }

    /// The field of the text that is not what it was.
    private static func changedText(card: BlobID?, lock: BlobID?, _ after: VersionContent) -> TextField? {
        if let card, after.version.card != nil, after.card != card { return .card }
        if let lock, after.version.environment != nil, after.lock != lock { return .lock }
        return nil
    }

    private enum TextField { case card, lock }

    var problem: ReferenceProblem {
        switch past {
        case .known(let before):
            if !before.hasSameFiles(as: after) { return problemOfFiles(before.version) }
            let (old, new) = (before.described, after.described)
            if old == new { return problemOfText(card: before.card, lock: before.lock) ?? problemOfMemory }
            return problemOfDescription(old, new)
        case .remembered(let before):
            if before.digest != after.digest { return problemOfMemory }
            return problemOfText(card: before.card, lock: before.lock) ?? problemOfMemory
        }
    }

    private var id: VersionID { after.version.id }

    private var fixed: String {
        if let origin { return "commit \(origin.short) fixed it first" }
        guard case .known = past else { return "commit \(fixedBy.commit.short) fixed it first" }
        return "commit \(fixedBy.commit.short) has it as it was"
    }

    private func described(_ field: [FieldStep], _ what: String) -> ReferenceProblem {
        ReferenceProblem(
            resource: resource, field: field, rule: .changedVersion,
            message: "\(id) was accepted otherwise, and a version never changes: \(what)",
            hint: "\(fixed); give what is new a new version")
    }

    private var problemOfMemory: ReferenceProblem { described([], "it is not what it was before it was removed") }

    private func problemOfText(card: BlobID?, lock: BlobID?) -> ReferenceProblem? {
        guard let text = Self.changedText(card: card, lock: lock, after) else { return nil }
        let (name, field, path, now): (String, [FieldStep], String?, BlobID?) =
            text == .card
            ? ("card", [.member("card")], after.version.card, after.card)
            : ("lock", [.member("environment"), .member("lock")], after.version.environment?.lock, after.lock)
        let change = now == nil ? "is gone" : "has another text"
        return described([.member("spec")] + field, "its \(name) \((path ?? "").quotedForMessage) \(change)")
    }

    private func problemOfDescription(_ old: Members, _ new: Members) -> ReferenceProblem {
        let field = Set(old.keys).union(new.keys).sorted().first { old[$0] != new[$0] } ?? "version"
        var change = "changed"
        if let was = Self.text(old[field]), let now = Self.text(new[field]) { change = "was \(was) and is \(now)" }
        return described([.member("spec"), .member(field)], "its \(field) \(change)")
    }

    /// Nil for what is no text.
    private static func text(_ value: Value?) -> String? {
        guard let value else { return "none" }
        return value.string?.quotedForMessage
    }

    private func problemOfFiles(_ before: ModelVersion) -> ReferenceProblem {
        let artifacts: [FieldStep] = [.member("spec"), .member("artifacts")]
        let start = "\(id) was accepted with other bytes, and a version never changes: "
        let hint = "\(fixed); give the new bytes a new version"
        let after = after.version
        let pairs = zip(before.artifacts, after.artifacts).enumerated()
        guard before.artifacts.map(\.path) == after.artifacts.map(\.path),
            let (index, (old, new)) = pairs.first(where: { $1.0.digest != $1.1.digest || $1.0.size != $1.1.size })
        else {
            let (old, new) = (before.artifacts.map(\.path), after.artifacts.map(\.path))
            return ReferenceProblem(
                resource: resource, field: artifacts, rule: .changedVersion,
                message: start + "its files were \(old.joined(separator: ", ")) and are \(new.joined(separator: ", "))",
                hint: hint)
        }
        let isDigest = old.digest != new.digest
        let (was, now) = isDigest ? ("\(old.digest)", "\(new.digest)") : ("\(old.size) bytes", "\(new.size) bytes")
        return ReferenceProblem(
            resource: resource, field: artifacts + [.index(index), .member(isDigest ? "digest" : "size")],
            rule: .changedVersion, message: start + "\(old.path.quotedForMessage) was \(was) and is \(now)", hint: hint)
    }
}

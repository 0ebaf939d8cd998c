import WaybillCore

/// A version of a model that was given other bytes, or says other things of itself, than it was accepted with.
struct Alteration: Sendable {
    /// As its file has it now.
    var resource: Resource
    var before: ModelVersion
    var after: ModelVersion
    /// The last accepted commit at which it was what it is taken for.
    var fixedBy: CommitID
    /// The commit that first had it so; nil until git is asked, or where no history is kept.
    var origin: CommitID?

    /// What is compared: what the version's bundle is made of. Where the bytes come from may change.
    static func isSame(_ before: ModelVersion, _ after: ModelVersion) -> Bool {
        hasSameFiles(before, after) && described(before) == described(after)
    }

    private static func hasSameFiles(_ before: ModelVersion, _ after: ModelVersion) -> Bool {
        before.artifacts.count == after.artifacts.count
            && zip(before.artifacts, after.artifacts).allSatisfy {
                $0.path == $1.path && $0.digest == $1.digest && $0.size == $1.size
            }
    }

    /// What a bundle says of the version beside its files, by the field of the spec where it stands.
    private static func described(_ version: ModelVersion) -> Members {
        var version = version
        version.artifacts = []
        // A bundle has its data in the order of their names, and card and lock in folders of its own.
        version.data.sort { $0.name.text < $1.name.text }
        version.card = version.card.map(lastName)
        if let environment = version.environment {
            version.environment = PythonEnvironment(python: environment.python, lock: lastName(environment.lock))
        }
        return version.value.object ?? [:]
    }

    private static func lastName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    var problem: ReferenceProblem {
        Self.hasSameFiles(before, after) ? problemOfDescription : problemOfFiles
    }

    private var fixed: String {
        origin.map { "commit \($0.short) fixed it first" } ?? "commit \(fixedBy.short) has it as it was"
    }

    private var problemOfDescription: ReferenceProblem {
        let (old, new) = (Self.described(before), Self.described(after))
        let field = Set(old.keys).union(new.keys).sorted().first { old[$0] != new[$0] } ?? "version"
        var change = "changed"
        if let was = Self.text(old[field]), let now = Self.text(new[field]) { change = "was \(was) and is \(now)" }
        return ReferenceProblem(
            resource: resource, field: [.member("spec"), .member(field)], rule: .changedVersion,
            message: "\(before.id) was accepted otherwise, and a version never changes: its \(field) \(change)",
            hint: "\(fixed); give what is new a new version")
    }

    /// Nil for what is no text.
    private static func text(_ value: Value?) -> String? {
        guard let value else { return "none" }
        return value.string?.quotedForMessage
    }

    private var problemOfFiles: ReferenceProblem {
        let artifacts: [FieldStep] = [.member("spec"), .member("artifacts")]
        let start = "\(before.id) was accepted with other bytes, and a version never changes: "
        let hint = "\(fixed); give the new bytes a new version"
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

extension Fleet {
    /// Whether `resource` alters a known version. Then what is known stays, and that is noted.
    ///
    /// Where commits were left out between this one and the one before, the version may have been removed in between, and
    /// come again: what was not seen to be altered is not.
    mutating func isAlteration(of id: ResourceID, _ resource: Resource, _ step: Step) -> Bool {
        guard case .modelVersion(let before)? = resources[id]?.spec, case .modelVersion(let after) = resource.spec,
            !Alteration.isSame(before, after), let commit, step.isNext || altered[id] != nil
        else {
            altered[id] = nil
            return false
        }
        let known = altered[id]
        altered[id] = Alteration(
            resource: resource, before: before, after: after, fixedBy: known?.fixedBy ?? commit, origin: known?.origin)
        return true
    }

    /// Versions that this step found altered, of which git was not asked yet: where each was defined, and at which commit.
    func unknownOrigins(_ step: Step) -> [ResourceID: (path: String, commit: CommitID)] {
        var found: [ResourceID: (path: String, commit: CommitID)] = [:]
        for id in step.unlocated.keys {
            guard let alteration = altered[id], alteration.origin == nil, let path = resources[id]?.location.path else {
                continue
            }
            found[id] = (path, alteration.fixedBy)
        }
        return found
    }

    /// Takes what git says of an altered version.
    mutating func note(origin: CommitID, of id: ResourceID, _ step: inout Step) {
        altered[id]?.origin = origin
        guard let alteration = altered[id] else { return }
        step.unlocated[id] = step.unlocated[id]?.map { $0.rule == .changedVersion ? alteration.problem : $0 }
    }
}

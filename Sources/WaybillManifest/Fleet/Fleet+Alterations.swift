import WaybillCore

/// A version of a model that was given other bytes than those it was accepted with.
struct Alteration: Sendable {
    /// As its file has it now.
    var resource: Resource
    var before: ModelVersion
    var after: ModelVersion
    /// The last accepted commit at which it was what it is taken for.
    var fixedBy: CommitID
    /// The commit that first had it so; nil until git is asked, or where no history is kept.
    var origin: CommitID?

    /// What is compared: what replicas get. Where the bytes come from may change.
    static func isSame(_ before: ModelVersion, _ after: ModelVersion) -> Bool {
        before.artifacts.count == after.artifacts.count
            && zip(before.artifacts, after.artifacts).allSatisfy {
                $0.path == $1.path && $0.digest == $1.digest && $0.size == $1.size
            }
    }

    var problem: ReferenceProblem {
        let artifacts: [FieldStep] = [.member("spec"), .member("artifacts")]
        let start = "\(before.id) was accepted with other bytes, and a version never changes: "
        let fixed = origin.map { "commit \($0.short) fixed it first" } ?? "commit \(fixedBy.short) has it as it was"
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
    /// Whether `resource` gives a known version other bytes. Then what is known stays, and that is noted.
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

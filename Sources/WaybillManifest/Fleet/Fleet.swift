import WaybillCore

/// What is known of the fleet after some commit: a value that takes the changed files of the next one and says what follows.
///
/// Guarantees: work grows with what changed and what depends on it. A resource leaves only when every file that defined it
/// is gone or no longer names it, and no broken file may still define it. What is broken, named twice or lacks what it
/// refers to stays as it last was, with all that depends on it.
struct Fleet {
    /// A class of constants: looking a file up does not touch its parts.
    final class File: Sendable {
        let blob: BlobID?
        let parsed: ParsedFile

        init(blob: BlobID?, parsed: ParsedFile) {
            self.blob = blob
            self.parsed = parsed
        }
    }

    /// Files with manifests, and broken entries, by path.
    var files: [String: File] = [:]
    var brokenPaths: Set<String> = []
    /// Paths of the sound files that define a resource; more than one is a problem.
    var definers: [ResourceID: [String]] = [:]
    /// Broken files that define a resource or may, and the other way round.
    var claims: [ResourceID: Set<String>] = [:]
    var claimsOfPath: [String: Set<ResourceID>] = [:]
    /// The last sound and only definition.
    var resources: [ResourceID: Resource] = [:]
    /// What is wrong with a resource beside its own file: defined twice, a dangling reference, a lock that is not there.
    var problems: [ResourceID: [Diagnostic]] = [:]
    /// Deployments whose last sound definition refers to a resource, there or not.
    var dependents: [ResourceID: Set<DeploymentKey>] = [:]
    /// Versions that their file now gives other bytes; they stay what they were.
    var altered: [ResourceID: Alteration] = [:]
    /// What accepted commits fixed, also of versions that are not there any more.
    var fixed: [VersionID: FixedVersion] = [:]
    /// Versions of which `fixed` lacks something.
    var unfixed: Set<VersionID> = []
    /// Cards and locks of versions, and who names them.
    var texts: [String: Text] = [:]
    var versionsOfText: [String: Set<VersionID>] = [:]
    /// The texts of each version as it is taken for.
    var acceptedTexts: [VersionID: VersionTexts] = [:]
    var versionsOfModel: [Name: Set<VersionID>] = [:]
    var runtimesOfLock: [String: Set<Name>] = [:]
    /// Environments by what they name, there or not: a checklist, and the environment before them.
    var environmentsNaming: [ResourceID: Set<Name>] = [:]
    var runtimes: [Name: ResolvedRuntime] = [:]
    var locks: [String: Lock] = [:]
    /// What last could be resolved.
    var deployments: [DeploymentKey: DesiredDeployment] = [:]
    var held: [DeploymentKey: [Diagnostic]] = [:]
    var commit: CommitID?
    /// How what is broken now came to be.
    var past = FleetPast()

    /// A lock file of some commit.
    struct Lock: Hashable {
        var blob: BlobID?
        /// Nil when there is no usable file.
        var digest: Digest?
        var problem: String?
    }

    /// A card or lock of a version at some commit.
    struct Text: Hashable {
        /// Nil when there is no file.
        var blob: BlobID?
    }

    struct VersionTexts: Hashable {
        var card: BlobID?
        var lock: BlobID?
    }

    /// A file of the next commit; nil is gone.
    struct Change {
        var path: String
        var file: File?
    }

    /// What a commit's files come to before places in other files are looked up.
    struct Step {
        var touched: Set<ResourceID> = []
        var affected: Set<DeploymentKey> = []
        var changed: [DeploymentKey: DesiredDeployment] = [:]
        var removed: Set<DeploymentKey> = []
        var orphaned: Set<DeploymentKey> = []
        /// Problems whose exact place is still to be found in the file of their resource.
        var unlocated: [ResourceID: [ReferenceProblem]] = [:]
        /// What was claimed, and by whom, before this step.
        var claimsBefore: [ResourceID: Set<String>] = [:]
        /// The commit follows on the one before; otherwise others may lie between them.
        var isNext = true
        /// What each environment asks, made once for all its deployments.
        var admissions: [Name: AdmissionPolicy] = [:]
        /// Suggestions that may still be looked for: each looks at every name of a kind.
        var suggestions = 20
    }

    /// Takes the next commit's files and locks. Synchronous, and cannot fail.
    mutating func apply(
        _ changes: [Change], locks next: [String: Lock], texts: [String: Text] = [:], isNext: Bool = true
    ) -> Step {
        var step = Step()
        step.isNext = isNext
        var vanished: [ResourceID: String] = [:]
        reserve(changes.count, &step)
        for change in changes { replaceFile(change, &step, &vanished) }
        claimUnreadable(changes, &step)
        claimVanished(vanished, changes, &step)
        takeLocks(next, &step)
        takeTexts(texts, &step)
        for id in step.touched { settle(id, &step) }
        for path in locks.keys where runtimesOfLock[path] == nil { locks[path] = nil }
        // Settling has made the indexes true; only now can references be judged.
        for id in step.touched { judge(id, &step) }
        for id in step.touched { collectAffected(id, &step) }
        resolveAffected(&step)
        return step
    }

    private mutating func reserve(_ count: Int, _ step: inout Step) {
        guard files.isEmpty else { return }
        step.touched.reserveCapacity(2 * count)
        step.affected.reserveCapacity(count)
        files.reserveCapacity(count)
        definers.reserveCapacity(2 * count)
        resources.reserveCapacity(2 * count)
        dependents.reserveCapacity(2 * count)
        deployments.reserveCapacity(count)
    }

    // MARK: Files

    private mutating func replaceFile(_ change: Change, _ step: inout Step, _ vanished: inout [ResourceID: String]) {
        let old = files[change.path]?.parsed
        let oldClaims = claimsOfPath.removeValue(forKey: change.path) ?? []
        for id in oldClaims {
            keepClaims(id, &step)
            claims[id]?.remove(change.path)
            if claims[id]?.isEmpty == true { claims[id] = nil }
        }
        let oldIDs = old.map { $0.isBroken ? [] : $0.resources.map(\.id) } ?? []
        for id in oldIDs {
            definers[id]?.removeAll { $0 == change.path }
            if definers[id]?.isEmpty == true { definers[id] = nil }
        }
        step.touched.formUnion(oldClaims)
        step.touched.formUnion(oldIDs)
        files[change.path] = change.file
        brokenPaths.remove(change.path)
        if change.file?.parsed.isBroken == true { brokenPaths.insert(change.path) }
        guard change.file?.parsed.isBroken == true else {
            for id in oldIDs { vanished[id] = change.path }
            for id in oldClaims { vanished[id] = change.path }
            define(change, &step)
            return
        }
        claim(oldClaims.union(oldIDs), by: change.path, &step)
    }

    private func keepClaims(_ id: ResourceID, _ step: inout Step) {
        if step.claimsBefore[id] == nil { step.claimsBefore[id] = claims[id] ?? [] }
    }

    private mutating func define(_ change: Change, _ step: inout Step) {
        for resource in change.file?.parsed.resources ?? [] {
            definers[resource.id, default: []].append(change.path)
            step.touched.insert(resource.id)
        }
    }

    private mutating func claim(_ ids: Set<ResourceID>, by path: String, _ step: inout Step) {
        guard !ids.isEmpty else { return }
        for id in ids {
            keepClaims(id, &step)
            claims[id, default: []].insert(path)
        }
        claimsOfPath[path, default: []].formUnion(ids)
        step.touched.formUnion(ids)
    }

    /// What a broken file means to define is held by it, unless a sound file defines it.
    private mutating func claimUnreadable(_ changes: [Change], _ step: inout Step) {
        for change in changes {
            for id in change.file?.parsed.claimed ?? [] where definers[id] == nil {
                claim([id], by: change.path, &step)
            }
        }
    }

    /// A resource whose file is gone may have moved into a file that cannot be read: one that names it, or one that is
    /// new in the same step. It is then held by that file, for nothing leaves because a file failed to parse.
    private mutating func claimVanished(_ vanished: [ResourceID: String], _ changes: [Change], _ step: inout Step) {
        let gone = vanished.filter { definers[$0.key] == nil && claims[$0.key] == nil && resources[$0.key] != nil }
        guard !gone.isEmpty else { return }
        let broken = changes.compactMap { change in
            change.file.flatMap { $0.parsed.isBroken ? BrokenFile(path: change.path, $0.parsed) : nil }
        }
        let older = brokenPaths.compactMap { path in files[path].map { BrokenFile(path: path, $0.parsed) } }
        for (id, path) in gone {
            for file in broken where file.mayHold(id, from: files[path] == nil ? path : nil) {
                claim([id], by: file.path, &step)
            }
            for file in older where file.mentions(id) { claim([id], by: file.path, &step) }
        }
    }

    private mutating func takeLocks(_ next: [String: Lock], _ step: inout Step) {
        for (path, lock) in next where locks[path] != lock {
            locks[path] = lock
            for name in runtimesOfLock[path] ?? [] { step.touched.insert(.servingRuntime(name)) }
        }
    }
}

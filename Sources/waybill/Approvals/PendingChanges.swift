import WaybillCore
import WaybillEngine
import WaybillGit
import WaybillManifest
import WaybillTrust

/// What a merge of one commit of a clone into another changes, and who must say yes to it. The first commit is taken for what runs, and
/// its rules are those in force.
struct PendingChanges {
    let clone: WorkingClone
    let base: CommitID
    let head: CommitID
    let before: DesiredState
    let after: DesiredState
    /// Nil: nobody has said who may do what.
    let rules: AccessRules?

    /// - Throws: `Failure` for a revision or a folder that is not there, and for an access file with problems.
    static func load(
        repository: String, path: String, base: String, head: String
    ) async throws(Failure) -> PendingChanges {
        let clone = try WorkingClone(containing: repository)
        let (from, to) = (try await clone.resolve(base), try await clone.resolve(head))
        let loader = FleetLoader(tree: clone, path: path)
        let before = try await state(from, loader)
        let after = try await state(to, loader)
        // Where the first rules come with this very change there are none before it.
        var rules = try await AccessRules.load(clone, at: from)
        if rules == nil { rules = try await AccessRules.load(clone, at: to) }
        return PendingChanges(clone: clone, base: from, head: to, before: before, after: after, rules: rules)
    }

    private static func state(_ commit: CommitID, _ loader: FleetLoader) async throws(Failure) -> DesiredState {
        _ = try await loader.load(commit)
        guard let state = await loader.state else {
            throw Failure(.retry, reason: "NothingLoaded", message: "commit \(commit) could not be loaded")
        }
        return state
    }

    /// Deployments that change, in their order.
    var keys: [DeploymentKey] {
        Set(before.deployments.keys).union(after.deployments.keys).filter { key in
            after.held[key] == nil && before.deployments[key]?.rendering != after.deployments[key]?.rendering
        }.sorted()
    }

    /// The change of `key`.
    ///
    /// - Throws: `NothingChanges` when the two commits say the same of it, `Held` when its manifests are broken.
    func change(of key: DeploymentKey) throws(Failure) -> Change {
        if let problems = after.held[key] {
            throw Failure(
                .stall, reason: "Held", message: "\(key) cannot be read at \(head.short): \(problems.summary)")
        }
        guard keys.contains(key) else {
            throw Failure(
                .stall, reason: "NothingChanges",
                message: "\(key) is the same at \(base.short) and at \(head.short); name others by --base and --head")
        }
        let desired = after.deployments[key]
        return Change(
            key, from: before.deployments[key]?.revision, to: desired?.rendering, checklist: desired?.checklistDigest)
    }

    func model(of key: DeploymentKey) -> Name? {
        (after.deployments[key] ?? before.deployments[key])?.spec.version.model
    }

    /// What the environment asks for; nil: nothing.
    func policy(of key: DeploymentKey) -> ApprovalPolicy? {
        for state in [before, after] {
            if case .environment(let environment)? = state.resources[.environment(key.environment)]?.spec {
                return environment.approvals
            }
        }
        return nil
    }

    /// Every word that `head` and the clone's refs have.
    func shelf() async throws(Failure) -> StatementShelf {
        let refs = try await clone.references(below: ApprovalPath.refs)
        return try await StatementReader(clone).read(at: head, refs: refs)
    }

    /// Who has the rules; refused without an access file.
    func requireRules() throws(Failure) -> AccessRules {
        guard let rules else {
            throw Failure(
                .stall, reason: "Ungoverned",
                message:
                    "neither commit has '\(AccessSchema.path)', so nobody's word means anything; 'waybill access init' "
                    + "writes one")
        }
        return rules
    }

    func verdict(of key: DeploymentKey, _ shelf: StatementShelf, now: Timestamp) throws(Failure) -> ApprovalVerdict? {
        guard let policy = policy(of: key) else { return nil }
        return ApprovalJudge(
            access: try requireRules().access, now: now, change: try change(of: key), policy: policy,
            model: model(of: key), evidence: nil
        ).judge(shelf.of(key))
    }
}

extension DesiredDeployment {
    /// Of the rules by which gates judge it.
    var checklistDigest: Digest? { nil }
}

extension AccessRules {
    /// Of one commit; nil when it has none.
    static func load(_ tree: some FleetTree, at commit: CommitID) async throws(Failure) -> AccessRules? {
        guard let file = try await tree.file(AccessSchema.path, at: commit),
            let bytes = try await tree.read([file.blob], limit: limit).first
        else { return nil }
        return try AccessRules(bytes, path: AccessSchema.path)
    }
}

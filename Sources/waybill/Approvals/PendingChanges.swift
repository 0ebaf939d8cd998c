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
    let rulesBefore: Ruleset
    let rulesAfter: Ruleset
    /// Those that change and can be read, in their order.
    private let deployments: [DeploymentKey]

    /// - Throws: `Failure` for a revision or a folder that is not there, and for an access file with problems.
    static func load(
        repository: String, path: String, base: String, head: String
    ) async throws(Failure) -> PendingChanges {
        let clone = try WorkingClone(containing: repository)
        let (from, to) = (try await clone.resolve(base), try await clone.resolve(head))
        let loader = FleetLoader(tree: clone, path: path)
        let before = try await loader.state(at: from)
        let after = try await loader.state(at: to)
        // Where the first rules come with this very change there are none before it.
        var rules = try await AccessRules.load(clone, at: from)
        if rules == nil { rules = try await AccessRules.load(clone, at: to) }
        return try await PendingChanges(clone, path: path, before: before, after: after, rules: rules)
    }

    /// - Throws: `Failure` for a revision that is not there, and for an access file with problems at either.
    init(
        _ clone: WorkingClone, path: String, before: DesiredState, after: DesiredState, rules: AccessRules?
    ) async throws(Failure) {
        (self.clone, self.before, self.after, self.rules) = (clone, before, after, rules)
        (base, head) = (before.commit, after.commit)
        let first = try await RuleFiles.read(clone, at: base, path: path)
        let second = try await RuleFiles.read(clone, at: head, path: path)
        rulesBefore = Ruleset(before, access: first.accessDigest, lists: first.lists, keeping: nil)
        rulesAfter = Ruleset(after, access: second.accessDigest, lists: second.lists, keeping: rulesBefore)
        deployments = Set(before.deployments.keys).union(after.deployments.keys).filter { key in
            after.held[key] == nil && before.deployments[key]?.rendering != after.deployments[key]?.rendering
        }.sorted()
    }

    /// Somebody must approve changes of the rules.
    var isGoverned: Bool { rules?.access.governors.isEmpty == false }

    /// Deployments that change, in their order; first the rules, where they do and somebody governs them.
    var keys: [DeploymentKey] {
        (isGoverned && rulesAfter != rulesBefore ? [Ruleset.key] : []) + deployments
    }

    /// The change of `key`.
    ///
    /// - Throws: `NothingChanges` when the two commits say the same of it, `Held` when its manifests are broken.
    func change(of key: DeploymentKey) throws(Failure) -> Change {
        if key == Ruleset.key { return try rulesChange() }
        if let problems = after.held[key] {
            throw Failure(
                .stall, reason: "Held", message: "\(key) cannot be read at \(head.short): \(problems.summary)")
        }
        guard deployments.contains(key) else {
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

    private func rulesChange() throws(Failure) -> Change {
        if rulesAfter == rulesBefore {
            throw Failure(
                .stall, reason: "NothingChanges",
                message:
                    "the rules are the same at \(base.short) and at \(head.short); name others by --base and --head")
        }
        return rulesAfter.change(from: rulesBefore.digest)
    }

    /// What the environment asks for; nil: nothing.
    func policy(of key: DeploymentKey) -> ApprovalPolicy? {
        if key == Ruleset.key { return Ruleset.policy }
        for state in [before, after] {
            if case .environment(let environment)? = state.resources[.environment(key.environment)]?.spec {
                return environment.policy
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
        guard let policy = policy(of: key), !policy.required.isEmpty || rules != nil else { return nil }
        return ApprovalJudge(
            access: try requireRules().access, now: now, change: try change(of: key), policy: policy,
            model: model(of: key), evidence: nil, knowsEvidence: false, role: key == Ruleset.key ? .governor : .approver
        ).judge(shelf.of(key))
    }
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

extension RuleFiles {
    /// - Parameter path: the folder of the manifests.
    static func read(
        _ tree: some FleetTree, at commit: CommitID, path: String
    ) async throws(Failure) -> RuleFiles {
        var files = RuleFiles()
        if let rules = try await AccessRules.load(tree, at: commit) {
            files.access = rules.access
            files.accessDigest = rules.digest
        }
        let place = FleetAllowList.place(below: path)
        if let list = try await tree.file(place, at: commit) {
            // Git's own id names its bytes; the digest of that is as good, and reads nothing.
            files.lists[place] = Digest(of: Array(list.blob.hex.utf8))
        }
        return files
    }
}

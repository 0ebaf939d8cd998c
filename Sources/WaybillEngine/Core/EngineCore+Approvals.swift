import WaybillCore
import WaybillTrust

// Changes that begin only with the words of the people named for them.
extension EngineCore {
    /// Takes in what is now known of words and rules. What waits is judged again.
    mutating func take(_ board: ApprovalBoard) {
        self.board = board
        for key in states.keys.sorted() where states[key]?.wait != nil { judgeAgain(key) }
    }

    /// Looks again at a change that waits: words may have come, and time has passed.
    mutating func judgeAgain(_ key: DeploymentKey) {
        guard let wait = states[key]?.wait else { return }
        if let desired = wait.desired {
            want(desired, key, at: wait.commit)
        } else {
            remove(key, isOrphaned: false, at: wait.commit)
        }
    }

    /// Whether the way to `desired` may begin. When it may not yet, it waits, and what is in force stays.
    ///
    /// What was admitted once is never asked about again: a restart finds it in the facts.
    mutating func mayBegin(_ desired: DesiredDeployment?, _ key: DeploymentKey, at commit: CommitID) -> Bool {
        let known = facts.keys[key] ?? KeyFacts()
        let goal = desired?.rendering.digest.description ?? KeyFacts.absent
        if known.inForce == goal { return stopWaiting(key, "git asks for what is in force", at: commit) }
        let change = Change(
            key, from: known.servingRevision, to: desired?.rendering, checklist: desired?.checklistDigest)
        let model = (desired ?? states[key]?.desired)?.spec.version.model
        let (evidence, pending) = known.gates(of: desired)
        switch board.judge(change, model: model, evidence: evidence, now: max(wallNow, facts.latest ?? wallNow)) {
        case nil: return stopWaiting(key, "no approval is asked for", at: commit)
        case .failure(let why)?: wait(key, desired, change, why.message, at: commit)
        case .success(let verdict)?:
            noteSeen(verdict, key)
            if let pending {
                wait(key, desired, change, "\(pending). \(verdict.message)", at: commit)
            } else if verdict.isApproved {
                note(makes(key).admitted(verdict, rules: board.rules, commit: commit))
                return stopWaiting(key, verdict.message, at: commit)
            } else {
                wait(key, desired, change, verdict.message, at: commit)
            }
        }
        return false
    }

    private mutating func stopWaiting(_ key: DeploymentKey, _ why: String, at commit: CommitID) -> Bool {
        states[key]?.wait = nil
        if facts.keys[key]?.isAwaiting == true {
            note(makes(key).released(.awaitingApproval, message: why, commit: commit))
        }
        return true
    }

    private mutating func wait(
        _ key: DeploymentKey, _ desired: DesiredDeployment?, _ change: Change, _ message: String, at commit: CommitID
    ) {
        let isNews = states[key]?.wait?.change != change.digest || states[key]?.wait?.message != message
        states[key]?.wait = ApprovalWait(desired: desired, commit: commit, change: change.digest, message: message)
        if facts.keys[key]?.awaited != change.digest {
            note(makes(key).awaiting(change, message: message, commit: commit))
        }
        if isNews {
            endObsoletePreparation(key)
            if states[key]?.candidate != nil { trigger(key) }
            summarise(key)
        }
    }

    /// Writes each word down when it is first seen.
    private mutating func noteSeen(_ verdict: ApprovalVerdict, _ key: DeploymentKey) {
        for word in verdict.given where facts.keys[key]?.seenWords.contains(word.identity(verdict.change)) != true {
            note(makes(key).seen(word, verdict.change))
        }
    }
}

extension EngineCore {
    /// `plan` with what is done for a change that still waits for approval: people approve evidence that exists.
    func plan(_ plan: KeyPlan?, ahead candidate: DesiredDeployment, of key: DeploymentKey, _ context: PlanContext)
        -> KeyPlan?
    {
        guard let observation = states[key]?.observation else { return plan }
        var its = context
        its.isAdmitted = facts.keys[key]?.isAdmitted(candidate.revision) ?? false
        its.standIn = nil
        let actions = Planner.plan(key, desired: candidate, observed: observation, context: its).actions.filter {
            switch $0.action {
            case .prepare(candidate.revision), .validate: true
            case .prepare, .startReplica, .stopReplica, .setRoute, .forgetReplica: false
            }
        }
        if actions.isEmpty { return plan }
        var whole = plan ?? KeyPlan(key: key, goal: .absent)
        whole.actions += actions
        return whole
    }
}

extension KeyState {
    /// What waits for approval, when gates are asked about it before.
    var candidate: DesiredDeployment? {
        wait?.desired.flatMap { $0.admission.checklist != nil && $0.revision != desired?.revision ? $0 : nil }
    }
}

extension KeyFacts {
    /// The evidence on which `desired` may be approved, and what is still lacking of it.
    fileprivate func gates(of desired: DesiredDeployment?) -> (evidence: Digest?, pending: String?) {
        guard let desired, let asked = desired.admission.checklist else { return (nil, nil) }
        let known = verdict.flatMap {
            $0.revision == desired.revision.description && $0.rules == asked.digest ? $0 : nil
        }
        let passed = known?.verdict == .passed ? known : nil
        if passed != nil || isAdmitted(desired.revision) { return (passed?.evidence, nil) }
        return (nil, known?.summary ?? "the checklist \(asked.name) is asked first")
    }

    /// The rendering that was decided or admitted last, as an event writes it.
    var inForce: String { approved ?? decided.map { $0.rendering ?? Self.absent } ?? Self.absent }

    /// The revision from which a change starts: the one that was decided last.
    var servingRevision: Revision? {
        guard let to = decided?.to, let digest = try? Digest(parsing: to) else { return nil }
        return Revision(digest)
    }
}

extension ApprovalVerdict.Given {
    /// The same for the same word, wherever its file is.
    func identity(_ change: Change) -> String {
        "\(change.digest) \(person) \(role) \(expires?.secondsText ?? "")"
    }
}

extension FactEvents {
    func awaiting(_ change: Change, message: String, commit: CommitID) -> Event {
        event(
            .holdPlaced,
            [
                "reason": .string(Reason.awaitingApproval.rawValue), "message": .string(message),
                "commit": .string(commit.hex), "change": .string(change.digest.description),
            ])
    }

    func seen(_ word: ApprovalVerdict.Given, _ change: Change) -> Event {
        var body = word.value.object ?? [:]
        body["change"] = .string(change.digest.description)
        body["word"] = .string(word.identity(change))
        return event(.approvalSeen, body)
    }

    func admitted(_ verdict: ApprovalVerdict, rules: Digest?, commit: CommitID) -> Event {
        var body: Members = [
            "change": .string(verdict.change.digest.description),
            "from": .string(verdict.change.from?.description ?? Change.absent),
            "rendering": .string(verdict.change.rendering?.description ?? Change.absent),
            "checklist": .string(verdict.change.checklist?.description ?? "none"), "commit": .string(commit.hex),
            "required": .string(verdict.policy.summary), "message": .string(verdict.message),
            "authors": .list(verdict.authors.prefix(Self.longestList).map { .string($0.text) }),
            "approvals": .list(verdict.given.prefix(Self.longestList).map(\.value)),
        ]
        if let rules { body["rules"] = .string(rules.description) }
        return event(.changeAdmitted, body)
    }
}

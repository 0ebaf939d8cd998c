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
        let question = Wait(desired: desired, commit: commit, change: change, obstacles: obstacles(desired, key, known))
        let model = (desired ?? states[key]?.desired)?.spec.version.model
        let (evidence, pending) = known.gates(of: desired)
        switch board.judge(change, model: model, evidence: evidence, now: judgedAt) {
        case nil: return pass(question, key, nil)
        case .failure(let why)?: wait(question, key, why.message)
        case .success(let verdict)?:
            noteSeen(verdict, key)
            if let pending {
                wait(question, key, verdict.isApproved ? pending : "\(pending). \(verdict.message)")
            } else if verdict.isApproved || verdict.isOverridden {
                return pass(question, key, verdict)
            } else {
                wait(question, key, verdict.message)
            }
        }
        return false
    }

    /// The later of the wall clock and the ledger's last time.
    var judgedAt: Timestamp { max(wallNow, facts.latest ?? wallNow) }

    /// A change that is asked about, and what is in its way.
    private struct Wait {
        var desired: DesiredDeployment?
        var commit: CommitID
        var change: Change
        var obstacles: [Obstacle]
    }

    /// No word is missing, or it is overridden: it begins, unless something is in its way that nobody overrides.
    private mutating func pass(_ question: Wait, _ key: DeploymentKey, _ verdict: ApprovalVerdict?) -> Bool {
        let isClear = question.obstacles.isEmpty
        guard isClear || verdict?.isOverridden == true else {
            wait(question, key, nil)
            return false
        }
        let missing = verdict.flatMap { $0.isApproved ? nil : $0.message }
        let waitedFor = ([missing].compactMap(\.self) + question.obstacles.map(\.message)).joined(separator: ". ")
        let isOverride = !waitedFor.isEmpty
        if let verdict {
            note(
                makes(key).admitted(
                    verdict, insteadOf: isOverride ? waitedFor : nil, rules: board.rules, commit: question.commit))
        }
        let why = isOverride ? verdict?.overriddenText : verdict?.message
        return stopWaiting(key, why ?? "nothing is asked for any more", at: question.commit)
    }

    @discardableResult
    mutating func stopWaiting(_ key: DeploymentKey, _ why: String, at commit: CommitID) -> Bool {
        states[key]?.wait = nil
        if let known = facts.keys[key], known.isAwaiting {
            note(makes(key).released(known.awaitedReason ?? .awaitingApproval, message: why, commit: commit))
        }
        return true
    }

    /// - Parameter words: those that are missing; nil when none is.
    private mutating func wait(_ question: Wait, _ key: DeploymentKey, _ words: String?) {
        let reason = words == nil ? question.obstacles.first?.reason ?? .awaitingApproval : .awaitingApproval
        let message = ([words].compactMap(\.self) + question.obstacles.map(\.message)).joined(separator: ". ")
        let change = question.change
        let isNews = states[key]?.wait?.change != change.digest || states[key]?.wait?.message != message
        states[key]?.wait = ApprovalWait(
            desired: question.desired, commit: question.commit, change: change.digest, reason: reason, message: message,
            until: question.obstacles.compactMap(\.until).max())
        if facts.keys[key]?.awaited != change.digest || facts.keys[key]?.awaitedReason != reason {
            note(makes(key).awaiting(change, reason, message: message, commit: question.commit))
        }
        if isNews {
            endObsoletePreparation(key)
            if states[key]?.candidate != nil { trigger(key) }
            summarise(key)
        }
        recallInForce(key)
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
    func awaiting(_ change: Change, _ reason: Reason, message: String, commit: CommitID) -> Event {
        event(
            .holdPlaced,
            [
                "reason": .string(reason.rawValue), "message": .string(message),
                "commit": .string(commit.hex), "change": .string(change.digest.description),
            ])
    }

    func seen(_ word: ApprovalVerdict.Given, _ change: Change) -> Event {
        var body = word.value.object ?? [:]
        body["change"] = .string(change.digest.description)
        body["word"] = .string(word.identity(change))
        return event(.approvalSeen, body)
    }

    /// - Parameter insteadOf: what it waited for, when an override ends that.
    func admitted(_ verdict: ApprovalVerdict, insteadOf: String?, rules: Digest?, commit: CommitID) -> Event {
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
        if let insteadOf {
            body["message"] = .string(verdict.overriddenText)
            body["overrides"] = .list(verdict.overrides.prefix(Self.longestList).map(\.value))
            body["insteadOf"] = .string(insteadOf)
        }
        return event(.changeAdmitted, body)
    }
}

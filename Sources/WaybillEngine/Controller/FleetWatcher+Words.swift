import WaybillCore
import WaybillTrust

extension FleetWatcher {
    /// What is known of words and rules at `commit`, which the source is at.
    func board(of commit: CommitID) async throws(Failure) -> ApprovalBoard {
        guard let approvals, let state = await source.current() else { return ApprovalBoard() }
        return try await approvals.board(at: commit, state)
    }

    /// Reads the words again where some are asked for: they come on refs, without a commit of the branch.
    func lookForWords() async throws(Failure) {
        guard isStateGiven, isSourceInForce, let accepted = status.accepted, !board.policies.isEmpty else { return }
        tell(try await board(of: accepted))
    }

    func tell(_ board: ApprovalBoard) {
        guard board != self.board else { return }
        self.board = board
        controller.send(.words(board))
    }

    // MARK: Rules

    func ruleset(at commit: CommitID) async throws(Failure) -> Ruleset? {
        guard let approvals, let state = await source.current() else { return nil }
        do throws(Failure) {
            return try await approvals.rules(at: commit, state, keeping: rules)
        } catch  where error.disposition == .stall {
            return nil
        }
    }

    /// Why the rules of `head`, which the source is at, may not come into force; nil when they may.
    func rulesHold(_ head: CommitID) async throws(Failure) -> FleetHold? {
        guard approvals != nil, memory.rules?.isGoverned == true else { return nil }
        let next = try await ruleset(at: head)
        askedRules = (head, next)
        return try await objection(to: next, of: head)
    }

    /// The standing hold of `head` for its rules, asked again with the words that are there by now: without loading the commit, since
    /// neither it nor what is in force has changed. Nil when there is no such hold, or nothing stands against the rules any more.
    func stillUnapproved(_ head: CommitID) async throws(Failure) -> FleetHold? {
        guard !mustJudge, head == decided, standing?.cause == .rulesUnapproved, standing?.commit == head,
            let askedRules, askedRules.commit == head
        else { return nil }
        return try await objection(to: askedRules.rules, of: head)
    }

    private func objection(to next: Ruleset?, of head: CommitID) async throws(Failure) -> FleetHold? {
        guard let approvals, let inForce = memory.rules, inForce.isGoverned else { return nil }
        func hold(_ message: String) -> FleetHold {
            FleetHold(cause: .rulesUnapproved, commit: head, accepted: status.accepted, message: message)
        }
        guard let next else {
            return hold(
                "the access file of \(head.short) is broken; the rules in force stay, and nothing of the commit is taken"
            )
        }
        if next.digest == inForce.digest { return nil }
        guard let access = board.access, let rules, rules.digest == inForce.digest else {
            return hold(
                "the rules in force, \(inForce.digest.short), are in no commit that is here; nothing of \(head.short) is taken"
            )
        }
        let shelf = try await approvals.words(at: head)
        let now = max(clock.now(), memory.latest ?? clock.now())
        return Governance.objection(to: next, inForce: rules, by: access, shelf, now: now).map { hold($0.message) }
    }

    /// Writes down which rules are in force since `commit`, which was just taken.
    func adoptRules(at commit: CommitID) async throws(Failure) {
        guard approvals != nil, let next = try await ruleset(at: commit) else { return }
        let before = rules
        rules = next
        let isGoverned = Governance.isGoverned(by: board.access)
        guard memory.rules?.digest != next.digest, isGoverned || memory.rules?.isGoverned == true else { return }
        let holders = board.access?.governors ?? []
        let isFirst = memory.rules?.isGoverned != true
        var body: Members = [
            "commit": .string(commit.hex), "rules": .string(next.digest.description), "governed": .bool(isGoverned),
            "changed": .list((before.map(next.differences) ?? []).prefix(100).map { .string($0) }),
            "governors": .list(holders.prefix(100).map { .string($0.text) }),
            "message": .string(
                isFirst
                    ? "the first rules that are governed; nobody had to approve them"
                    : "approved by the rules before"),
        ]
        if let from = memory.rules?.digest { body["from"] = .string(from.description) }
        let event = Event(.rulesAdopted, decision: decision(), time: clock.now(), subject: commit.hex, body: body)
        try await write(event)
        memory.fold(event)
    }
}

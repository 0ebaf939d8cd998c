package import WaybillCore

/// Follows the fleet's branch: asks, fetches, judges by the commit gate, and tells the controller.
///
/// Flow of a round: bring the source to what is in force, should it not be there; ask the remote what the branch names;
/// fetch if that is new; check that the branch still contains the accepted commit; load what changed; check that it does
/// not remove too much; record the acceptance; send the change on.
/// Guarantees: one round at a time; triggers during a round lead to exactly one more; a commit is sent on only once its
/// acceptance is durable; a failure of git, or of the ledger, changes nothing that is desired; the first state that the
/// controller is told of is a whole one.
package actor FleetWatcher {
    package enum Trigger: String, Sendable { case start, poll, sync, webhook, operatorWord = "operator" }

    package struct Status: Sendable {
        /// The commit in force.
        package var accepted: CommitID?
        /// What the branch named last.
        package var head: CommitID?
        package var askedAt: Timestamp?
        package var problem: Failure?
        package var diagnostics: [Diagnostic] = []
    }

    let repository: any FleetRepository
    let source: any DesiredStateSource
    let journal: Journal
    let clock: any WallClock
    let branch: String
    let controller: Controller
    let approvals: ApprovalBoardReader?
    /// What the controller was told of words and rules last.
    var board = ApprovalBoard()
    /// The rules of the commit in force.
    var rules: Ruleset?
    /// Those of the commit that was last held for its rules; nil: its access file is broken.
    var askedRules: (commit: CommitID, rules: Ruleset?)?
    private let polling: PollPolicy
    private let triggers: AsyncStream<Trigger>
    private let triggerWriter: AsyncStream<Trigger>.Continuation
    /// Called before each round, and after it with the time until the next.
    private let beginning: @Sendable () -> Void
    private let rounded: @Sendable (Duration) -> Void

    package internal(set) var status = Status()
    /// The last commit that was accepted or held: asking about it again brings nothing new.
    var decided: CommitID?
    /// An operator spoke since the head was judged last.
    var mustJudge = false
    var memory: FleetMemory
    /// The hold that the controller was told of last, also before a restart.
    var standing: FleetHold?
    /// The head, and the rewound head, that the ledger was told of last.
    var notedHead: CommitID?
    var notedRewind: CommitID?
    /// Deployments of the accepted state, held ones included; before the first load, those that the ledger knows to serve.
    var population: FleetCensus
    /// What was in force at the start was given or held.
    var isStartJudged = false
    /// Deployments that the loaded commits removed and that stay.
    var orphans: Set<DeploymentKey> = []
    /// Deployments that serve though nothing that was loaded names them and no change removed them, or whose last good state
    /// is in a commit that is not there any more. A broken file may hold them, so they stay as they are while there is one.
    package internal(set) var doubted: Set<DeploymentKey> = []
    /// The controller was told the whole accepted state.
    var isStateGiven = false
    /// The source is at the accepted commit. False after a load that came to nothing.
    var isSourceInForce = false
    private var isStopped = false
    private var failures = 0
    /// When the branch is asked about next, if nothing triggers a round before.
    private var nextPoll: ContinuousClock.Instant = .now
    private var waiting: [CheckedContinuation<Result<CommitID, Failure>, Never>] = []

    /// - Parameters:
    ///   - hold: the hold that stands by the ledger.
    ///   - served: what the ledger knows to serve (`Facts.servedKeys`).
    ///   - approvals: how words about changes are read; nil: nobody is asked for any.
    package init(
        repository: any FleetRepository, source: any DesiredStateSource, journal: Journal, clock: any WallClock,
        branch: String, controller: Controller, pollInterval: Duration, memory: FleetMemory, hold: FleetHold?,
        served: Set<DeploymentKey>, approvals: ApprovalBoardReader? = nil,
        beginning: @escaping @Sendable () -> Void = {},
        rounded: @escaping @Sendable (Duration) -> Void
    ) {
        self.memory = memory
        standing = hold
        notedHead = hold?.commit
        notedRewind = hold?.commit
        population = FleetCensus(served)
        self.repository = repository
        self.source = source
        self.journal = journal
        self.clock = clock
        self.branch = branch
        self.controller = controller
        polling = PollPolicy(interval: pollInterval)
        self.approvals = approvals
        self.beginning = beginning
        self.rounded = rounded
        (triggers, triggerWriter) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Asks for a round; many askings before it begins are one.
    package nonisolated func trigger(_ trigger: Trigger) { triggerWriter.yield(trigger) }

    /// Runs a round and returns what the branch names.
    package func sync() async throws(Failure) -> CommitID {
        if isStopped { throw Self.stopping }
        return try await withCheckedContinuation { continuation in
            waiting.append(continuation)
            trigger(.sync)
        }.get()
    }

    /// Judges the head again, because an operator accepted `commit`.
    package func reconsider(_ commit: CommitID) {
        memory.operatorAccepted = commit
        mustJudge = true
        trigger(.operatorWord)
    }

    /// Runs until cancelled.
    package func run() async {
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.poll() }
                trigger(.start)
                for await trigger in triggers { await round(trigger) }
                group.cancelAll()
            }
        } onCancel: {
            triggerWriter.finish()
        }
        isStopped = true
        for waiter in waiting { waiter.resume(returning: .failure(Self.stopping)) }
        waiting = []
    }

    private static let stopping = Failure(.wait, reason: "Stopping", message: "the controller is stopping")

    /// Asks for a round when its time has come. A round that failed is tried again after a second, then more and more
    /// seldom; so a ledger that is back does not wait for the next poll.
    private func poll() async {
        while true {
            let rest = min(.seconds(1), nextPoll - .now)
            do { try await Task.sleep(for: max(rest, .milliseconds(10))) } catch { return }
            guard nextPoll <= .now else { continue }
            nextPoll = .now + polling.interval
            trigger(.poll)
        }
    }

    private func round(_ trigger: Trigger) async {
        beginning()
        let askers = waiting
        waiting = []
        let result: Result<CommitID, Failure>
        do throws(Failure) {
            if !isSourceInForce { try await loadAccepted() }
            try await fixVersions()
            let head = try await look(trigger)
            try await fixVersions()
            try await lookForWords()
            result = .success(head)
            status.problem = nil
            status.askedAt = clock.now()
            failures = 0
        } catch {
            result = .failure(error)
            status.problem = error
            failures += 1
        }
        let rest = polling.wait(afterFailures: failures, chance: .random(in: 0...1))
        nextPoll = .now + rest
        for asker in askers { asker.resume(returning: result) }
        rounded(rest)
    }

    private func look(_ trigger: Trigger) async throws(Failure) -> CommitID {
        // Words come on refs, too, which leave the head as it is.
        let isAsked = mustJudge || standing?.cause == .rulesUnapproved
        // A webhook tells of a push: one conversation asks and fetches then, and transfers nothing when nothing is new.
        let isTold = trigger == .webhook
        var head = isTold ? try await repository.fetch() : try await repository.remoteHead()
        if let hold = try await stillUnapproved(head) {
            tell(hold)
            return head
        }
        if !isTold, head != decided || isAsked { head = try await repository.fetch() }
        guard head != decided || isAsked else {
            if head == status.accepted { releaseIfBack(at: head) }
            return head
        }
        mustJudge = false
        do throws(Failure) {
            status.head = head
            try await observe(head, trigger)
            try await judge(head)
        } catch {
            mustJudge = mustJudge || isAsked
            throw error
        }
        decided = head
        return head
    }

    private func observe(_ head: CommitID, _ trigger: Trigger) async throws(Failure) {
        guard notedHead != head else { return }
        let summary = try await repository.summary(of: head)
        try await write(
            Event(
                .commitObserved, decision: decision(), time: clock.now(), subject: head.hex,
                actor: .gitAuthor(summary.author),
                body: [
                    "commit": .string(head.hex), "branch": .string(branch), "author": .string(summary.author),
                    "summary": .string(summary.summary), "trigger": .string(trigger.rawValue),
                ]))
        notedHead = head
    }

    func decision() -> DecisionID { DecisionID(UInt64.random(in: .min ... .max)) }
}

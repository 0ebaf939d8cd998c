package import WaybillCore

/// Watches the fleet repository: notices a new commit, fetches it, has it judged by the commit gate, and tells the controller.
///
/// Flow of a round: ask the remote what the branch names; fetch if that is new; check that the branch still contains the
/// accepted commit; load what changed; check that it does not remove too much; record the acceptance; send the change on.
/// Guarantees: one round at a time; triggers during a round lead to exactly one more; a commit is sent on only once its
/// acceptance is durable; a failure of git, or of the ledger, changes nothing that is desired.
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
    private let pollInterval: Duration
    private let triggers: AsyncStream<Trigger>
    private let triggerWriter: AsyncStream<Trigger>.Continuation
    private let rounded: @Sendable () -> Void

    package internal(set) var status = Status()
    /// The last commit that was accepted, held or rejected: asking about it again brings nothing new.
    var decided: CommitID?
    /// A held commit that an operator accepted.
    var operatorAccepted: CommitID?
    /// Deployments of the accepted state, held ones included; before the first load, those that the ledger knows to serve.
    var population: Set<DeploymentKey>
    /// Accepted commits from the last one without problems on: loading them in order finds each resource's last good state.
    let acceptedChain: [CommitID]
    var isLoaded = false
    private var failures = 0
    private var waiting: [CheckedContinuation<Result<CommitID, Failure>, Never>] = []

    package init(
        repository: any FleetRepository, source: any DesiredStateSource, journal: Journal, clock: any WallClock,
        branch: String, controller: Controller, pollInterval: Duration, memory: FleetMemory, served: Set<DeploymentKey>,
        rounded: @escaping @Sendable () -> Void
    ) {
        acceptedChain = memory.chain
        operatorAccepted = memory.operatorAccepted
        population = served
        self.repository = repository
        self.source = source
        self.journal = journal
        self.clock = clock
        self.branch = branch
        self.controller = controller
        self.pollInterval = pollInterval
        self.rounded = rounded
        (triggers, triggerWriter) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Asks for a round; many askings before it begins are one.
    package nonisolated func trigger(_ trigger: Trigger) { triggerWriter.yield(trigger) }

    /// Runs a round and returns what the branch names.
    package func sync() async throws(Failure) -> CommitID {
        try await withCheckedContinuation { continuation in
            waiting.append(continuation)
            trigger(.sync)
        }.get()
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
        for waiter in waiting {
            waiter.resume(
                returning: .failure(Failure(.wait, reason: "Stopping", message: "the controller is stopping")))
        }
        waiting = []
    }

    /// Asks for a round each interval, jittered by a tenth; failures double the wait up to five minutes.
    private func poll() async {
        while true {
            let jitter = Double.random(in: 0.9...1.1)
            let wait = min(pollInterval * (1 << min(failures, 8)), max(pollInterval, .seconds(300)))
            do { try await Task.sleep(for: wait * jitter) } catch { return }
            trigger(.poll)
        }
    }

    private func round(_ trigger: Trigger) async {
        let askers = waiting
        waiting = []
        let result: Result<CommitID, Failure>
        do throws(Failure) {
            if !isLoaded { try await loadAccepted() }
            result = .success(try await look(trigger))
            status.problem = nil
            status.askedAt = clock.now()
            failures = 0
        } catch {
            result = .failure(error)
            status.problem = error
            failures += 1
        }
        for asker in askers { asker.resume(returning: result) }
        rounded()
    }

    private func look(_ trigger: Trigger) async throws(Failure) -> CommitID {
        let named = try await repository.remoteHead()
        if named == decided { return named }
        let head = try await repository.fetch()
        if head != decided {
            status.head = head
            try await observe(head, trigger)
            try await judge(head)
            decided = head
        }
        return head
    }

    private func observe(_ head: CommitID, _ trigger: Trigger) async throws(Failure) {
        let summary = try await repository.summary(of: head)
        try await journal.note(
            Event(
                .commitObserved, decision: decision(), time: clock.now(), subject: head.hex,
                actor: .gitAuthor(summary.author),
                body: [
                    "commit": .string(head.hex), "branch": .string(branch), "author": .string(summary.author),
                    "summary": .string(summary.summary), "trigger": .string(trigger.rawValue),
                ]))
    }

    func decision() -> DecisionID { DecisionID(UInt64.random(in: .min ... .max)) }
}

package import WaybillCore

/// The asynchronous shell around `EngineCore`: performs its effects and tells it what happened. Decides nothing.
///
/// Flow: events come in through one stream; each is one step of the core; notes are appended in the order of steps, many to
/// one append; acts start once the notes before them are durable, each with a ticket of its own.
/// Guarantees: no act without a durable intent; every act's outcome is written, after a loss of the ledger before anything
/// else; every effect is answered once.
/// Assumptions: `run` is called once.
package actor Controller {
    let world: World
    let journal: Journal
    let monitor: GatewayMonitor
    let publisher: RoutePublisher
    let cancellations = Cancellations()
    private let inbox: AsyncStream<EngineEvent>
    private let inboxWriter: AsyncStream<EngineEvent>.Continuation
    private let outputReady: AsyncStream<Void>
    private let outputSignal: AsyncStream<Void>.Continuation

    private(set) var core: EngineCore
    private var outbox = Outbox()
    var observations: [DeploymentKey: Observation] = [:]
    private var answers: [UInt64: CheckedContinuation<Result<String, Failure>, Never>] = [:]
    private var nextCommand: UInt64 = 1
    private var nextWake: Timestamp?
    /// Set and cleared in one go with the core's own, so that both always agree.
    package private(set) var isLedgerLost = false
    /// Outcomes that the ledger could not take, in order; concluded before anything else once it is back.
    private var unwrittenOutcomes: [Conclusion] = []
    private var isStopped = false
    /// Called after each step whose effects changed something that a view shows.
    private let changed: @Sendable () -> Void
    /// Called when the core asks the commit gate again after an operator's word.
    private let reconsider: @Sendable (CommitID) -> Void
    /// What a commit that was accepted before asks for.
    private let recall: @Sendable (DeploymentKey, CommitID) async -> Result<DesiredDeployment, Failure>
    /// Called by each loop as it turns.
    let beat: @Sendable (ControllerLoop) -> Void
    /// Called once a look at a deployment has led to a decision, with how long both took.
    private let rounded: @Sendable (RoundOutcome, Duration) -> Void
    private var lookedSince: [EffectID: ContinuousClock.Instant] = [:]

    package init(
        core: EngineCore, world: World, routes: RouteTable?, ports: PublishedPorts,
        changed: @escaping @Sendable () -> Void,
        reconsider: @escaping @Sendable (CommitID) -> Void,
        recall: @escaping @Sendable (DeploymentKey, CommitID) async -> Result<DesiredDeployment, Failure>,
        beat: @escaping @Sendable (ControllerLoop) -> Void,
        rounded: @escaping @Sendable (RoundOutcome, Duration) -> Void = { _, _ in }
    ) {
        self.core = core
        self.world = world
        self.changed = changed
        self.reconsider = reconsider
        self.recall = recall
        self.beat = beat
        self.rounded = rounded
        journal = Journal(storage: world.ledger)
        monitor = GatewayMonitor(gateway: world.gateway, clock: world.clock)
        publisher = RoutePublisher(gateway: world.gateway, resuming: routes, ports: ports)
        (inbox, inboxWriter) = AsyncStream.makeStream()
        (outputReady, outputSignal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: What others ask

    /// Tells the core that something happened.
    package nonisolated func send(_ event: EngineEvent) { inboxWriter.yield(event) }

    /// Gives an operator's command to the core; returns its words once it is durable.
    package func command(_ verb: OperatorCommand.Verb, by actor: Actor, reason: String?) async throws(Failure) -> String
    {
        if isStopped { throw Self.stopping }
        let id = nextCommand
        nextCommand += 1
        return try await withCheckedContinuation { continuation in
            answers[id] = continuation
            send(.command(OperatorCommand(id: id, verb: verb, actor: actor, reason: reason)))
        }.get()
    }

    package var allSummaries: [KeySummary] { core.keys.compactMap { core.currentSummary(of: $0) } }
    package func summary(of key: DeploymentKey) -> KeySummary? { core.currentSummary(of: key) }
    /// The commit that the core has taken in; nil before the first.
    package var commit: CommitID? { core.commit }
    package func observation(of key: DeploymentKey) -> Observation? { observations[key] }
    package var gatewayStatus: GatewayStatus? { get async { await monitor.status() } }
    package var facts: Facts { core.facts }
    package func plan(of key: DeploymentKey) -> KeyPlan? { core.plan(of: key) }
    package func desired(of key: DeploymentKey) -> DesiredDeployment? { core.desired(of: key) }
    /// Plans that still have something to do or to say, by key.
    package var remarkablePlans: [KeyPlan] {
        core.fleetPlans.filter { !$0.isEmpty || !$0.drift.isEmpty || $0.goal == .orphaned }
    }
    package var fleetHold: FleetHold? { core.fleetHold }
    /// What is found where the gateway should be; nil while one answers.
    package var gatewayProblem: String? { core.gatewayProblem }
    /// A stop was asked for; no new act begins.
    package var isStopping: Bool { core.isStopping }
    package var load: (queued: Int, busy: Int, preparing: Int) {
        (core.queueDepth, core.busyWorkers, core.busyBuilders)
    }
    /// Which fields of `key` differ from what it was when nothing was left to do for it.
    package func changes(of key: DeploymentKey) -> [FieldChange] { core.changes(of: key) }

    // MARK: The loop

    /// Runs until the core has parked after `.stop`, or the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.stepThroughInbox() }
            group.addTask { await self.keepTime() }
            group.addTask { await self.keepLedger() }
            group.addTask { await self.keepGateway() }
            for await _ in outputReady {
                let isParked = await flush(into: &group)
                if isParked { break }
            }
            inboxWriter.finish()
            group.cancelAll()
        }
        isStopped = true
        for (_, answer) in answers { answer.resume(returning: .failure(Self.stopping)) }
        answers = [:]
    }

    private static let stopping = Failure(.wait, reason: "Stopping", message: "the controller is stopping")

    private func stepThroughInbox() async {
        for await event in inbox { step(event) }
    }

    private func step(_ event: EngineEvent) {
        let effects = core.step(event, at: world.clock.now())
        outbox.add(effects)
        outputSignal.yield()
        if case .observed(let id, let key, let result) = event, let since = lookedSince.removeValue(forKey: id) {
            rounded(RoundOutcome(key, result, effects, core.plan(of: key)), .now - since)
        }
    }

    /// Wakes the core once the moment last asked for has come. Looks at the clock several times a second instead of sleeping until
    /// then, so that an earlier moment, or a clock that jumps, is noticed.
    private func keepTime() async {
        while (try? await Task.sleep(for: timeToLook)) != nil {
            beat(.clock)
            guard let moment = nextWake, moment <= world.clock.now() else { continue }
            nextWake = nil
            send(.wake)
        }
    }

    private var timeToLook: Duration {
        let rest = nextWake.map { $0 - world.clock.now() } ?? Self.longestSleep
        return min(max(rest, .milliseconds(10)), Self.longestSleep)
    }

    private static let longestSleep = Duration.milliseconds(200)

    /// Writes the notes that wait, then starts the effects that follow them. True once the core has parked.
    private func flush(into group: inout DiscardingTaskGroup) async -> Bool {
        let (notes, effects) = outbox.take()
        let isWritten = await write(notes)
        var isParked = false
        for effect in effects {
            if case .parked = effect { isParked = true }
            start(effect, isLedgerGood: isWritten, into: &group)
        }
        if !notes.isEmpty || !effects.isEmpty { changed() }
        beat(.engine)
        return isParked
    }

    /// True when everything before is durable. Commands learn whether they are.
    private func write(_ notes: [Outbox.Note]) async -> Bool {
        if notes.isEmpty { return !isLedgerLost }
        do throws(Failure) {
            _ = try await world.ledger.append(notes.map(\.event))
        } catch {
            loseLedger(notes)
            return false
        }
        for command in notes.compactMap(\.command) { step(.recorded(command, isDurable: true)) }
        return true
    }

    // MARK: The ledger's absence

    /// The ledger did not take `notes`. The facts among them, and those that wait behind them, go back to the core, which
    /// repeats them in order; commands are refused and never repeated. The core is told at once, so that nothing that it
    /// asks for later comes before them.
    func loseLedger(_ notes: [Outbox.Note]) {
        isLedgerLost = true
        let all = notes + outbox.takeNotes()
        step(.ledgerLost(unwritten: all.filter { $0.command == nil }.map(\.event)))
        for command in all.compactMap(\.command) { step(.recorded(command, isDurable: false)) }
    }

    /// Writes how an act came out, or keeps that until the ledger is back.
    func conclude(_ ticket: Ticket, _ outcome: Event) async {
        let conclusion = Conclusion(ticket: ticket, outcome: outcome)
        if isLedgerLost { return unwrittenOutcomes.append(conclusion) }
        do throws(Failure) {
            try await journal.conclude(ticket, outcome)
        } catch {
            unwrittenOutcomes.append(conclusion)
            loseLedger([])
        }
    }

    /// Brings the ledger back: first the outcomes of acts that ended without it, then what the core kept.
    func regainLedger() async throws(Failure) {
        try await world.ledger.recover()
        while let first = unwrittenOutcomes.first {
            try await journal.conclude(first.ticket, first.outcome)
            unwrittenOutcomes.removeFirst()
        }
        isLedgerLost = false
        step(.ledgerBack)
    }

    private struct Conclusion {
        var ticket: Ticket
        var outcome: Event
    }

    // MARK: Effects

    private func start(_ effect: Effect, isLedgerGood: Bool, into group: inout DiscardingTaskGroup) {
        switch effect {
        case .observe(let request):
            let cut = cancellations.register(request.id)
            lookedSince[request.id] = .now
            group.addTask { await self.observe(request, cut) }
        case .perform(let request) where isLedgerGood:
            let cut = cancellations.register(request.id)
            group.addTask { await self.perform(request, cut) }
        case .perform(let request):
            send(.refused(request.id, request.key, Self.ledgerUnavailable))
        case .collect(let request) where isLedgerGood:
            group.addTask { await self.collect(request) }
        case .collect(let request): send(.collected(request.id, Self.ledgerUnavailable))
        case .cancel(let id, _): cancellations.cancel(id)
        case .wake(let moment): nextWake = moment
        case .summarise(let summary):
            world.summaries.save(summary)
        case .forgetKey(let key):
            observations[key] = nil
            world.summaries.remove(key)
        case .reconsider(let commit): reconsider(commit)
        case .recall(let key, let commit):
            group.addTask { self.send(.recalled(key, commit, await self.recall(key, commit))) }
        case .answer(let id, let result): answers.removeValue(forKey: id)?.resume(returning: result)
        case .note, .record, .parked: break
        }
    }

    static let ledgerUnavailable = Failure(
        .wait, reason: "LedgerUnavailable", message: "the ledger takes nothing; no action without it")
}

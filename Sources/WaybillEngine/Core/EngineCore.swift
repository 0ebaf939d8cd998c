package import WaybillCore

/// The engine's whole decision making as a value: event in, effects out, no time, chance or I/O of its own.
///
/// *Flow* for one deployment: observe, plan, perform one act, and again, until nothing can be done now; then wait for
/// a report, a moment that the plan names, or the next look.
/// *Guarantees*: a deployment is never worked on twice at once and never forgotten; at most `workers` observations and
/// quick acts and `builders` preparations are under way; nothing is acted upon before the first `desired`, while the
/// ledger is lost, or while paused. A core made from the same facts decides the same.
/// *Assumptions*: effects are carried out in order; each `observe` and `perform` is answered once; see `EngineEvent`.
/// *Caveats*: `now` may jump. The core's own clock never runs backwards, and moments in effects are on the caller's.
package struct EngineCore: Sendable {
    package let policy: EnginePolicy
    /// What a restart would find, kept by folding every event that is asked for.
    package internal(set) var facts: Facts
    /// The commit whose desired state is in force.
    package internal(set) var commit: CommitID?
    package internal(set) var fleetHold: FleetHold?
    /// Whose words are asked for, and those that were found.
    var board = ApprovalBoard()
    /// For freezes.
    let zones: TimeZones

    var states: [DeploymentKey: KeyState] = [:]
    var queue = KeyQueue()
    var inFlight: [DeploymentKey: InFlight] = [:]
    var clock: EngineClock
    var chance: SeededChance
    let diff: @Sendable (DesiredDeployment?, DesiredDeployment?) -> [FieldChange]

    /// What is found where the gateway should be, while none answers.
    package internal(set) var gatewayProblem: String?
    var isGatewaySeen = false
    /// What an earlier controller said of deployments that are not looked after yet. Decides nothing.
    var earlier: [DeploymentKey: Conditions]
    var isLoaded = false
    var isLedgerLost = false
    var isStopping = false
    var hasParked = false
    /// Notes that the ledger could not take yet.
    var unwritten: [Event] = []
    /// The command that is being written down, and those that came after it.
    var pending: PendingCommand?
    var waitingCommands: [OperatorCommand] = []
    var nextEffect: UInt64 = 1
    var nextSerial: UInt64
    /// Deployments that wait for a builder, longest first, and those that were promised one.
    var builderQueue: [DeploymentKey] = []
    var builderPromises: Set<DeploymentKey> = []
    var collection = Collection()
    var lastWake: Timestamp?
    var effects: [Effect] = []
    /// The caller's clock in this step.
    var wallNow: Timestamp

    /// - Parameters:
    ///   - facts: the fold over the whole ledger.
    ///   - seed: of jitter and decision ids; different for each start.
    ///   - earlier: conditions as an earlier controller had them: what is still so keeps its transition time.
    ///   - zones: of freezes.
    ///   - diff: which fields differ, for `plan.decided`.
    package init(
        facts: Facts, policy: EnginePolicy = EnginePolicy(), seed: UInt64, now: Timestamp,
        earlier: [DeploymentKey: Conditions] = [:], zones: TimeZones = .onlyUTC,
        diff: @escaping @Sendable (DesiredDeployment?, DesiredDeployment?) -> [FieldChange] = { _, _ in [] }
    ) {
        self.facts = facts
        self.policy = policy
        self.diff = diff
        self.zones = zones
        self.earlier = earlier
        clock = EngineClock(startingAt: now)
        chance = SeededChance(seed: seed)
        wallNow = now
        nextSerial = facts.highestSerial + 1
        fleetHold = facts.fleetHold
        commit = nil
        let dangling = facts.dangling.values.compactMap { try? DeploymentKey(parsing: $0.subject) }
        let known = facts.keys.filter(\.value.needsAttention).map(\.key)
        for key in Set(known + dangling).sorted() { track(key) }
    }

    /// Takes in `event` at the caller's clock `wall` and says what is to be done, in order.
    package mutating func step(_ event: EngineEvent, at wall: Timestamp) -> [Effect] {
        clock.advance(to: wall)
        wallNow = wall
        effects = []
        handle(event)
        expire()
        collectIfDue()
        dispatch()
        requestWake()
        park()
        defer { effects = [] }
        return effects
    }

    var now: Timestamp { clock.now }

    private mutating func handle(_ event: EngineEvent) {
        switch event {
        case .desired(let delta): accept(delta)
        case .words(let board): take(board)
        case .found(let keys): for key in keys.sorted() { found(key) }
        case .observed(let id, let key, let result): observed(id, key, result)
        case .performed(let id, let key, let failure): performed(id, key, failure)
        case .validated(let id, let key, let answer): performed(id, key, nil, answer)
        case .progressed(let revision): progressed(revision)
        case .refused(let id, let key, let failure): refused(id, key, failure)
        case .collected(let id, let failure): collected(id, failure)
        case .wake: lastWake = nil
        case .replicaChanged(let key): trigger(key)
        case .resync: resyncAll()
        case .gatewayLost(let found): loseGateway(found)
        case .gatewayBack(let found): regainGateway(found)
        case .command(let command): take(command)
        case .recalled(let key, let commit, let result): recalled(key, commit, result)
        case .recorded(let id, let isDurable): recorded(id, isDurable: isDurable)
        case .hold(let hold): place(hold)
        case .release(let reason): release(reason: reason)
        case .ledgerLost(let events): loseLedger(events)
        case .ledgerBack: regainLedger()
        case .stop: beginStopping()
        }
    }

    // MARK: Queries

    /// Deployments that the core looks after.
    package var keys: [DeploymentKey] { states.keys.sorted() }
    package func summary(of key: DeploymentKey) -> KeySummary? { states[key]?.summary }
    package func plan(of key: DeploymentKey) -> KeyPlan? { states[key]?.plan }
    package func desired(of key: DeploymentKey) -> DesiredDeployment? { states[key]?.desired }
    /// Deployments due or waiting for a free worker.
    package var queueDepth: Int { queue.count }
    /// Observations and quick acts under way.
    package var busyWorkers: Int { inFlight.values.count { !$0.isPreparation } }
    package var busyBuilders: Int { inFlight.values.count { $0.isPreparation } }
    /// The plan of the whole fleet, as far as it was looked at.
    package var fleetPlans: [KeyPlan] { states.values.compactMap(\.plan).sorted { $0.key < $1.key } }
}

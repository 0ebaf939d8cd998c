package import WaybillCore

/// The core against a simulated target, gateway, ledger and fleet repository, in simulated time, all from one seed.
///
/// *Flow*: faults and commits for ten minutes, then quiet: what is broken is mended, and forty minutes later everything must
/// be as the last commit asks.
/// *Guarantees*: the same seed gives the same run. `SimulationReport.violations` is empty when all invariants held.
/// *Assumptions*: effects reach the world in the order of the core's asking; a cancelled one does nothing once answered.
package struct Simulation {
    let seed: UInt64
    var chance: SeededChance
    let profile: SimulationProfile
    let policy: EnginePolicy
    let keys: [DeploymentKey]

    var world = SimulatedWorld()
    var ledger = SimulatedLedger()
    var fleet = SimulatedFleet()
    var accepted: CommitID?
    var core: EngineCore?
    /// Counts the core's lives; what an earlier life asked for is not answered to a later one.
    var epoch = 0
    var agenda = Agenda()
    /// True time in milliseconds; the controller's clock is this and an offset that jumps.
    var time: Int64 = 0
    var clockOffset: Int64 = Simulation.startTime
    var flights: [EffectID: Flight] = [:]
    var wakeToken = 0
    /// Outcomes that the ledger could not take yet.
    var unwrittenOutcomes: [Event] = []
    var isQuiet = false
    var nextSetting = 1
    var checks: SimulationChecks
    var report: SimulationReport
    let log: SimulationLog

    static let startTime: Int64 = 1_700_000_000_000
    static let faultTime: Int64 = 600_000
    static let quietTime: Int64 = 2_400_000

    private init(seed: UInt64, isTraced: Bool, hasRollouts: Bool?) {
        self.seed = seed
        log = SimulationLog(isOn: isTraced)
        chance = SeededChance(seed: seed)
        var profile = SimulationProfile(&chance)
        var own = SeededChance(seed: ~seed)
        profile.hasRollouts = hasRollouts ?? (own.unit() < 0.6)
        self.profile = profile
        policy = EnginePolicy(
            workers: Int.random(in: 1...4, using: &chance), builders: Int.random(in: 1...2, using: &chance),
            prepareDeadline: .seconds(300))
        keys = (0..<profile.deployments).compactMap { index in
            try? DeploymentKey(parsing: "\(index % 2 == 0 ? "production" : "staging")/model-\(index)")
        }
        checks = SimulationChecks()
        report = SimulationReport(seed: seed, profile: "\(profile)")
    }

    /// Runs the simulation of `seed` to its end, or to its first violation.
    ///
    /// - Parameter hasRollouts: nil: as the seed says.
    package static func run(seed: UInt64, isTraced: Bool = false, hasRollouts: Bool? = nil) -> SimulationReport {
        var simulation = Simulation(seed: seed, isTraced: isTraced, hasRollouts: hasRollouts)
        simulation.run()
        simulation.report.trace = simulation.log.lines
        if isTraced { simulation.report.events = simulation.ledger.entries }
        return simulation.report
    }

    private mutating func run() {
        push()
        agenda.add(.start(epoch: epoch), at: 0)
        agenda.add(.push, at: 5000)
        agenda.add(.fault, at: profile.pace)
        agenda.add(.quiet, at: Self.faultTime)
        while let (moment, what) = agenda.next(), moment <= Self.faultTime + Self.quietTime {
            time = max(time, moment)
            report.happenings += 1
            happen(what)
            checkServing()
            checkStarvation()
            if !report.violations.isEmpty { return }
        }
        checkEnd()
    }

    var wall: Timestamp { Timestamp(milliseconds: time + clockOffset) }

    func trace(_ line: @autoclosure () -> String) {
        if log.isOn { log.lines.append("\(Double(time) / 1000) s  \(line())") }
    }

    mutating func violation(_ text: String) {
        trace("VIOLATION \(text)")
        report.violations.append("at \(Double(time) / 1000) s: \(text)")
    }

    mutating func happens(_ probability: Double) -> Bool { chance.unit() < probability }
    mutating func between(_ low: Int64, _ high: Int64) -> Int64 { Int64.random(in: low...high, using: &chance) }
    mutating func later(_ what: Happening, _ low: Int64, _ high: Int64) {
        agenda.add(what, at: time + between(low, high))
    }

    private mutating func happen(_ what: Happening) {
        switch what {
        case .wake(let epoch, let token):
            if epoch == self.epoch && token == wakeToken { send(.wake) }
        case .snapshot(let epoch, let id): if epoch == self.epoch { snapshot(id) }
        case .act(let epoch, let id): if epoch == self.epoch { act(id) }
        case .answer(let epoch, let id): if epoch == self.epoch { answer(id) }
        case .recorded(let epoch, let id, let isDurable):
            if epoch == self.epoch { send(.recorded(id, isDurable: isDurable)) }
        case .recalled(let epoch, let key, let commit): if epoch == self.epoch { recalled(key, commit) }
        case .ready(let id): becomeReady(id)
        case .ended(let id): end(id, .signal(15))
        case .crashes(let id): end(id, .code(1))
        case .tableTaken: takeTable()
        case .collect(let epoch, let request): if epoch == self.epoch { collect(request) }
        case .requestsEnd(let id):
            world.outstanding[id] = nil
            notice(id.key)
        case .fault: fault()
        case .push: pushByChance()
        case .start(let epoch): if epoch == self.epoch { start() }
        case .ledgerBack: regainLedger()
        case .gatewayBack: startGateway()
        case .gatewayMissed(let epoch):
            if epoch == self.epoch && !world.isGatewayRunning { send(.gatewayLost(found: "no process")) }
        case .quiet: becomeQuiet()
        case .repeated: goOn()
        }
    }
}

/// The trace of one simulation; lines are made only when it is on.
final class SimulationLog {
    let isOn: Bool
    var lines: [String] = []
    init(isOn: Bool) { self.isOn = isOn }
}

/// How a simulation went.
package struct SimulationReport: Sendable {
    package let seed: UInt64
    package let profile: String
    /// The first thing that must not be; empty when all is well.
    package var violations: [String] = []
    /// Kept when the run is traced, as the ledger is.
    package var trace: [String] = []
    package var events: [Event] = []
    package var happenings = 0
    package var steps = 0
    package var acts = 0
    package var crashes = 0
    package var commits = 0

    init(seed: UInt64, profile: String) {
        self.seed = seed
        self.profile = profile
    }

    /// The command that runs this seed again and shows what happened.
    package var replay: String { "WAYBILL_BENCHMARKS=1 swift run -c release bench-simulation --seed \(seed) --trace" }
}

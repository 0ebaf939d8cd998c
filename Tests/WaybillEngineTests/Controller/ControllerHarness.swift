import Synchronization
import Testing
import WaybillCore
import WaybillEngine

/// A controller with ports in memory.
struct ControllerHarness: Sendable {
    let ledger: FakeLedger
    let clock = FakeClock()
    let target: FakeTarget
    let gateway: FakeGateway
    let controller: Controller
    let reconsidered: Reconsidered
    let beats: Beats

    /// How often each loop was heard of.
    final class Beats: Sendable {
        private let counts = Mutex<[ControllerLoop: Int]>([:])
        func add(_ loop: ControllerLoop) { counts.withLock { $0[loop, default: 0] += 1 } }
        func count(_ loop: ControllerLoop) -> Int { counts.withLock { $0[loop] ?? 0 } }
    }

    /// What the core asked to judge again.
    final class Reconsidered: Sendable {
        private let commits = Mutex<[CommitID]>([])
        private let handler = Mutex<(@Sendable (CommitID) -> Void)?>(nil)
        var all: [CommitID] { commits.withLock { $0 } }
        func add(_ commit: CommitID) {
            commits.withLock { $0.append(commit) }
            handler.withLock { $0 }?(commit)
        }
        func passOn(to new: @escaping @Sendable (CommitID) -> Void) { handler.withLock { $0 = new } }
    }

    /// - Parameter before: the world of an earlier controller, whose ledger this one reads.
    init(ledger: FakeLedger = FakeLedger(), before: ControllerHarness? = nil, keeper: (any GatewayKeeper)? = nil) {
        self.ledger = before?.ledger ?? ledger
        target = before?.target ?? FakeTarget(clock: clock)
        gateway = before?.gateway ?? FakeGateway()
        let beats = Beats()
        self.beats = beats
        let reconsidered = Reconsidered()
        self.reconsidered = reconsidered
        controller = Controller(
            core: EngineCore(facts: self.ledger.facts, seed: 1, now: clock.now()),
            world: World(
                target: target, gateway: gateway, ledger: self.ledger, clock: clock, summaries: NoSummaries(),
                gatewayKeeper: keeper, gatewayTrace: { "process 7 runs" }),
            routes: gateway.table, ports: PublishedPorts(table: nil, clock: clock), changed: {},
            reconsider: { reconsidered.add($0) },
            recall: { key, _ in .failure(Failure(.retry, reason: "NoMirror", message: "no mirror of \(key)")) },
            beat: { beats.add($0) })
    }

    /// Runs the controller while `body` runs.
    func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await controller.run() }
            defer { group.cancelAll() }
            try await body()
        }
    }

    func isReady(_ key: DeploymentKey) async -> Bool {
        await controller.summary(of: key)?.conditions.isTrue(.ready) ?? false
    }
}

/// Waits until `condition` holds; records an issue when it never does.
func eventually(
    _ what: Comment, sourceLocation: Testing.SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record(what, sourceLocation: sourceLocation)
    throw CancellationError()
}

/// Names for tests.
enum Named {
    static func key(_ name: String = "production/churn") throws -> DeploymentKey { try DeploymentKey(parsing: name) }
    static func commit(_ letter: String) throws -> CommitID {
        try CommitID(parsing: String(repeating: letter, count: 40))
    }
    static func desired(_ key: DeploymentKey, setting: Int = 1, replicas: Int = 1) -> DesiredDeployment {
        SimulatedDeployment(key: key, setting: setting, replicas: replicas).desired
    }
    static func delta(_ letter: String, _ keys: [DeploymentKey], setting: Int = 1) throws -> DesiredDelta {
        DesiredDelta(
            commit: try commit(letter),
            changed: Dictionary(
                keys.map { ($0, desired($0, setting: setting)) }, uniquingKeysWith: { first, _ in first }))
    }
    static let operatorActor = Actor.unixUser(uid: 1000, name: "ada")
}

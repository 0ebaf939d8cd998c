import Foundation
import Logging
import WaybillAPI
import WaybillCore
import WaybillEngine
import WaybillGit
import WaybillLedger
import WaybillPackage
import WaybillServing

/// What a controller is made of, once it is open.
struct Parts: Sendable {
    var folder: StateFolder
    var configuration: WaybillConfiguration
    var logger: Logger
    var clock: SystemClock
    var memory: Memory
    /// Entries that the snapshot took in from which the start began.
    var snapshotEntries: UInt64
    var journal: Journal
    var ledger: Ledger
    var store: StoreKeeper
    var repository: MirrorRepository
    var loader: FleetSource
    var target: LocalTarget
    var models: ArtifactStore
    var validator: FleetValidator
    var world: World
    var table: RouteTable?
    var ports: PublishedPorts
    var signal: ChangeSignal
    var metrics: Metrics
    /// What an earlier controller said of each deployment last.
    var conditions: [DeploymentKey: Conditions]
    var catalogue: CatalogueConditions
}

/// Runs the controller's loops as children of one task group until a signal asks for the end.
struct ControllerServices {
    private let parts: Parts
    private let heartbeat = Heartbeat()
    private let controller: Controller
    private let watcher: FleetWatcher
    private let reconsidered: AsyncStream<CommitID>
    private let rounds: AsyncStream<Void>

    init(_ parts: Parts) {
        self.parts = parts
        let (heartbeat, signal, metrics, loader) = (heartbeat, parts.signal, parts.metrics, parts.loader)
        let (stream, writer) = AsyncStream<CommitID>.makeStream()
        reconsidered = stream
        let (rounds, roundWriter) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.rounds = rounds
        let core = EngineCore(
            facts: parts.memory.facts, policy: EnginePolicy(workers: parts.configuration.workers, builders: 4),
            seed: UInt64.random(in: .min ... .max), now: parts.clock.now(), earlier: parts.conditions,
            zones: .system,
            diff: { before, after in FieldChange.between(before?.rendering, after?.rendering) })
        controller = Controller(
            core: core, world: parts.world, routes: parts.table, ports: parts.ports, changed: { signal.advance() },
            reconsider: { writer.yield($0) }, recall: { await loader.recall($0, at: $1) },
            beat: { heartbeat.beat($0.rawValue, within: Self.patience) },
            rounded: { outcome, duration in
                metrics.count(.reconciles, ["outcome": outcome.rawValue])
                metrics.observe(.reconcileSeconds, duration)
            })
        parts.validator.follow(controller)
        // A round asks, fetches (each within its own limit), reads and judges.
        let longestRound = parts.configuration.repository.timeout * 2 + .seconds(120)
        watcher = FleetWatcher(
            repository: MeteredRepository(base: parts.repository, metrics: parts.metrics), source: parts.loader,
            journal: parts.journal, clock: parts.clock,
            branch: parts.configuration.repository.branch, controller: controller,
            pollInterval: parts.configuration.repository.pollInterval,
            memory: parts.memory.fleet, hold: parts.memory.facts.fleetHold, served: parts.memory.facts.servedKeys,
            approvals: ApprovalBoardReader(parts.repository) { (commit) throws(Failure) in
                try await RuleFiles.read(
                    parts.repository, at: commit, path: parts.configuration.repository.path)
            },
            beginning: { heartbeat.beat("git", within: longestRound) },
            rounded: { rest in
                heartbeat.beat("git", within: rest + Self.patience)
                roundWriter.yield()
            })
    }

    /// How long a loop that turns every few seconds may be silent.
    private static let patience = Duration.seconds(60)

    /// Runs until SIGTERM or SIGINT has been followed by the engine's parking.
    func run() async throws {
        let (watcher, controller, parts) = (watcher, controller, parts)
        let pulse = Pulse(parts, heartbeat, within: Self.patience)
        pulse.begin(ControllerLoop.allCases.map(\.rawValue) + ["git"])
        let stop = StopSignals()
        let face = ControllerFace(
            changes: parts.signal, controller: controller, watcher: watcher, source: parts.loader, target: parts.target,
            models: parts.models, validator: parts.validator, ledger: parts.ledger, entries: parts.world.ledger,
            history: parts.store, folder: parts.folder, configuration: parts.configuration,
            startedAt: parts.clock.now(),
            repository: parts.repository, catalogue: parts.catalogue)
        let control = ControlServer(
            interface: face, stateFolder: parts.folder.path, build: Executables.build, logger: parts.logger)
        let monitor = monitorServer(face)
        try await withThrowingTaskGroup(of: Ending.self) { group in
            group.addTask {
                await controller.run()
                return .parked
            }
            group.addTask { .idle(await watcher.run()) }
            group.addTask { .idle(await parts.target.prober.run(turned: { pulse.beat("prober") })) }
            group.addTask { .idle(await parts.ledger.run()) }
            group.addTask { .idle(await parts.store.run(turned: { pulse.beat("store") })) }
            group.addTask { .idle(await pulse.run()) }
            group.addTask { .idle(await self.keepResources()) }
            group.addTask { .idle(await SnapshotKeeper(parts).run()) }
            group.addTask { .idle(await SignatureWatch(parts, accepted: { await watcher.status.accepted }).run()) }
            group.addTask { .idle(await RecordKeeper(parts).run()) }
            group.addTask { .idle(await self.followProgress()) }
            group.addTask { .idle(await self.endCandidates()) }
            group.addTask { .idle(await self.followQuarantine()) }
            group.addTask { .idle(try await control.run()) }
            group.addTask { .idle(try await monitor.run()) }
            group.addTask { .idle(await self.passOnChanges()) }
            group.addTask { .idle(await self.passOnReconsidered()) }
            group.addTask { .idle(await self.turn()) }
            group.addTask {
                await stop.wait()
                controller.send(.stop)
                // What cannot be parked in time is found again by the next start.
                try await Task.sleep(for: .seconds(30))
                return .parked
            }
            controller.send(.found(try await parts.target.knownKeys().union(parts.table?.keys ?? [])))
            // A service that throws cannot go on, and the rest without it should not.
            while let ending = try await group.next() { if case .parked = ending { break } }
            group.cancelAll()
            while let result = await group.nextResult() { _ = result }
        }
    }

    private enum Ending: Sendable {
        /// The engine has nothing under way any more.
        case parked
        /// A loop has nothing more to do, as the ledger's without anchors.
        case idle(Void)
    }

    private func passOnChanges() async {
        for await key in parts.target.changes { controller.send(.replicaChanged(key)) }
    }

    private func passOnReconsidered() async {
        for await commit in reconsidered { await watcher.reconsider(commit) }
    }

    /// The store's index of resources, and their conditions, follow the commit in force.
    private func keepResources() async {
        var kept: CommitID?
        for await _ in rounds {
            guard let state = await parts.loader.stateInForce(), state.commit != kept,
                await watcher.status.accepted == state.commit
            else { continue }
            parts.store.take(state)
            parts.catalogue.take(state)
            kept = state.commit
        }
    }

    /// Shows how far packaging is as it gets on, and lets the engine know that it does.
    private func followProgress() async {
        var (known, asked): ([Revision: PackagingProgress], [Revision: String]) = ([:], [:])
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let (now, asking) = (parts.target.progress, parts.validator.progress)
            if now == known && asking == asked { continue }
            for (revision, progress) in now where known[revision] != progress {
                controller.send(.progressed(revision))
            }
            for (revision, gate) in asking where asked[revision] != gate { controller.send(.progressed(revision)) }
            (known, asked) = (now, asking)
            parts.signal.advance()
        }
    }

    /// Ends what an earlier controller was asking when it was killed.
    private func endCandidates() async {
        do throws(Failure) { try await parts.validator.sweep() } catch {
            parts.logger.warning("candidates of an earlier run are left: \(error.message)")
        }
    }

    /// Writes down what other programs moved aside in the content store, and looks at everything again: a deployment may share its
    /// bytes.
    private func followQuarantine() async {
        while (try? await Task.sleep(for: .seconds(10))) != nil {
            if let count = try? await parts.models.noteQuarantine(), count > 0 { controller.send(.resync) }
        }
    }

    /// A slow pulse: the core is stepped at least this often, so that a stalled loop shows.
    private func turn() async {
        while (try? await Task.sleep(for: .seconds(10))) != nil { controller.send(.wake) }
    }

    private func monitorServer(_ face: ControllerFace) -> MonitorServer {
        let webhook = parts.configuration.webhookSecretFile.map {
            WebhookSettings(secretFile: $0, branch: parts.configuration.repository.branch)
        }
        let address = parts.configuration.metrics
        let gauges = Gauges(
            metrics: parts.metrics, controller: controller, ledger: parts.ledger, startedAt: parts.clock.now())
        let health = Health(ledger: parts.ledger, controller: controller, watcher: watcher)
        let watcher = watcher
        return MonitorServer(
            settings: .init(host: address.host, port: address.port, webhook: webhook),
            sources: .init(
                metrics: parts.metrics, heartbeat: heartbeat, refresh: { await gauges.refresh() },
                problems: { await health.problems },
                onPush: { watcher.trigger(.webhook) }),
            logger: parts.logger)
    }
}

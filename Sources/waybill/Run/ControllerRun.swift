import AsyncHTTPClient
import Foundation
import Logging
import WaybillAPI
import WaybillCore
import WaybillEngine
import WaybillGateway
import WaybillGit
import WaybillLedger
import WaybillManifest
import WaybillPackage
import WaybillServing
import WaybillStore
import WaybillTrust

/// `waybill run`: the one place that sees every module. Opens the state folder, folds the ledger, puts the parts together
/// and runs them until a signal asks for the end; models and gateway go on after it.
struct ControllerRun {
    let configuration: WaybillConfiguration
    let logger: Logger
    private let clock = SystemClock()

    /// Runs until SIGTERM or SIGINT, then parks what is under way.
    func run() async throws {
        let folder = StateFolder(at: URL(fileURLWithPath: configuration.stateFolder))
        try folder.create()
        let lock = try await ControllerLock.take(folder)
        let repository = try configuration.mirror(in: folder)
        let ledger = try await Ledger.open(configuration.ledgerSettings(in: folder, repository: repository))
        if ledger.status.cutAtOpen > 0 {
            logger.warning(
                "the ledger's last \(ledger.status.cutAtOpen) bytes were a write that did not finish; they are cut")
        }
        logger.info("ledger \(ledger.key.name) has \(ledger.status.size) entries; its public key is \(ledger.key)")
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: LocalTarget.probeConfiguration)
        do {
            try await assemble(folder, repository, ledger, client)
        } catch {
            await ledger.close()
            try? await client.shutdown()
            throw error
        }
        await ledger.close()
        try await client.shutdown()
        _ = consume lock
    }

    private func assemble(
        _ folder: StateFolder, _ repository: MirrorRepository, _ ledger: Ledger, _ client: HTTPClient
    ) async throws {
        let snapshot = SnapshotFile(folder)
        let (memory, begun) = try await Memory.read(ledger.reader, since: snapshot)
        // Before anything else is taken in. Without a snapshot the next start takes longer, and nothing more.
        let isDue = SnapshotKeeper.isDue(memory.entries, after: begun)
        let taken = isDue ? try? await snapshot.write(memory, at: clock.now()) : nil
        let store = await StoreKeeper.open(folder.store, ledger: ledger, clock: clock, logger: logger)
        let signal = ChangeSignal()
        let metrics = Metrics()
        let (inForce, recent) = (memory.inForce, memory.recent)
        let sights = KnownSights(memory.sights)
        let watched = WatchedLedger(
            ledger, store: store, metrics: metrics, signal: signal, inForce: inForce, recent: recent, sights: sights,
            logger: logger)
        let journal = Journal(storage: watched)
        try await announce(memory, journal, folder)
        if let taken { try await journal.note(taken) }
        if let reason = store.rebuiltBecause { try await recordRebuild(reason, memory, journal) }

        let statementKey = try StatementKey(in: folder)
        if memory.statementKey != statementKey.publicKey.description {
            try await journal.note(statementKey.made(at: clock.now()))
        }
        logger.info("statements are signed by \(statementKey.publicKey)")

        let loader = FleetSource(tree: repository, path: configuration.repository.path, inForce: inForce)
        let gateway = GatewayClient(stateFolder: folder.gateway)
        let table = GatewayTableFile.read(folder.routes)
        let ports = PublishedPorts(table: table, clock: clock)
        let readers = try ModelSources.readers(
            configuration, ProcessInfo.processInfo.environment, scratch: folder.repositories, refusing: [folder.path])
        let models = models(folder, repository, journal, inForce, recent, readers)
        let validator = try FleetValidator(
            folder: folder, configuration: configuration, repository: repository, source: loader, models: models,
            readers: readers, journal: journal, key: statementKey, sights: sights, clock: clock)
        let target = try localTarget(folder, repository, journal, client, ports, models)
        let launcher =
            configuration.startsGateway
            ? GatewayLauncher(state: folder, configuration: configuration, control: gateway) : nil
        let world = World(
            target: target, gateway: gateway, ledger: watched, clock: clock, summaries: store, gatewayKeeper: launcher,
            validator: validator, gatewayTrace: { folder.gatewayTrace })
        let parts = Parts(
            folder: folder, configuration: configuration, logger: logger, clock: clock, memory: memory,
            snapshotEntries: taken == nil ? begun : memory.entries, journal: journal, ledger: ledger, store: store,
            repository: repository, loader: loader, target: target, models: models, validator: validator, world: world,
            table: table, ports: ports, signal: signal, metrics: metrics, conditions: await store.conditions(),
            catalogue: CatalogueConditions(inForce))
        try await ControllerServices(parts).run()
        try await journal.note(
            Event(
                .controllerStopped, decision: .random(), time: clock.now(), subject: "controller",
                body: ["reason": "asked to by a signal"]))
        await store.close()
    }

    private func models(
        _ folder: StateFolder, _ repository: MirrorRepository, _ journal: Journal, _ inForce: CommitInForce,
        _ recent: RecentVersions, _ readers: SourceReaders
    ) -> ArtifactStore {
        let clock = clock
        let list = FleetAllowList(tree: repository, path: configuration.repository.path)
        return ArtifactStore(
            root: folder.models, content: ContentStore(root: folder.content), tree: repository,
            readers: readers, journal: journal, refusing: [folder.path],
            allowing: { () throws(Failure) in try await list.read(at: inForce.commit) },
            retention: configuration.retention, recent: { recent.newest($0) }, build: BuildVersion.text,
            now: { clock.now() })
    }

    private func localTarget(
        _ folder: StateFolder, _ repository: MirrorRepository, _ journal: Journal, _ client: HTTPClient,
        _ ports: PublishedPorts, _ models: ArtifactStore
    ) throws -> LocalTarget {
        let clock = clock
        let environments = configuration.environments(
            in: folder, tree: repository, journal: journal, now: { clock.now() })
        return try LocalTarget(
            settings: try configuration.targetSettings(in: folder), models: models, environments: environments,
            client: client, portsInUse: { ports.ports })
    }

    private func announce(_ memory: Memory, _ journal: Journal, _ folder: StateFolder) async throws(Failure) {
        let build = Executables.build
        if let before = memory.lastBuild, before != build {
            try await journal.note(
                Event(
                    .controllerUpgraded, decision: .random(), time: clock.now(), subject: "controller",
                    body: ["from": .string(before), "to": .string(build)]))
        }
        try await journal.note(
            Event(
                .controllerStarted, decision: .random(), time: clock.now(), subject: "controller",
                body: [
                    "build": .string(build), "pid": .integer(Int64(getpid())),
                    "state": .string(folder.path),
                ]))
    }

    private func recordRebuild(_ reason: String, _ memory: Memory, _ journal: Journal) async throws(Failure) {
        try await journal.note(
            Event(
                .storeRebuilt, decision: .random(), time: clock.now(), subject: "controller",
                body: ["reason": .string(reason), "entries": .integer(Int64(memory.entries))]))
    }
}

extension DecisionID {
    static func random() -> DecisionID { DecisionID(UInt64.random(in: .min ... .max)) }
}

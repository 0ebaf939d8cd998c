import Foundation
import WaybillAPI
import WaybillCore
import WaybillEngine
import WaybillLedger
import WaybillPackage
import WaybillServing
import WaybillTrust

/// The running controller as people and programs of its machine see it: views over the engine's summaries, the desired
/// state and the ledger, and commands with their actor.
struct ControllerFace: ControllerInterface {
    let changes: ChangeSignal
    let controller: Controller
    let watcher: FleetWatcher
    let source: FleetSource
    let target: LocalTarget
    let models: ArtifactStore
    let validator: FleetValidator
    let ledger: Ledger
    /// Where entries are written; watchers are told.
    let entries: any LedgerStorage
    let history: any EventHistory
    let folder: StateFolder
    let configuration: WaybillConfiguration
    let startedAt: Timestamp
    let repository: any FleetRepository
    let catalogue: CatalogueConditions

    func status() async throws(Failure) -> FleetView {
        let views = await views()
        let watch = await watcher.status
        var commit: CommitSummary?
        // Accepted a moment ago and not taken in yet is not in force; what a hold keeps out at a start is the last that was.
        let isTakenIn = await controller.commit != nil
        let isHeld = await controller.fleetHold != nil
        if let accepted = watch.accepted, isTakenIn || isHeld { commit = try? await repository.summary(of: accepted) }
        let ledger = ledger.status
        return FleetView(
            controller: .init(
                build: Executables.build, pid: getpid(), startedAt: startedAt, stateFolder: folder.path),
            repository: .init(
                url: configuration.repositoryDescription, branch: configuration.repository.branch,
                path: configuration.repository.path,
                commit: commit, head: watch.head == watch.accepted ? nil : watch.head, fetchedAt: watch.askedAt,
                problem: watch.problem?.message),
            deployments: .init(views), holds: await holds(views), problems: watch.diagnostics,
            ledger: .init(
                origin: self.ledger.key.name, entries: ledger.size,
                anchoredAt: ledger.anchors.compactMap(\.deliveredAt).max(), problem: ledger.failure?.message,
                warnings: ledger.warnings),
            gateway: .init(await controller.gatewayStatus, problem: await controller.gatewayProblem),
            rules: await watcher.rulesStatus.map {
                FleetView.Rules(
                    ungoverned: $0.isUngoverned, message: $0.message, access: $0.access, inForce: $0.inForce,
                    since: $0.since, governors: $0.governors)
            })
    }

    private func holds(_ views: [DeploymentView]) async -> [FleetView.Hold] {
        var holds: [FleetView.Hold] = []
        if let hold = await controller.fleetHold {
            holds.append(
                .init(
                    subject: "fleet", reason: hold.cause.rawValue, message: hold.message, commit: hold.commit,
                    since: await controller.facts.heldSince ?? startedAt))
        }
        for summary in await controller.allSummaries {
            guard let held = summary.conditions[.held], held.isTrue,
                [Reason.invalidManifest, .artifactAltered].map(\.rawValue).contains(held.reason)
            else { continue }
            holds.append(
                .init(
                    subject: summary.key.description, reason: held.reason, message: held.message,
                    commit: held.observedCommit, since: held.changedAt))
        }
        return holds
    }

    func deployments() async throws(Failure) -> [DeploymentView] { await views() }

    private func views() async -> [DeploymentView] {
        let address = await controller.gatewayStatus?.address
        let packaging = target.progress
        let isUngoverned = await watcher.rulesStatus?.isUngoverned == true
        var views: [DeploymentView] = []
        for summary in await controller.allSummaries {
            views.append(view(summary, address, packaging, await inspected(summary.key), isUngoverned))
        }
        return views
    }

    /// What was found in the files of the version that git asks for.
    private func inspected(_ key: DeploymentKey) async -> [InspectedFile] {
        await controller.desired(of: key).map { models.inspected($0.spec.artifacts) } ?? []
    }

    private func view(
        _ summary: KeySummary, _ address: String?, _ packaging: [Revision: PackagingProgress],
        _ inspected: [InspectedFile], _ isUngoverned: Bool
    ) -> DeploymentView {
        let progress = summary.desired.flatMap { packaging[$0] }
        let asking = summary.desired.flatMap { validator.progress[$0] }
        let serving = summary.replicas.filter { summary.rotation.contains($0.id) }.map(\.version)
        return DeploymentView(
            key: summary.key, version: summary.version, serving: Array(Set(serving)), runtime: summary.runtime,
            replicas: .init(
                desired: summary.wantedReplicas, ready: summary.readyReplicas,
                running: summary.replicas.count { $0.isAlive }),
            revision: summary.desired, commit: summary.commit,
            url: address.map { "http://\($0)\(summary.path)" },
            conditions: summary.conditions.telling(
                progress?.description ?? asking, inspected, at: summary.conditions[.ready]?.changedAt ?? startedAt),
            orphaned: summary.conditions[.held]?.reason == "Orphaned", packaging: progress,
            standIn: summary.standIn, validation: asking, isUngoverned: isUngoverned, rollout: summary.rollout)
    }

    func replicas() async throws(Failure) -> [ReplicaView] {
        var all: [ReplicaView] = []
        for summary in await controller.allSummaries {
            let route = await controller.observation(of: summary.key)?.route ?? ObservedRoute()
            all += summary.replicas.map { ReplicaView($0, route: route) }
        }
        return all
    }

    func describe(_ key: DeploymentKey) async throws(Failure) -> DeploymentDetail {
        guard let summary = await controller.summary(of: key) else { throw Self.unknown(key) }
        let desired = await controller.desired(of: key)
        let state = await source.stateInForce()
        let route = await controller.observation(of: key)?.route ?? ObservedRoute()
        var version: ModelVersion?
        if let id = summary.version, case .modelVersion(let found)? = state?.resources[.modelVersion(id)]?.spec {
            version = found
        }
        let bundles = await bundles()
        // A replica that has only just been started has said nothing yet.
        let logs = summary.replicas.sorted { $0.id > $1.id }.lazy.map { replicaLog($0.id).tail(20) }
        let log = logs.first { !$0.isEmpty } ?? []
        let inspected = desired.map { models.inspected($0.spec.artifacts) } ?? []
        return DeploymentDetail(
            deployment: view(
                summary, await controller.gatewayStatus?.address, target.progress, inspected,
                await watcher.rulesStatus?.isUngoverned == true),
            replicas: summary.replicas.map { ReplicaView($0, route: route) }, plan: await planView(key),
            problems: state?.held[key] ?? [], location: state?.deployments[key]?.location ?? desired?.location,
            spec: desired?.spec, bundle: version.flatMap { bundles[$0.id.description] },
            inspection: inspected.map(InspectedFileView.init),
            inputs: version?.inputs ?? [], outputs: version?.outputs ?? [], lastLines: log,
            events: try await history(of: key, before: nil, limit: 10))
    }

    private static func unknown(_ key: DeploymentKey) -> Failure {
        Failure(
            .stall, reason: ControlReason.notFound,
            message: "there is no deployment \(key)")
    }

    private func replicaLog(_ id: ReplicaID) -> WaybillServing.ReplicaLog {
        WaybillServing.ReplicaLog(folder: "\(folder.replicas)/\(id)")
    }

    // MARK: Plan

    func plan() async throws(Failure) -> PlanView {
        let held = await controller.allSummaries.filter {
            $0.conditions[.held]?.reason == Reason.invalidManifest.rawValue
        }
        let keys = Set(await controller.remarkablePlans.map(\.key)).union(held.map(\.key))
        var plans: [KeyPlanView] = []
        for key in keys.sorted() {
            if let view = await planView(key) { plans.append(view) }
        }
        let watch = await watcher.status
        let hold = await controller.fleetHold.map {
            CommitHoldView(reason: $0.cause.rawValue, message: $0.message, commit: $0.commit, accepted: $0.accepted)
        }
        return PlanView(
            basis: .observed, commit: await controller.commit == nil ? nil : watch.accepted, hold: hold,
            repositoryProblem: watch.problem?.message, deployments: plans, problems: watch.diagnostics)
    }

    /// What is to be done for `key`, or said of it; nil when nothing is.
    private func planView(_ key: DeploymentKey) async -> KeyPlanView? {
        let conditions = await controller.summary(of: key)?.conditions
        // An orphan is held, too, but its goal says so; a held commit does not stop what was accepted before.
        let held = [conditions?[.paused], conditions?[.held]].compactMap { $0 }
            .first { [Reason.paused.rawValue, Reason.invalidManifest.rawValue].contains($0.reason) }
        let serving = await controller.observation(of: key)?.servedRevision
        let plan = await controller.plan(of: key) ?? KeyPlan(key: key, goal: .absent, from: serving)
        let entry = FleetPlan.Entry(
            plan: plan, changes: plan.isEmpty ? [] : await controller.changes(of: key),
            hold: held.map { FleetPlan.Hold(reason: $0.reason, message: $0.message) } ?? plan.ban)
        guard entry.verb != .none || !plan.drift.isEmpty else { return nil }
        return KeyPlanView(
            entry, desired: await controller.desired(of: key), held: ContentStore(root: folder.content).held)
    }

    // MARK: Ledger and logs

    func history(of key: DeploymentKey, before: LedgerIndex?, limit: Int) async throws(Failure) -> [EventView] {
        var found: [EventView] = []
        for index in try await history.indices(about: key, before: before, limit: limit) {
            if let event = try await ledger.reader.event(at: index)?.event { found.append(EventView(event, at: index)) }
        }
        // A deployment that is gone has a history; one that never was is a slip of the pen.
        if found.isEmpty, before == nil, await controller.summary(of: key) == nil { throw Self.unknown(key) }
        return found
    }

    func events(from: LedgerIndex, limit: Int) async throws(Failure) -> [EventView] {
        try await ledger.reader.events(from: from, limit: limit).compactMap { recorded in
            recorded.event.map { EventView($0, at: recorded.index) }
        }
    }

    func eventCount() async throws(Failure) -> LedgerIndex { ledger.status.size }

    func logs(of key: DeploymentKey) async throws(Failure) -> [WaybillAPI.ReplicaLog] {
        guard let summary = await controller.summary(of: key) else { throw Self.unknown(key) }
        return summary.replicas.map(\.id).sorted().map { id in
            WaybillAPI.ReplicaLog(replica: id, files: replicaLog(id).files)
        }
    }
}

extension KeyPlan {
    /// That its version may not begin to serve.
    fileprivate var ban: FleetPlan.Hold? {
        guard let refusal, refusal.reason == Reason.versionBanned.rawValue else { return nil }
        return FleetPlan.Hold(reason: refusal.reason, message: refusal.message)
    }
}

/// Where the events about one deployment stand in the ledger.
protocol EventHistory: Sendable {
    /// Newest first, at most `limit`, all before `before` when it is given.
    func indices(about key: DeploymentKey, before: LedgerIndex?, limit: Int) async throws(Failure) -> [LedgerIndex]
}

package import AsyncHTTPClient
import NIOCore
import Synchronization
package import WaybillCore

/// Runs replicas as processes of this machine, each under its keeper, which outlives the controller.
///
/// *Flow*: `prepare` puts files and environment in place; `start` makes the replica's folder, launches its keeper and
/// returns once the program runs; `stop` asks the keeper, which signals; `forget` removes the folder.
///
/// *Guarantees*: all that is known of a replica is in its folder, so a new controller finds what runs by reading
/// folders and locks. A process is never signalled by its number. Sandboxed replicas see nothing of the state folder but
/// their own work folder, their model and their environment; where that cannot be had, nothing is started.
///
/// *Assumptions*: one controller has the state folder at a time. Somebody runs `prober`: without it no replica becomes ready.
///
/// *Errors*: `Failure`; those that a person must mend (`SandboxUnavailable`, `DeviceMissing`, `ProgramMissing`,
/// `TemplateInvalid`, `SecretForbidden`) stall, the others are worth another try.
package final class LocalTarget: Target {
    let settings: LocalTargetSettings
    let models: any ModelStore
    let environments: any EnvironmentStore
    /// Ports of every backend that a published route table may still name.
    let portsInUse: @Sendable () -> Set<Int>
    let watch = ReplicaWatch()
    let index: ReplicaIndex
    /// Replicas being started: their ports and users are not to be given again. Also orders the giving.
    let reserved = Mutex<[ReplicaID: Reservation]>([:])

    /// Revisions that are being prepared, to tell how far each is.
    let preparing = Mutex<[Revision: Preparing]>([:])

    struct Preparing: Sendable {
        var spec: RevisionSpec
        var buildsEnvironment = false
    }

    /// Where cgroups can be made, looked for once.
    let cgroup: CgroupPlace

    struct Reservation: Sendable {
        var ports: [Int]
        var user: UInt32?
    }

    /// The service that probes replicas and notices their end.
    package let prober: ProbeRunner

    /// Makes the folder of replicas, takes up every replica that runs, and clears what an interrupted start or removal left.
    ///
    /// `client` asks the probes; it must follow no redirect, as `probeConfiguration` says, and its owner shuts it down.
    package init(
        settings: LocalTargetSettings, models: any ModelStore, environments: any EnvironmentStore,
        client: HTTPClient, portsInUse: @escaping @Sendable () -> Set<Int>
    ) throws(Failure) {
        var settings = settings
        try Disk.makeFolder(settings.state)
        settings.state = Disk.resolved(settings.state) ?? settings.state
        self.settings = settings
        index = ReplicaIndex(settings.replicas)
        self.models = models
        self.environments = environments
        self.portsInUse = portsInUse
        prober = ProbeRunner(watch: watch, check: ProbeCheck(client: client))
        cgroup = CgroupPlace.find(configured: settings.cgroup)
        try Disk.makeFolder(settings.replicas, mode: 0o711)
        for name in Disk.names(in: settings.replicas) where name.hasPrefix(".making-") || name.hasPrefix(".removing-") {
            RemovedTree.remove("\(settings.replicas)/\(name)")
        }
        for folder in folders() { takeUp(folder) }
    }

    /// How an HTTP client for probes must be set up.
    package static var probeConfiguration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.connectionPool.idleTimeout = .seconds(1)
        // A refused connection is the answer; the client would hide it behind its own, ever longer, pauses.
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    /// Keys of deployments about which something changed: a replica ended, became ready or is so no longer.
    /// One reader; losing an element loses nothing that the next observation would not show.
    package var changes: AsyncStream<DeploymentKey> { watch.changes }

    package func knownKeys() async throws(Failure) -> Set<DeploymentKey> {
        await offloaded { Set(self.folders().map(\.id.key)) }
    }

    package func prepare(_ spec: RevisionSpec, at commit: CommitID, ticket: Ticket) async throws(Failure) {
        preparing.withLock { $0[spec.revision] = Preparing(spec: spec) }
        defer { preparing.withLock { _ = $0.removeValue(forKey: spec.revision) } }
        try await models.stage(
            spec.artifacts, of: spec.version, manifest: spec.manifest, at: commit, ticket: ticket)
        if let manifest = spec.manifest { try await models.package(manifest, at: commit, ticket: ticket) }
        if let environment = spec.environment {
            preparing.withLock { $0[spec.revision]?.buildsEnvironment = true }
            try await environments.build(environment, at: commit, ticket: ticket)
        }
    }

    /// How far each revision is that is being prepared just now.
    package var progress: [Revision: PackagingProgress] {
        preparing.withLock { $0 }.mapValues { preparing in
            let total = preparing.spec.artifacts.reduce(0) { $0 &+ $1.size }
            if preparing.buildsEnvironment { return PackagingProgress(.environment, done: total, total: total) }
            return models.progress(of: preparing.spec.artifacts)
                ?? PackagingProgress(.arriving, done: 0, total: total)
        }
    }

    package func stop(_ id: ReplicaID, ticket: Ticket) async throws(Failure) {
        let folder = ReplicaFolder(id, in: settings.replicas)
        try await offloaded { () throws(Failure) in
            if case .ended = folder.life() { return }
            guard folder.askToStop(reason: "told to stop") else {
                throw Failure(
                    .retry, reason: "StopFailed",
                    message: "the keeper of \(id) cannot be reached; it will be asked again")
            }
        }
        watch.report(id.key)
    }

    package func forget(_ id: ReplicaID, ticket: Ticket) async throws(Failure) {
        let folder = ReplicaFolder(id, in: settings.replicas)
        let (shim, replicas) = (KeeperProcess(shim: settings.shim), settings.replicas)
        try await offloaded { () throws(Failure) in
            guard folder.exists else { return }
            guard case .ended(let ended) = folder.life(), !folder.isLocked() else {
                throw Failure(.wait, reason: "ReplicaAlive", message: "\(id) has not ended yet")
            }
            if ended.isUnswept, try !shim.sweep(folder.path) {
                throw Failure(.retry, reason: "SweepFailed", message: "processes that \(id) left could not be ended")
            }
            let removed = "\(replicas)/.removing-\(id)"
            try Disk.rename(folder.path, to: removed)
            RemovedTree.remove(removed)
        }
        watch.remove(id)
        index.remove(id)
    }

    /// The log of a replica, there as long as its folder is.
    package func log(of id: ReplicaID) -> ReplicaLog { ReplicaLog(folder: "\(settings.replicas)/\(id)") }

    /// The replica folders that are there.
    func folders() -> [ReplicaFolder] { index.all() }

    /// Watches a replica that lives and is not watched: an earlier controller started it, or its keeper was slow to answer.
    ///
    /// An earlier controller that was told to stop it may have died before its keeper heard of that: it is woken again.
    func takeUp(_ folder: ReplicaFolder) {
        guard !watch.contains(folder.id), let record = try? folder.record() else { return }
        if case .ended = folder.life() { return }
        if folder.isAskedToStop { _ = folder.askToStop(reason: "told to stop") }
        watch.add(folder, record, phase: .found)
    }
}

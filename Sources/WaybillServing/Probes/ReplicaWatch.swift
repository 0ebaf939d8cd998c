import Synchronization
import WaybillCore

/// What the controller knows of live replicas beyond their folders: results of probes, kept in memory only.
///
/// Shared by the target, which reads it, and the probe runner, which writes it; one lock guards all.
final class ReplicaWatch: Sendable {
    struct Watched: Sendable {
        var record: ReplicaRecord
        var folder: ReplicaFolder
        var state: ProbeState
        /// Whether the runner has a task for it.
        var isProbed = false
    }

    private let watched = Mutex<[ReplicaID: Watched]>([:])
    let changes: AsyncStream<DeploymentKey>
    private let reporter: AsyncStream<DeploymentKey>.Continuation

    init() {
        // A reader that falls behind loses only repetitions that a later look makes good.
        (changes, reporter) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(4096))
    }

    /// Begins to watch a replica unless it is watched already.
    func add(_ folder: ReplicaFolder, _ record: ReplicaRecord, phase: ProbeState.Phase) {
        watched.withLock { table in
            guard table[folder.id] == nil else { return }
            table[folder.id] = Watched(record: record, folder: folder, state: ProbeState(record.probes, phase: phase))
        }
    }

    func remove(_ id: ReplicaID) { watched.withLock { _ = $0.removeValue(forKey: id) } }

    func state(of id: ReplicaID) -> ProbeState? { watched.withLock { $0[id]?.state } }

    func item(_ id: ReplicaID) -> Watched? { watched.withLock { $0[id] } }

    func contains(_ id: ReplicaID) -> Bool { watched.withLock { $0[id] != nil } }

    var folders: [ReplicaFolder] { watched.withLock { $0.values.map(\.folder) } }

    /// Replicas that no task probes yet; they count as probed from now on.
    func takeUnprobed() -> [Watched] {
        watched.withLock { table in
            let fresh = table.values.filter { !$0.isProbed }
            for item in fresh { table[item.folder.id]?.isProbed = true }
            return fresh
        }
    }

    /// The runner has ended: another may take over.
    func releaseProbed() {
        watched.withLock { table in for id in table.keys { table[id]?.isProbed = false } }
    }

    func handle(_ id: ReplicaID, _ question: ProbeState.Question, _ result: ProbeState.Result)
        -> ProbeState.Consequence
    {
        let consequence = watched.withLock { $0[id]?.state.handle(question, result) ?? .nothing }
        if consequence != .nothing { report(id.key) }
        return consequence
    }

    func report(_ key: DeploymentKey) { reporter.yield(key) }
}

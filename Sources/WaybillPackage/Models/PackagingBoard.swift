import Synchronization
import WaybillCore

/// What is being staged or packaged just now, by the key of an artifact set. Holds steps only: how much has arrived is asked of
/// the disk when somebody looks, so that nothing is counted for each byte.
///
/// It also knows which versions are not waited for: those whose packaging failed though their files had been in place before this
/// process began, so that what serves on them is not kept from it.
final class PackagingBoard: Sendable {
    private struct State {
        var steps: [Digest: PackagingProgress.Step] = [:]
        /// Sets that this process put in place and whose bundle is still to be made.
        var placed: Set<Digest> = []
        var excused: Set<VersionID> = []
    }

    private let state = Mutex(State())

    func step(of key: Digest) -> PackagingProgress.Step? { state.withLock { $0.steps[key] } }

    func set(_ step: PackagingProgress.Step?, of key: Digest) { state.withLock { $0.steps[key] = step } }

    /// The set came into place, and nothing may begin on it before its bundle is made.
    func place(_ key: Digest) { state.withLock { _ = $0.placed.insert(key) } }

    func packaged(_ version: VersionID, _ key: Digest) {
        state.withLock { state in
            state.placed.remove(key)
            state.excused.remove(version)
        }
    }

    func failed(_ version: VersionID, _ key: Digest) {
        state.withLock { state in
            if !state.placed.contains(key) { state.excused.insert(version) }
        }
    }

    func isExcused(_ version: VersionID) -> Bool { state.withLock { $0.excused.contains(version) } }
}

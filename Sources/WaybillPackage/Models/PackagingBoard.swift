import Synchronization
import WaybillCore

/// What is being staged or packaged just now, by the key of an artifact set. Holds steps only: how much has arrived is asked of
/// the disk when somebody looks, so that nothing is counted for each byte.
final class PackagingBoard: Sendable {
    private let steps = Mutex<[Digest: PackagingProgress.Step]>([:])

    func step(of key: Digest) -> PackagingProgress.Step? { steps.withLock { $0[key] } }

    func set(_ step: PackagingProgress.Step?, of key: Digest) { steps.withLock { $0[key] = step } }
}

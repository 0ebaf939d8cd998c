import FoundationEssentials
import Synchronization
import WaybillCore

/// Has helpers speak with one remote, each in a scratch folder of its own that is gone afterwards.
final class Transfers: Sendable {
    private let folder: String
    private let remote: RemoteConfiguration
    private let limits: TransferLimits
    private let launcher: HelperLauncher
    private let count = Atomic<UInt64>(0)

    /// - Parameter folder: where scratch folders are made, named `transfer-N`.
    init(in folder: String, remote: RemoteConfiguration, limits: TransferLimits, launcher: HelperLauncher) {
        self.folder = folder
        self.remote = remote
        self.limits = limits
        self.launcher = launcher
    }

    func run(
        _ operation: HelperRequest.Operation, deadline: Duration, bytes: Int? = nil
    ) async throws(Failure) -> (commit: CommitID, received: Int) {
        let scratch = folder + "/transfer-\(count.add(1, ordering: .relaxed).newValue)"
        do {
            try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        } catch {
            if FreeSpace.isExhausted(at: folder) { throw FreeSpace.failure(at: folder) }
            throw Failure(.retry, reason: "FolderUnusable", message: "cannot write '\(folder)': \(error)")
        }
        // Removed whatever happened: the helper is over, and may have been killed.
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let request = HelperRequest(
            operation: operation, remote: remote, scratch: scratch, byteLimit: min(bytes ?? limits.bytes, limits.bytes),
            bytesPerSecond: limits.bytesPerSecond,
            seconds: Int(deadline.milliseconds / 1000) + 5)
        return try await launcher.run(request, deadline: deadline)
    }
}

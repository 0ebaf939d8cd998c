package import WaybillCore
package import WaybillTrust

/// A place outside the ledger that keeps its checkpoints: a file, a git ref, an HTTP endpoint.
package protocol CheckpointSink: Sendable {
    /// Shown in status and messages; no secrets.
    var name: String { get }

    /// Gives `checkpoint` away. Must end when its task is cancelled, which happens at the time limit.
    func deliver(_ checkpoint: SignedCheckpoint) async throws(Failure)
}

/// A sink made of a closure.
package struct ClosureSink: CheckpointSink {
    package let name: String
    private let body: @Sendable (SignedCheckpoint) async throws(Failure) -> Void

    package init(name: String, _ body: @escaping @Sendable (SignedCheckpoint) async throws(Failure) -> Void) {
        self.name = name
        self.body = body
    }

    package func deliver(_ checkpoint: SignedCheckpoint) async throws(Failure) { try await body(checkpoint) }
}

/// Keeps the newest checkpoint in a file, replaced whole: best on another disk or a mounted share.
package struct FileSink: CheckpointSink {
    package let path: String

    package init(path: String) { self.path = path }

    package var name: String { "file \(path)" }

    package func deliver(_ checkpoint: SignedCheckpoint) async throws(Failure) {
        do {
            try FileSystem.replace(path, with: checkpoint.note, mode: 0o644)
        } catch {
            throw Failure(.retry, reason: "AnchorFailed", message: "anchor: \(error)")
        }
    }

    /// The note that stands there; nil when none does.
    package static func read(_ path: String) throws(Failure) -> [UInt8]? {
        do {
            return try FileSystem.read(path, limit: 1 << 20)
        } catch {
            throw .ledgerUnavailable(error)
        }
    }
}

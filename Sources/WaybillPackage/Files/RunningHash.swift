import Synchronization
import WaybillCore

import struct Crypto.SHA256

/// Hashes bytes as they pass.
final class RunningHash: Sendable {
    private let state = Mutex((hasher: SHA256(), size: Int64(0)))

    func add(_ bytes: UnsafeRawBufferPointer) {
        state.withLock { state in
            state.hasher.update(bufferPointer: bytes)
            state.size += Int64(bytes.count)
        }
    }

    /// What passed so far.
    var measure: (digest: Digest, size: Int64) {
        let (hasher, size) = state.withLock { $0 }
        return (Digest(finalizing: hasher), size)
    }
}

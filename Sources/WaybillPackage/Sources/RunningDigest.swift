import Synchronization
import WaybillCore

import struct Crypto.SHA256

/// The digest of bytes that arrive in pieces.
final class RunningDigest: Sendable {
    private let state = Mutex<(hasher: SHA256, size: Int64)>((SHA256(), 0))

    func update(_ bytes: UnsafeRawBufferPointer) {
        state.withLock { state in
            state.hasher.update(bufferPointer: bytes)
            state.size += Int64(bytes.count)
        }
    }

    var content: Content { state.withLock { Content(digest: Digest(finalizing: $0.hasher), size: $0.size) } }
}

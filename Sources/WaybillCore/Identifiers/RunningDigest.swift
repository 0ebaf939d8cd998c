import Crypto

/// Hashes bytes as they come.
package struct RunningDigest {
    private var hasher = SHA256()

    package init() {}

    package mutating func add(_ bytes: UnsafeRawBufferPointer) { hasher.update(bufferPointer: bytes) }

    /// Of what was added so far.
    package var digest: Digest { Digest(finalizing: hasher) }
}

import NIOCore
import WaybillTrust

/// A body as it passes, for its record: its bytes while they are few, only their digest once they are many.
///
/// One a connection and way, used again for each of its requests, so that nothing is allocated for most.
struct BodyCapture {
    private(set) var size: UInt64 = 0
    /// All of the body; empty once it is too large.
    private(set) var bytes = ByteBuffer()
    private(set) var salt = Salt(0, 0)
    private var hasher: SHA256State?

    var isTooLarge: Bool { hasher != nil }

    mutating func begin() {
        size = 0
        hasher = nil
        if bytes.capacity > 64 * 1024 { bytes = ByteBuffer() } else { bytes.clear() }
    }

    mutating func add(_ part: ByteBuffer, limit: Int, random: inout RandomSupply) {
        size += UInt64(part.readableBytes)
        if hasher != nil { return feed(part) }
        bytes.writeImmutableBuffer(part)
        guard bytes.readableBytes > limit else { return }
        salt = random.nextSalt()
        hasher = salt.hasher
        feed(bytes)
        bytes = ByteBuffer()
    }

    private mutating func feed(_ part: ByteBuffer) {
        part.withUnsafeReadableBytes { hasher?.update($0) }
    }

    /// Of a body that is too large to be kept; ends it.
    mutating func digest() -> MerkleHash? { hasher?.finalize() }
}

extension RandomSupply {
    mutating func nextSalt() -> Salt { Salt(next() | 1, next()) }
}

import CLibcrypto
import WaybillCore

/// A SHA-256 hash as a value without an allocation: a leaf, a node or a root of an RFC 6962 tree.
package struct MerkleHash: Hashable, Sendable, CustomStringConvertible {
    private var word0: UInt64
    private var word1: UInt64
    private var word2: UInt64
    private var word3: UInt64

    /// Bytes of a hash.
    package static let width = 32

    /// The hash that stands in `bytes`; nil when they are not 32.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.width else { return nil }
        self = Array(bytes).withUnsafeBytes { Self(loading: $0) }
    }

    /// Takes the first 32 bytes of `buffer`, which must hold them.
    package init(loading buffer: UnsafeRawBufferPointer) {
        word0 = buffer.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
        word1 = buffer.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        word2 = buffer.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
        word3 = buffer.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
    }

    /// The 32 bytes, for as long as `body` runs.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes(of: self, body)
    }

    package var bytes: [UInt8] { withBytes(Array.init) }
    package var description: String { withBytes { hexadecimal($0) } }

    /// Root of the tree without leaves: SHA-256 of nothing.
    package static let empty = plain([])

    /// Hash of a leaf: SHA-256(0x00 ‖ data), RFC 6962 section 2.1.
    package static func leaf(_ data: UnsafeRawBufferPointer) -> MerkleHash {
        var hasher = SHA256State()
        withUnsafeBytes(of: UInt8(0x00)) { hasher.update($0) }
        hasher.update(data)
        return hasher.finalize()
    }

    package static func leaf(_ data: [UInt8]) -> MerkleHash { data.withUnsafeBytes { leaf($0) } }

    /// Hash of an inner node: SHA-256(0x01 ‖ left ‖ right), RFC 6962 section 2.1.
    package static func node(_ left: MerkleHash, _ right: MerkleHash) -> MerkleHash {
        var message = NodeMessage(left: left, right: right)
        var hasher = SHA256State()
        withUnsafeBytes(of: &message) { hasher.update(UnsafeRawBufferPointer(rebasing: $0[7..<72])) }
        return hasher.finalize()
    }

    /// SHA-256 of `data` without a prefix: checksums and body digests.
    package static func plain(_ data: UnsafeRawBufferPointer) -> MerkleHash {
        var hasher = SHA256State()
        hasher.update(data)
        return hasher.finalize()
    }

    package static func plain(_ data: [UInt8]) -> MerkleHash { data.withUnsafeBytes { plain($0) } }

    /// 0x01 and two hashes in a row, from the eighth byte on: one update of the hasher instead of three.
    private struct NodeMessage {
        var prefix: UInt64 = UInt64(0x01).bigEndian
        var left: MerkleHash
        var right: MerkleHash
    }
}

/// A SHA-256 under way on the stack. A tree hashes many short messages: swift-crypto's state is an object each, which costs as
/// much as the hash itself.
package struct SHA256State: Sendable {
    private var context = SHA256_CTX()

    package init() { SHA256_Init(&context) }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        SHA256_Update(&context, bytes.baseAddress, bytes.count)
    }

    /// Ends the hash; nothing may be fed to it afterwards.
    package mutating func finalize() -> MerkleHash {
        withUnsafeTemporaryAllocation(byteCount: MerkleHash.width, alignment: 8) { digest in
            SHA256_Final(digest.baseAddress, &context)
            return MerkleHash(loading: UnsafeRawBufferPointer(digest))
        }
    }
}

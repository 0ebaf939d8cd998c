/// A request's or an answer's body in a record: its digest in the core, and what was kept of it beside the core.
package struct RecordedBody: Hashable, Sendable {
    package enum Form: UInt8, Sendable {
        case nothing, digest, whole, selection
    }

    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        /// One instance, cut out of a batch.
        package static let part = Flags(rawValue: 1)
        /// It broke off.
        package static let incomplete = Flags(rawValue: 2)
        /// Too large to be kept.
        package static let tooLarge = Flags(rawValue: 4)
        /// Something was to be left out, and it is no JSON in which that could be done: so nothing was kept.
        package static let unreadable = Flags(rawValue: 8)
        static let all: Flags = [.part, .incomplete, .tooLarge, .unreadable]
    }

    package var form: Form
    package var flags: Flags
    /// Bytes of what `digest` is of.
    package var size: UInt64
    /// Salted; nil for form `nothing`.
    package var digest: MerkleHash?
    /// For form `selection`: its bytes and its salted digest.
    package var selection: Selection?
    /// Nil for form `nothing`, and once it was erased.
    package var salt: Salt?
    /// The whole or the selection; nil where none is kept or it was erased.
    package var payload: [UInt8]?

    package struct Selection: Hashable, Sendable {
        package var size: Int
        package var digest: MerkleHash

        package init(size: Int, digest: MerkleHash) {
            self.size = size
            self.digest = digest
        }
    }

    /// A body of which nothing but its size is kept.
    package init(nothingOf size: UInt64, flags: Flags = []) {
        (form, self.flags, self.size) = (.nothing, flags, size)
    }

    /// A body of which a digest is kept that was made elsewhere.
    package init(digest: MerkleHash, of size: UInt64, salt: Salt, flags: Flags = []) {
        (form, self.flags, self.size, self.digest, self.salt) = (.digest, flags, size, digest, salt)
    }

    /// A body that is kept whole.
    package init(whole payload: [UInt8], salt: Salt, flags: Flags = []) {
        (form, self.flags, size) = (.whole, flags, UInt64(payload.count))
        (digest, self.salt, self.payload) = (salt.digest(of: payload), salt, payload)
    }

    /// A body of which `payload` was made by leaving something out; `digest` is of all of it.
    package init(selection payload: [UInt8], digest: MerkleHash, of size: UInt64, salt: Salt, flags: Flags = []) {
        (form, self.flags, self.size, self.digest) = (.selection, flags, size, digest)
        selection = Selection(size: payload.count, digest: salt.digest(of: payload))
        (self.salt, self.payload) = (salt, payload)
    }

    /// Whether salt and payload were overwritten.
    package var isErased: Bool { form != .nothing && salt == nil }

    /// Bytes of the payload that belongs to it, whether it is there or erased.
    package var keptSize: Int {
        switch form {
        case .nothing, .digest: 0
        case .whole: Int(clamping: size)
        case .selection: selection?.size ?? 0
        }
    }
}

/// 16 random bytes before what is digested: without them a digest of a short payload could be guessed.
package struct Salt: Hashable, Sendable {
    package let first: UInt64
    package let second: UInt64

    /// - Parameter first: random, and not 0 together with `second`, which stands for an erased salt.
    package init(_ first: UInt64, _ second: UInt64) {
        self.first = first
        self.second = second
    }

    init(loading bytes: UnsafeRawBufferPointer) {
        first = bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
        second = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
    }

    package var bytes: [UInt8] { withBytes(Array.init) }

    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes(of: (first, second), body)
    }

    /// Hash of the salt and `payload`.
    package func digest(of payload: UnsafeRawBufferPointer) -> MerkleHash {
        var hasher = hasher
        hasher.update(payload)
        return hasher.finalize()
    }

    package func digest(of payload: [UInt8]) -> MerkleHash { payload.withUnsafeBytes { digest(of: $0) } }

    /// A hash that the salt was fed to already.
    package var hasher: SHA256State {
        var hasher = SHA256State()
        withBytes { hasher.update($0) }
        return hasher
    }

    var check: UInt32 {
        withBytes { MerkleHash.plain($0) }.withBytes {
            UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
        }
    }
}

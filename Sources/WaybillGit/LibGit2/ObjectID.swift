import CLibgit2
import WaybillCore

/// The 20 bytes that name a git object, small and fast to compare.
struct ObjectID: Hashable, Sendable, CustomStringConvertible {
    private let first: UInt64
    private let second: UInt64
    private let third: UInt32

    /// Takes the first 20 of `bytes`, which must hold that many.
    init(_ bytes: UnsafeRawBufferPointer) {
        first = bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
        second = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        third = bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
    }

    init(_ raw: git_oid) {
        self = withUnsafeBytes(of: raw.id) { ObjectID($0) }
    }

    /// `hex` is one of the core's checked identifiers: 40 lowercase digits.
    private init(hex: String) {
        var raw = git_oid()
        _ = git_oid_fromstr(&raw, hex)
        self.init(raw)
    }

    /// Nil when `text` is not 40 lowercase hexadecimal digits.
    init?(parsing text: String) {
        guard let checked = try? CommitID(parsing: text) else { return nil }
        self.init(hex: checked.hex)
    }

    init(_ commit: CommitID) { self.init(hex: commit.hex) }
    init(_ blob: BlobID) { self.init(hex: blob.hex) }

    /// The form that libgit2 takes.
    var raw: git_oid {
        var raw = git_oid()
        withUnsafeMutableBytes(of: &raw.id) { bytes in
            bytes.storeBytes(of: first, toByteOffset: 0, as: UInt64.self)
            bytes.storeBytes(of: second, toByteOffset: 8, as: UInt64.self)
            bytes.storeBytes(of: third, toByteOffset: 16, as: UInt32.self)
        }
        return raw
    }

    var description: String {
        withUnsafeBytes(of: raw.id) { hexadecimal($0) }
    }
}

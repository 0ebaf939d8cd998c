/// One member of a zip as the central directory describes it, checked against its local header.
struct ZipEntry: Hashable {
    var name: String
    var flags: UInt16
    var method: UInt16
    var crc: UInt32
    var packedSize: Int64
    var size: Int64
    /// Of the local header.
    var offset: Int64
    /// Unix mode, 0 when the archive was made on another system.
    var mode: UInt32
    /// Where its packed bytes begin, known when the local header was read.
    var dataOffset: Int64 = 0

    var dataEnd: Int64 { dataOffset + packedSize }
    var isFolder: Bool { name.hasSuffix("/") }
    var isEncrypted: Bool { flags & 0x0001 != 0 || flags & 0x0040 != 0 || flags & 0x2000 != 0 }
    /// Sizes and checksum may stand after the data instead of before.
    var hasDescriptor: Bool { flags & 0x0008 != 0 }
}

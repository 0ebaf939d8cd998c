@testable import WaybillPackage

/// Writes a zip byte by byte, so that each field can lie.
struct ZipBuilder {
    struct Member {
        var name: String
        var content: [UInt8]
        var localName: String?
        var flags: UInt16 = 0
        var localFlags: UInt16?
        var method: UInt16 = 0
        var crc: UInt32?
        var localCRC: UInt32?
        var size: UInt32?
        var packedSize: UInt32?
        var localSize: UInt32?
        var mode: UInt32 = 0o100644
        var extra: [UInt8] = []
        var localExtra: [UInt8] = []
        /// Points the directory at another member's header.
        var offset: UInt32?
        var before: [UInt8] = []

        init(_ name: String, _ content: [UInt8] = [], _ change: (inout Member) -> Void = { _ in }) {
            self.name = name
            self.content = content
            change(&self)
        }

        func local() -> [UInt8] {
            let name = Array((localName ?? name).utf8)
            let sizes = (packed: packedSize ?? UInt32(content.count), whole: size ?? UInt32(content.count))
            var bytes: [UInt8] = [0x50, 0x4B, 3, 4, 20, 0] + little(localFlags ?? flags) + little(method)
            bytes += [0, 0, 33, 0] + little(localCRC ?? crc ?? crc32(of: content))
            bytes += little(sizes.packed) + little(localSize ?? sizes.whole)
            bytes += little(UInt16(name.count)) + little(UInt16(localExtra.count)) + name + localExtra
            return bytes + content
        }

        func central(at offset: UInt32) -> [UInt8] {
            let sizes = (packed: packedSize ?? UInt32(content.count), whole: size ?? UInt32(content.count))
            var bytes: [UInt8] = [0x50, 0x4B, 1, 2, 20, 3, 20, 0] + little(flags) + little(method) + [0, 0, 33, 0]
            bytes += little(crc ?? crc32(of: content)) + little(sizes.packed) + little(sizes.whole)
            bytes += little(UInt16(name.utf8.count)) + little(UInt16(extra.count)) + [0, 0, 0, 0, 0, 0]
            return bytes + little(mode << 16) + little(self.offset ?? offset) + Array(name.utf8) + extra
        }
    }

    var members: [Member]
    var before: [UInt8] = []
    var after: [UInt8] = []
    var count: UInt16?
    var directorySize: UInt32?

    init(_ members: Member..., change: (inout ZipBuilder) -> Void = { _ in }) {
        self.members = members
        change(&self)
    }

    var bytes: [UInt8] {
        var bytes = before
        var directory: [UInt8] = []
        for member in members {
            bytes += member.before
            directory += member.central(at: UInt32(bytes.count))
            bytes += member.local()
        }
        let start = UInt32(bytes.count)
        let count = little(count ?? UInt16(members.count))
        bytes += directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + count + count
        return bytes + little(directorySize ?? UInt32(directory.count)) + little(start) + [0, 0] + after
    }
}

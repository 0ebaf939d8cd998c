import CLibgit2
import CZlib
import Glibc
import WaybillCore

/// A file's bytes as they stand in a pack, whole and only deflated: read in pieces, so that memory stays flat whatever their size.
///
/// It holds the pack open: a fetch that puts the packs together, or removes them, takes nothing away from whoever reads. Damaged bytes are
/// found by the checksum that zlib keeps of them.
final class PackedBlob: Sendable {
    let size: Int64
    private let descriptor: Int32
    /// Where its deflated bytes begin.
    private let start: Int64

    private static let inputSize = 256 << 10
    private static let outputSize = 1 << 20

    private init(descriptor: Int32, start: Int64, size: Int64) {
        self.descriptor = descriptor
        self.start = start
        self.size = size
    }

    deinit { close(descriptor) }

    /// Looks for it in the packs of `folder`; nil when none has it, or only as its difference to another object.
    static func find(_ id: ObjectID, inPacksOf folder: String) -> PackedBlob? {
        let names = (try? fileNames(in: folder)) ?? []
        for name in names where name.hasPrefix("pack-") && name.hasSuffix(".idx") {
            let stem = String(name.dropLast(4))
            guard let offset = PackIndex.offset(of: id, in: "\(folder)/\(name)") else { continue }
            let pack = open("\(folder)/\(stem).pack", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard pack >= 0 else { continue }
            if let header = PackedHeader(at: offset, of: pack), header.isBlob {
                return PackedBlob(descriptor: pack, start: offset + Int64(header.length), size: header.size)
            }
            close(pack)
        }
        return nil
    }

    private static func fileNames(in folder: String) throws(SystemError) -> [String] {
        guard let stream = opendir(folder) else { throw .last }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { field in
                    field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names.sorted()
    }

    /// Gives the bytes from `offset` on to `sink`, in order, in pieces of a megabyte at most.
    func read(from offset: Int64, into sink: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
        var stream = z_stream()
        guard waybill_inflate_start(&stream, 15) == Z_OK else { throw unreadable("zlib does not start") }
        defer { inflateEnd(&stream) }
        let input = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.inputSize, alignment: 16)
        let output = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.outputSize, alignment: 16)
        defer {
            input.deallocate()
            output.deallocate()
        }
        var (consumed, made): (Int64, Int64) = (start, 0)
        var isAtEnd = false
        while !isAtEnd {
            if stream.avail_in == 0 { consumed += try fill(input, at: consumed, &stream) }
            stream.next_out = output.baseAddress?.assumingMemoryBound(to: Bytef.self)
            stream.avail_out = UInt32(output.count)
            let status = inflate(&stream, Z_NO_FLUSH)
            guard status == Z_OK || status == Z_STREAM_END else { throw unreadable("its packed bytes are broken") }
            isAtEnd = status == Z_STREAM_END
            let count = output.count - Int(stream.avail_out)
            let skipped = Int(min(max(offset - made, 0), Int64(count)))
            made += Int64(count)
            guard made <= size else { throw unreadable("it has more bytes than its pack says") }
            if skipped < count { try sink(UnsafeRawBufferPointer(rebasing: output[skipped..<count])) }
        }
        guard made == size else { throw unreadable("it has fewer bytes than its pack says") }
    }

    private func fill(
        _ input: UnsafeMutableRawBufferPointer, at offset: Int64, _ stream: inout z_stream
    ) throws(Failure) -> Int64 {
        let count = pread(descriptor, input.baseAddress, input.count, off_t(offset))
        guard count > 0 else { throw unreadable("its pack ends too early") }
        stream.next_in = input.baseAddress?.assumingMemoryBound(to: Bytef.self)
        stream.avail_in = UInt32(count)
        return Int64(count)
    }

    private func unreadable(_ why: String) -> Failure {
        Failure(.retry, reason: ObjectStore.unreadableReason, message: "cannot read a file of \(size) bytes: \(why)")
    }
}

/// What stands before an object in a pack: its type, and its size of any number of digits.
private struct PackedHeader {
    private static let blob: UInt8 = 3

    let isBlob: Bool
    let size: Int64
    let length: Int

    /// Nil when there is none.
    init?(at offset: Int64, of pack: Int32) {
        var bytes = [UInt8](repeating: 0, count: 10)
        let count = pread(pack, &bytes, bytes.count, off_t(offset))
        guard count > 0 else { return nil }
        isBlob = bytes[0] >> 4 & 7 == Self.blob
        var (size, shift, used) = (Int64(bytes[0] & 15), Int64(4), 1)
        while bytes[used - 1] & 0x80 != 0 {
            guard used < count, shift < 57 else { return nil }
            size |= Int64(bytes[used] & 0x7f) << shift
            (shift, used) = (shift + 7, used + 1)
        }
        self.size = size
        length = used
    }
}

/// The index of a pack, version 2 as git and libgit2 write it: where each object stands, looked up without reading it all.
private enum PackIndex {
    private static let start: [UInt8] = [0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2]
    private static let table: Int64 = 8
    private static let names: Int64 = 8 + 256 * 4

    /// Nil when the pack has no such object.
    static func offset(of id: ObjectID, in path: String) -> Int64? {
        let index = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard index >= 0 else { return nil }
        defer { close(index) }
        let wanted = withUnsafeBytes(of: id.raw.id) { Array($0) }
        guard read(index, 8, at: 0) == start, let count = number(index, at: table + 255 * 4),
            let end = number(index, at: table + Int64(wanted[0]) * 4),
            var low = wanted[0] == 0 ? 0 : number(index, at: table + Int64(wanted[0] - 1) * 4)
        else { return nil }
        var high = end
        while low < high {
            let middle = (low + high) / 2
            guard let name = read(index, 20, at: names + middle * 20) else { return nil }
            if name == wanted { return place(middle, of: count, index) }
            if name.lexicographicallyPrecedes(wanted) { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// Offsets of four bytes; those past 2 GiB name one of eight bytes.
    private static func place(_ number: Int64, of count: Int64, _ index: Int32) -> Int64? {
        let short = names + count * 24
        guard let offset = self.number(index, at: short + number * 4) else { return nil }
        guard offset & 0x8000_0000 != 0 else { return offset }
        guard let bytes = read(index, 8, at: short + count * 4 + (offset & 0x7fff_ffff) * 8) else { return nil }
        return Int64(exactly: bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    private static func number(_ index: Int32, at offset: Int64) -> Int64? {
        read(index, 4, at: offset)?.reduce(Int64(0)) { $0 << 8 | Int64($1) }
    }

    private static func read(_ index: Int32, _ count: Int, at offset: Int64) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return pread(index, &bytes, count, off_t(offset)) == count ? bytes : nil
    }
}

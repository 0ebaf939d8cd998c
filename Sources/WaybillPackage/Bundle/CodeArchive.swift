import WaybillCore

/// The folder of a version's code as a layer: a tar that is a function of the folder's content only.
///
/// Files alone, in the order of the bytes of their paths, each with mode 0644 or 0755, no owner and no time: one folder of git is one
/// layer, wherever and whenever it is packed.
struct CodeArchive: Hashable, Sendable {
    /// Where it stands in a bundle.
    static let path = "\(BundleFile.ownFolder)/code"
    /// Bytes of all its files together.
    static let limit = 64 << 20

    var content: Content
    /// Git's own id of the folder.
    var tree: String

    static func bytes(of folder: CommitFolder) -> [UInt8] {
        var archive: [UInt8] = []
        archive.reserveCapacity(folder.files.reduce(1024) { $0 + $1.bytes.count + 1024 })
        for file in folder.files {
            let name = Array(file.path.utf8)
            if name.count > nameLength {
                let record = TarHeader.record("path", name)
                append(header(Array("./PaxHeaders/path".utf8), record.count, type: "x", mode: 0o644), to: &archive)
                append(record, to: &archive)
            }
            let mode = file.isExecutable ? 0o755 : 0o644
            append(header(name, file.bytes.count, type: "0", mode: mode), to: &archive)
            append(file.bytes, to: &archive)
        }
        return archive + TarHeader.end
    }

    /// What fits into a header; a longer name stands in a record before it.
    private static let nameLength = 100

    private static func append(_ bytes: [UInt8], to archive: inout [UInt8]) {
        archive += bytes
        archive += [UInt8](repeating: 0, count: TarHeader.padding(after: Int64(bytes.count)))
    }

    /// As POSIX.1-1988 (ustar) has it. Apart from `TarHeader`'s, whose fields differ: these bytes are in the digests of bundles.
    private static func header(_ name: [UInt8], _ size: Int, type: Character, mode: Int) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: TarHeader.block)
        func put(_ bytes: [UInt8], at offset: Int) {
            header.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
        }
        func octal(_ number: Int, digits: Int) -> [UInt8] {
            let text = String(number, radix: 8)
            return Array((String(repeating: "0", count: max(digits - text.utf8.count, 0)) + text).utf8)
        }
        put(Array(name.prefix(nameLength)), at: 0)
        put(octal(mode, digits: 7), at: 100)
        for offset in [108, 116] { put(octal(0, digits: 7), at: offset) }
        put(octal(size, digits: 11), at: 124)
        put(octal(0, digits: 11), at: 136)
        put(Array(repeating: UInt8(ascii: " "), count: 8), at: 148)
        put(Array(String(type).utf8), at: 156)
        put(Array("ustar\u{0}00".utf8), at: 257)
        let sum = header.reduce(0) { $0 + Int($1) }
        put(octal(sum, digits: 6) + [0, UInt8(ascii: " ")], at: 148)
        return header
    }
}

/// One line of a git tree as it stands in the object, unchecked.
struct TreeEntry: Hashable {
    enum Kind: Hashable {
        case file, folder, symbolicLink, submodule
        case unknown(mode: UInt32)
    }

    var name: [UInt8]
    var kind: Kind
    var id: ObjectID
    /// Of a file: whether it may be run.
    var isExecutable = false

    /// Reads a tree object's bytes: `mode SP name NUL id`, again and again. Nil when they do not have that form.
    ///
    /// It judges no name and keeps duplicates: `CheckedTree` does that. libgit2's own reader is not used because it
    /// hides what is wrong with an entry and finds entries by an order that a hostile tree need not have.
    static func entries(of bytes: UnsafeRawBufferPointer) -> [TreeEntry]? {
        var entries: [TreeEntry] = []
        var offset = 0
        while offset < bytes.count {
            guard let (mode, nameStart) = mode(in: bytes, at: offset) else { return nil }
            guard let nameEnd = bytes[nameStart...].firstIndex(of: 0), nameEnd + 1 + idLength <= bytes.count else {
                return nil
            }
            let id = ObjectID(UnsafeRawBufferPointer(rebasing: bytes[(nameEnd + 1)..<(nameEnd + 1 + idLength)]))
            entries.append(
                TreeEntry(
                    name: Array(bytes[nameStart..<nameEnd]), kind: Kind(mode: mode), id: id,
                    isExecutable: mode == 0o100755))
            offset = nameEnd + 1 + idLength
        }
        return entries
    }

    private static let idLength = 20

    /// The octal number before the space, and where the name begins.
    private static func mode(in bytes: UnsafeRawBufferPointer, at start: Int) -> (mode: UInt32, next: Int)? {
        var mode: UInt32 = 0
        for offset in start..<min(start + 8, bytes.count) {
            let byte = bytes[offset]
            if byte == UInt8(ascii: " ") { return offset == start ? nil : (mode, offset + 1) }
            guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(byte) else { return nil }
            mode = mode << 3 | UInt32(byte - UInt8(ascii: "0"))
        }
        return nil
    }
}

extension TreeEntry.Kind {
    /// The kind that git gives a mode. Group-writable files (0100664) come from old versions of git.
    init(mode: UInt32) {
        self =
            switch mode {
            case 0o100644, 0o100755, 0o100664: .file
            case 0o040000: .folder
            case 0o120000: .symbolicLink
            case 0o160000: .submodule
            default: .unknown(mode: mode)
            }
    }
}

import WaybillCore

/// A group as HDF5 wrote it until 1.8, and h5py still does: a tree of blocks of entries, whose names stand in a heap.
struct HDF5SymbolTable: Hashable {
    var tree: UInt64
    var heap: UInt64

    /// The symbol table message of a group.
    init(_ file: HDF5File, _ cursor: inout ByteCursor) throws(InspectionError) {
        guard let tree = try file.address(&cursor), let heap = try file.address(&cursor) else {
            throw .malformed("a group has no table of names")
        }
        (self.tree, self.heap) = (tree, heap)
    }

    /// What an entry keeps of the group that it stands for; nil when it keeps nothing.
    static func cached(_ file: HDF5File, _ cursor: inout ByteCursor) throws(InspectionError) -> HDF5SymbolTable? {
        let kind = try cursor.little(UInt32.self)
        try cursor.skip(4)
        var scratch = cursor
        try cursor.skip(16)
        return kind == 1 ? try HDF5SymbolTable(file, &scratch) : nil
    }

    /// One entry; `cached` is what it says of the group that it names.
    struct Entry {
        var link: HDF5Link
        var cached: HDF5SymbolTable?
    }

    /// All entries, in the tree's order.
    func entries(_ file: inout HDF5File) throws(InspectionError) -> [Entry] {
        var names = try file.part(heap, UInt64(8 + 2 * file.lengthSize + file.offsetSize), "a group's heap")
        try file.expect("HEAP", &names, "a group's heap")
        try names.skip(4)
        let size = try file.length(&names)
        _ = try file.length(&names)
        var entries: [Entry] = []
        guard let content = try file.address(&names) else { throw .malformed("a group's heap has no content") }
        let heap = try file.part(content, size, "the content of a group's heap")
        try readNode(tree, level: nil, heap, &file, into: &entries)
        return entries
    }

    private func readNode(
        _ address: UInt64, level: UInt8?, _ heap: ByteCursor, _ file: inout HDF5File, into entries: inout [Entry]
    ) throws(InspectionError) {
        let node = try HDF5Node(&file, address, kind: 0, keySize: file.lengthSize, level: level)
        for child in node.children {
            if node.level > 0 {
                try readNode(child, level: node.level - 1, heap, &file, into: &entries)
            } else {
                try readEntries(child, heap, &file, into: &entries)
            }
        }
    }

    private func readEntries(
        _ address: UInt64, _ heap: ByteCursor, _ file: inout HDF5File, into entries: inout [Entry]
    ) throws(InspectionError) {
        var head = try file.part(address, 8, "a group's entries")
        try file.expect("SNOD", &head, "a group's entries")
        try head.skip(2)
        let count = UInt64(try head.little(UInt16.self))
        guard count > 0 else { return }
        var cursor = try file.part(address + 8, count * UInt64(2 * file.offsetSize + 24), "a group's entries")
        for _ in 0..<count {
            let name = try Self.name(at: try file.length(&cursor, of: file.offsetSize), in: heap)
            let object = try file.address(&cursor)
            var kind = cursor
            let cached = try Self.cached(file, &cursor)
            let isSoft = try kind.little(UInt32.self) == 2
            guard object != nil || isSoft else { throw .malformed("the link \(name.quotedForMessage) leads nowhere") }
            let link = try HDF5Link(name: name, target: isSoft ? .soft : .object(object ?? 0))
            entries.append(Entry(link: link, cached: cached))
        }
    }

    private static func name(at place: UInt64, in heap: ByteCursor) throws(InspectionError) -> String {
        var cursor = heap
        try cursor.skip(place)
        let start = cursor.position
        var length: UInt64 = 0
        while try cursor.byte() != 0 {
            length += 1
            guard length <= HDF5Link.nameLimit else {
                throw .malformed("a link's name is longer than \(HDF5Link.nameLimit) bytes")
            }
        }
        try cursor.seek(start)
        return try cursor.text(length, limit: HDF5Link.nameLimit, what: "a link's name")
    }
}

/// A node of a B-tree of version 1: keys, and the addresses between them.
struct HDF5Node {
    private static let levelLimit: UInt8 = 16

    var level: UInt8
    /// One more than there are children.
    var keys: [[UInt8]] = []
    var children: [UInt64] = []

    /// - Parameter level: what it must be; nil for a root.
    init(
        _ file: inout HDF5File, _ address: UInt64, kind: UInt8, keySize: Int, level: UInt8?
    ) throws(InspectionError) {
        let what = "a node of a tree"
        let headSize = UInt64(8 + 2 * file.offsetSize)
        var head = try file.part(address, headSize, what)
        try file.expect("TREE", &head, what)
        guard try head.byte() == kind else { throw .malformed("\(what) at byte \(address) is of another kind") }
        self.level = try head.byte()
        guard self.level == level ?? self.level, self.level <= Self.levelLimit else {
            throw .malformed("\(what) at byte \(address) is of level \(self.level)")
        }
        let count = UInt64(try head.little(UInt16.self))
        let size = count * UInt64(keySize + file.offsetSize) + UInt64(keySize)
        var cursor = try file.part(address + headSize, size, what)
        for _ in 0..<count {
            keys.append(try cursor.bytes(keySize))
            guard let child = try file.address(&cursor) else { throw .malformed("\(what) has no child") }
            children.append(child)
        }
        keys.append(try cursor.bytes(keySize))
    }
}

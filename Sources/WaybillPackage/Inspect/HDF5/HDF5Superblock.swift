/// The first block of the file: how wide its numbers are, and where its root group stands.
struct HDF5Superblock {
    var file: HDF5File
    /// The address of the root group's header.
    var root: UInt64
    /// What versions 0 and 1 keep of the root group beside its header.
    var cached: HDF5SymbolTable?
    /// Further properties, as messages of an object of their own.
    var more: UInt64?

    /// - Throws: the first thing that is not as the format says, or that other programs would read differently.
    init(_ source: any ByteSource, at start: Int64) throws(InspectionError) {
        let version = try source.bytes(at: start + 8, count: 1)[0]
        var cursor = ByteCursor(source, from: start + 9, to: start + 100)
        switch version {
        case 0, 1: try self.init(old: version, source, start, &cursor)
        case 2, 3: try self.init(new: source, start, &cursor)
        case _: throw .malformed("version \(version) of the superblock is not known")
        }
    }

    private init(
        old version: UInt8, _ source: any ByteSource, _ start: Int64, _ cursor: inout ByteCursor
    ) throws(InspectionError) {
        guard try cursor.bytes(4)[0..<2] == [0, 0] else { throw .malformed("the versions of its parts are not known") }
        var file = try HDF5File(source, base: start, sizes: (try cursor.byte(), try cursor.byte()))
        try cursor.skip(version == 0 ? 9 : 13)
        try file.takeBase(&cursor)
        _ = try file.address(&cursor)
        try file.takeEnd(&cursor)
        guard try file.address(&cursor) == nil else { throw .malformed("it is one of several files") }
        _ = try file.length(&cursor, of: file.offsetSize)
        guard let root = try file.address(&cursor) else { throw .malformed("there is no root group") }
        cached = try HDF5SymbolTable.cached(file, &cursor)
        try file.claim(0, UInt64(cursor.position - start), "the superblock")
        (self.file, self.root) = (file, root)
    }

    private init(new source: any ByteSource, _ start: Int64, _ cursor: inout ByteCursor) throws(InspectionError) {
        var file = try HDF5File(source, base: start, sizes: (try cursor.byte(), try cursor.byte()))
        try cursor.skip(1)
        try file.takeBase(&cursor)
        more = try file.address(&cursor)
        try file.takeEnd(&cursor)
        guard let root = try file.address(&cursor) else { throw .malformed("there is no root group") }
        _ = try file.summed(0, UInt64(cursor.position - start) + 4, "the superblock")
        (self.file, self.root) = (file, root)
    }
}

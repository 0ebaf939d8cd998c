/// The central directory of a zip, read without trusting any number in it.
struct ZipDirectory {
    /// Where the directory stands.
    var offset: Int64
    var size: Int64
    var count: Int
    var entries: [ZipEntry] = []

    private static let endSize: Int64 = 22
    private static let headerSize = 46
    private static let sizeLimit: Int64 = 64 << 20

    /// - Throws: what is wrong, in words that follow `zip: `.
    init(_ source: any ByteSource, budget: inout InspectionBudget) throws(InspectionError) {
        (self, _) = try Self.located(in: source)
        try budget.takeMembers(count)
        var cursor = ByteCursor(source, from: offset, to: offset + size)
        for _ in 0..<count { entries.append(try Self.entry(&cursor)) }
        guard cursor.isAtEnd else {
            throw .malformed("the directory is \(cursor.remaining) bytes longer than its \(count) members")
        }
    }

    private init(offset: Int64, size: Int64, count: Int) {
        self.offset = offset
        self.size = size
        self.count = count
    }

    /// Whether `source` ends as a zip does, wherever its first member is: other readers would take it for one.
    static func isPresent(in source: any ByteSource) throws(InspectionError) -> Bool {
        guard let end = try endRecord(of: source) else { return false }
        var cursor = ByteCursor(source, from: end, to: source.size)
        try cursor.skip(12)
        let size = Int64(try cursor.little(UInt32.self))
        guard size >= 46, size <= end else { return false }
        return try source.bytes(at: end - size, count: 4) == [0x50, 0x4B, 0x01, 0x02]
    }

    /// The last record, whose comment must reach exactly to the end of the file.
    private static func endRecord(of source: any ByteSource) throws(InspectionError) -> Int64? {
        guard source.size >= endSize else { return nil }
        let start = max(0, source.size - endSize - 65_535)
        let tail = try source.bytes(at: start, count: Int(source.size - start))
        for index in stride(from: tail.count - Int(endSize), through: 0, by: -1)
        where tail[index] == 0x50 && tail[index + 1] == 0x4B && tail[index + 2] == 0x05 && tail[index + 3] == 0x06 {
            let comment = Int(tail[index + 20]) | Int(tail[index + 21]) << 8
            if index + Int(endSize) + comment == tail.count { return start + Int64(index) }
        }
        return nil
    }

    private static func located(in source: any ByteSource) throws(InspectionError) -> (ZipDirectory, Int64) {
        guard let end = try endRecord(of: source) else {
            throw .malformed("there is no directory at its end: it is cut, or bytes follow it")
        }
        var cursor = ByteCursor(source, from: end + 4, to: source.size)
        let (disk, firstDisk) = (try cursor.little(UInt16.self), try cursor.little(UInt16.self))
        let (here, total) = (try cursor.little(UInt16.self), try cursor.little(UInt16.self))
        let (size, offset) = (try cursor.little(UInt32.self), try cursor.little(UInt32.self))
        var directory = ZipDirectory(offset: Int64(offset), size: Int64(size), count: Int(total))
        var directoryEnd = end
        if let (record, large) = try zip64(of: source, before: end) {
            guard total == .max || Int(total) == large.count, size == .max || Int64(size) == large.size,
                offset == .max || Int64(offset) == large.offset
            else { throw .malformed("its two end records, with and without zip64, differ") }
            (directory, directoryEnd) = (large, record)
        } else if total == .max || size == .max || offset == .max {
            throw .malformed("its end record asks for zip64, which is not there")
        }
        guard disk == 0 && firstDisk == 0 && here == total else { throw .malformed("it is one part of several") }
        guard directory.offset <= directoryEnd, directory.size == directoryEnd - directory.offset else {
            throw .malformed("the directory does not end where the end record begins")
        }
        guard directory.size <= sizeLimit else {
            throw .malformed("the directory is \(directory.size) bytes long, more than \(sizeLimit)")
        }
        guard Int64(directory.count) <= directory.size / Int64(headerSize) else {
            throw .malformed("\(directory.count) members do not fit a directory of \(directory.size) bytes")
        }
        return (directory, directoryEnd)
    }

    private static func zip64(
        of source: any ByteSource, before end: Int64
    ) throws(InspectionError) -> (record: Int64, ZipDirectory)? {
        guard end >= 20, try source.bytes(at: end - 20, count: 4) == [0x50, 0x4B, 0x06, 0x07] else { return nil }
        var locator = ByteCursor(source, from: end - 16, to: end)
        let disk = try locator.little(UInt32.self)
        let record = try locator.little(UInt64.self)
        let disks = try locator.little(UInt32.self)
        guard disk == 0, disks <= 1, record <= UInt64(end - 20) else { throw .malformed("its zip64 locator is broken") }
        var cursor = ByteCursor(source, from: Int64(record), to: end - 20)
        guard try cursor.little(UInt32.self) == 0x0606_4B50, try cursor.little(UInt64.self) == UInt64(cursor.remaining)
        else { throw .malformed("its zip64 end record is broken") }
        try cursor.skip(12)
        let (here, total) = (try cursor.little(UInt64.self), try cursor.little(UInt64.self))
        let (size, offset) = (try cursor.little(UInt64.self), try cursor.little(UInt64.self))
        guard here == total, total <= UInt64(Int32.max), size <= record, offset <= record else {
            throw .malformed("its zip64 end record is broken")
        }
        return (Int64(record), ZipDirectory(offset: Int64(offset), size: Int64(size), count: Int(total)))
    }

    private static func entry(_ cursor: inout ByteCursor) throws(InspectionError) -> ZipEntry {
        guard try cursor.little(UInt32.self) == 0x0201_4B50 else {
            throw .malformed("no member's header at byte \(cursor.position - 4) of the directory")
        }
        let madeBy = try cursor.little(UInt16.self)
        try cursor.skip(2)
        let (flags, method) = (try cursor.little(UInt16.self), try cursor.little(UInt16.self))
        try cursor.skip(4)
        let crc = try cursor.little(UInt32.self)
        let (packed, size) = (try cursor.little(UInt32.self), try cursor.little(UInt32.self))
        let nameLength = try cursor.little(UInt16.self)
        let (extraLength, commentLength) = (try cursor.little(UInt16.self), try cursor.little(UInt16.self))
        let disk = try cursor.little(UInt16.self)
        try cursor.skip(2)
        let attributes = try cursor.little(UInt32.self)
        let offset = try cursor.little(UInt32.self)
        let name = try cursor.text(UInt64(nameLength), limit: 65_535, what: "a member's name")
        var entry = ZipEntry(
            name: name, flags: flags, method: method, crc: crc, packedSize: Int64(packed), size: Int64(size),
            offset: Int64(offset), mode: madeBy >> 8 == 3 ? attributes >> 16 : 0)
        let extra = try ZipExtra(&cursor, length: extraLength, of: name)
        try extra.apply(to: &entry, size: size, packed: packed, offset: offset)
        guard disk == 0 || disk == .max else { throw .malformed("'\(name)' is in another part of the archive") }
        try cursor.skip(UInt64(commentLength))
        return entry
    }
}

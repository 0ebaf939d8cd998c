/// A fractal heap: where a group keeps many links, and an object many or long attributes.
struct HDF5Heap {
    private var startSize: UInt64 = 0
    private var largest: UInt64 = 0
    private var width: UInt64 = 0
    private var offsetWidth = 0
    private var lengthWidth = 0
    private let head: UInt64
    /// Where each block begins in the heap, and in the file.
    private var blocks: [(start: UInt64, count: UInt64, address: UInt64)] = []

    init(_ file: inout HDF5File, _ address: UInt64) throws(InspectionError) {
        head = address
        let size = UInt64(26 + 12 * file.lengthSize + 3 * file.offsetSize)
        var cursor = try file.summed(address, size, sign: "FRHP", "a heap")
        guard try cursor.byte() == 0 else {
            throw .malformed("the version of the heap at byte \(address) is not known")
        }
        try cursor.skip(2)
        guard try cursor.little(UInt16.self) == 0 else {
            throw .malformed("the heap at byte \(address) is packed, which is not read here")
        }
        try cursor.skip(1)
        let longest = UInt64(try cursor.little(UInt32.self))
        // Objects too long for a block, free room, and how many there are of each kind.
        try cursor.skip(UInt64(2 * file.offsetSize + 10 * file.lengthSize))
        width = UInt64(try cursor.little(UInt16.self))
        startSize = try file.length(&cursor)
        largest = try file.length(&cursor)
        let bits = Int(try cursor.little(UInt16.self))
        try cursor.skip(2)
        let root = try file.address(&cursor)
        let rows = Int(try cursor.little(UInt16.self))
        guard (1...1024).contains(width), (1...(1 << 32)).contains(startSize),
            (startSize...(1 << 32)).contains(largest),
            (1...64).contains(bits), rows <= 64
        else { throw .malformed("the heap at byte \(address) has blocks that cannot be") }
        offsetWidth = (bits + 7) / 8
        lengthWidth = min(HDF5File.width(of: largest), HDF5File.width(of: longest))
        guard let root else { return }
        if rows == 0 {
            try addBlock(0, startSize, at: root, &file)
        } else {
            try readRows(rows, at: root, &file)
        }
    }

    /// The root's list of blocks: rows whose blocks have one size, which doubles from the third on.
    private mutating func readRows(
        _ rows: Int, at address: UInt64, _ file: inout HDF5File
    ) throws(InspectionError) {
        let size = UInt64(9 + file.offsetSize + offsetWidth) + UInt64(rows) * width * UInt64(file.offsetSize)
        var cursor = try file.summed(address, size, sign: "FHIB", "a heap's list of blocks")
        try cursor.skip(UInt64(1 + file.offsetSize + offsetWidth))
        var start: UInt64 = 0
        for row in 0..<rows {
            let count = startSize << UInt64(max(0, row - 1))
            guard count <= largest, count >= startSize else {
                throw .malformed("the heap at byte \(head) has lists inside its list, which are not read here")
            }
            for _ in 0..<width {
                if let block = try file.address(&cursor) { try addBlock(start, count, at: block, &file) }
                start += count
            }
        }
    }

    private mutating func addBlock(
        _ start: UInt64, _ count: UInt64, at address: UInt64, _ file: inout HDF5File
    ) throws(InspectionError) {
        var cursor = try file.part(address, count, "a heap's block")
        try file.expect("FHDB", &cursor, "a heap's block")
        try cursor.skip(1)
        guard try file.address(&cursor) == head else {
            throw .malformed("a heap's block at byte \(address) belongs to another heap")
        }
        blocks.append((start, count, address))
    }

    /// The bytes that an identifier names: a byte of its kind, a place in the heap and a length.
    func object(_ file: HDF5File, _ identifier: inout ByteCursor) throws(InspectionError) -> ByteCursor {
        guard try identifier.byte() == 0 else {
            throw .malformed(
                "an object of the heap at byte \(head) stands outside of its blocks, which is not read here")
        }
        let place = try file.length(&identifier, of: offsetWidth)
        let count = try file.length(&identifier, of: lengthWidth)
        guard let block = blocks.last(where: { $0.start <= place }), place - block.start < block.count,
            count <= block.count - (place - block.start)
        else { throw .malformed("an object of the heap at byte \(head) is in none of its blocks") }
        let start = file.base + Int64(block.address + place - block.start)
        return ByteCursor(file.source, from: start, to: start + Int64(count))
    }
}

/// The bytes of an HDF5 file by the addresses that are written in it, and which of them were used.
///
/// Every part is claimed before it is read. A part outside of the file is refused at once; that parts together hold more than the file
/// does, too, which bounds all work by its size; parts over each other are refused at the end.
struct HDF5File {
    let source: any ByteSource
    /// Where address 0 is.
    let base: Int64
    let offsetSize: Int
    let lengthSize: Int
    /// Where the file ends, by its superblock.
    private(set) var end: Int64
    private var claims: [Range<Int64>] = []
    private var claimed: Int64 = 0

    private static let claimLimit = 4 << 20

    init(_ source: any ByteSource, base: Int64, sizes: (UInt8, UInt8)) throws(InspectionError) {
        guard [2, 4, 8].contains(sizes.0), [2, 4, 8].contains(sizes.1) else {
            throw .malformed("its addresses have \(sizes.0) bytes and its lengths \(sizes.1)")
        }
        (self.source, self.base) = (source, base)
        (offsetSize, lengthSize) = (Int(sizes.0), Int(sizes.1))
        end = source.size
    }

    // MARK: Numbers

    /// A number of `count` bytes.
    func length(_ cursor: inout ByteCursor, of count: Int) throws(InspectionError) -> UInt64 {
        var number: UInt64 = 0
        for shift in 0..<count { number |= UInt64(try cursor.byte()) << UInt64(8 * shift) }
        return number
    }

    func length(_ cursor: inout ByteCursor) throws(InspectionError) -> UInt64 {
        try length(&cursor, of: lengthSize)
    }

    /// Nil when it is the one that stands for none.
    func address(_ cursor: inout ByteCursor) throws(InspectionError) -> UInt64? {
        let number = try length(&cursor, of: offsetSize)
        return number == UInt64.max >> UInt64(64 - 8 * offsetSize) ? nil : number
    }

    /// Bytes that a number up to `limit` is written in.
    static func width(of limit: UInt64) -> Int { max(1, (UInt64.bitWidth - limit.leadingZeroBitCount + 7) / 8) }

    // MARK: Places

    mutating func takeBase(_ cursor: inout ByteCursor) throws(InspectionError) {
        guard try address(&cursor) == UInt64(base) else {
            throw .malformed("its addresses do not begin where its superblock stands")
        }
    }

    mutating func takeEnd(_ cursor: inout ByteCursor) throws(InspectionError) {
        guard let end = try address(&cursor), end <= UInt64(source.size) else { throw .truncated(at: source.size) }
        guard end == UInt64(source.size) else {
            throw .malformed("\(UInt64(source.size) - end) bytes follow its end")
        }
    }

    /// Takes `count` bytes at `address` for `what`.
    mutating func claim(
        _ address: UInt64, _ count: UInt64, _ what: @autoclosure () -> String
    ) throws(InspectionError) {
        let room = UInt64(end - base)
        guard count > 0, address <= room, count <= room - address else {
            throw .malformed("\(what()) takes \(count) bytes at \(address), and the file has \(room)")
        }
        claimed += Int64(count)
        guard claimed <= end - base else { throw .malformed("\(what()) at byte \(address) is used twice") }
        guard claims.count < Self.claimLimit else { throw .malformed("it has more than \(Self.claimLimit) parts") }
        let start = base + Int64(address)
        claims.append(start..<(start + Int64(count)))
    }

    /// Claims a part, to be read.
    mutating func part(
        _ address: UInt64, _ count: UInt64, _ what: @autoclosure () -> String
    ) throws(InspectionError) -> ByteCursor {
        try claim(address, count, what())
        let start = base + Int64(address)
        return ByteCursor(source, from: start, to: start + Int64(count))
    }

    /// A part that ends with its checksum, which is compared, and that begins with `sign`; the cursor stands behind that.
    mutating func summed(
        _ address: UInt64, _ count: UInt64, sign: StaticString = "", _ what: @autoclosure () -> String
    ) throws(InspectionError) -> ByteCursor {
        guard count <= HDF5Checksum.longest else {
            throw .malformed("\(what()) has \(count) bytes, more than \(HDF5Checksum.longest)")
        }
        var cursor = try part(address, count, what())
        let start = cursor.position
        let body = try cursor.bytes(Int(count) - 4)
        guard try cursor.little(UInt32.self) == HDF5Checksum.sum(body) else {
            throw .malformed("the checksum of \(what()) at byte \(address) is wrong")
        }
        cursor = ByteCursor(source, from: start, to: start + Int64(count) - 4)
        try expect(sign, &cursor, what())
        return cursor
    }

    func expect(
        _ sign: StaticString, _ cursor: inout ByteCursor, _ what: @autoclosure () -> String
    ) throws(InspectionError) {
        let place = cursor.position
        guard try cursor.bytes(sign.utf8CodeUnitCount) == Array(sign.description.utf8) else {
            throw .malformed("\(what()) does not begin at byte \(place)")
        }
    }

    /// - Throws: when two parts share a byte.
    func checkOverlaps() throws(InspectionError) {
        var end = Int64.min
        for claim in claims.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            guard claim.lowerBound >= end else {
                throw .malformed("the part at byte \(claim.lowerBound) begins inside another")
            }
            end = claim.upperBound
        }
    }
}

/// What the chunks of an array are packed with, by the numbers of its filters.
struct HDF5Filters {
    /// Deflate, shuffle and fletcher32: what every HDF5 library brings. Others are programs that it looks for and loads.
    private static let known: Set<UInt16> = [1, 2, 3]

    private(set) var unknown: [UInt16] = []
    private(set) var isEmpty = true

    init() {}

    init(_ cursor: inout ByteCursor) throws(InspectionError) {
        let (version, count) = (try cursor.byte(), try cursor.byte())
        guard version == 1 || version == 2, count <= 32 else {
            throw .malformed("\(count) filters of version \(version) are not known")
        }
        if version == 1 { try cursor.skip(6) }
        for _ in 0..<count {
            let number = try cursor.little(UInt16.self)
            let name = version == 1 || number >= 256 ? UInt64(try cursor.little(UInt16.self)) : 0
            try cursor.skip(2)
            let values = UInt64(try cursor.little(UInt16.self))
            try cursor.skip(version == 1 ? (name + 7) / 8 * 8 : name)
            try cursor.skip(values * 4 + (version == 1 && values % 2 == 1 ? 4 : 0))
            if !Self.known.contains(number) { unknown.append(number) }
            isEmpty = false
        }
    }
}

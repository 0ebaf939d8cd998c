/// Where the elements of an array stand.
enum HDF5Layout {
    /// In the header itself, this many bytes.
    case compact(UInt64)
    /// One after the other; nowhere when nothing was ever written.
    case contiguous(UInt64?, size: UInt64)
    case chunked(HDF5Chunks)
    /// Put together from other arrays, in this file or others.
    case virtual

    init(_ file: HDF5File, _ cursor: inout ByteCursor) throws(InspectionError) {
        let version = try cursor.byte()
        guard (3...5).contains(version) else { throw .malformed("version \(version) of a layout is not read here") }
        switch try cursor.byte() {
        case 0:
            let size = UInt64(try cursor.little(UInt16.self))
            try cursor.skip(size)
            self = .compact(size)
        case 1: self = .contiguous(try file.address(&cursor), size: try file.length(&cursor))
        case 2: self = .chunked(try HDF5Chunks(file, &cursor, version: version))
        case 3 where version > 3: self = .virtual
        case let other: throw .malformed("a layout is of the unknown class \(other)")
        }
    }
}

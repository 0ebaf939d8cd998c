/// The extra fields of a member's header that change what other fields mean.
struct ZipExtra {
    private var large: [UInt8]?
    private let name: String

    /// - Throws: when fields are cut, stand twice, or give the member a second name.
    init(_ cursor: inout ByteCursor, length: UInt16, of name: String) throws(InspectionError) {
        self.name = name
        large = try cursor.part(UInt64(length)) { (fields) throws(InspectionError) in
            var large: [UInt8]?
            // Fewer than four bytes are padding, which some writers use to align.
            while fields.remaining >= 4 {
                let (tag, size) = (try fields.little(UInt16.self), try fields.little(UInt16.self))
                guard Int64(size) <= fields.remaining else {
                    throw .malformed("the extra fields of '\(name)' are broken")
                }
                switch tag {
                case 0x0001 where large == nil: large = try fields.bytes(Int(size))
                case 0x0001: throw .malformed("'\(name)' has two zip64 fields")
                case 0x7075: throw .malformed("'\(name)' has a second name in an extra field")
                case 0x9901: throw .malformed("'\(name)' is encrypted")
                case _: try fields.skip(UInt64(size))
                }
            }
            try fields.skip(UInt64(fields.remaining))
            return large
        }
    }

    /// Puts the 64-bit numbers in the place of those that say that they are there, in the order of the format.
    func apply(to entry: inout ZipEntry, size: UInt32, packed: UInt32, offset: UInt32?) throws(InspectionError) {
        var cursor = ByteCursor(MemoryBytes(content: large ?? []))
        func wide() throws(InspectionError) -> Int64 {
            guard cursor.remaining >= 8, let number = Int64(exactly: try cursor.little(UInt64.self)) else {
                throw .malformed("the zip64 field of '\(name)' is broken")
            }
            return number
        }
        if size == .max { entry.size = try wide() }
        if packed == .max { entry.packedSize = try wide() }
        if offset == .max { entry.offset = try wide() }
        // Python's writer leaves numbers in the field of a local header that are not asked for: only too few are wrong.
    }
}

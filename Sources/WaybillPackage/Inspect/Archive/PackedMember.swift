/// Packed bytes, mostly of a size that is told before they are unpacked.
struct PackedMember {
    var source: any ByteSource
    var packing: Packing
    /// What the archive promises; nil when the format does not say.
    var size: Int64?
    /// Compared when it is given.
    var crc: UInt32?

    /// The unpacked bytes, once all of them were unpacked and counted: in memory when they are few, as a stream otherwise.
    func content(budget: inout InspectionBudget) throws(InspectionError) -> any ByteSource {
        if let size { try budget.allow(size, from: source.size) }
        var kept: [UInt8] = []
        var inflater = try Inflater(source, packing)
        var (count, sum): (Int64, UInt32) = (0, 0)
        while true {
            let piece = try inflater.next(256 << 10)
            if piece.isEmpty { break }
            count += Int64(piece.count)
            if let size, count > size {
                throw .malformed("it unpacks to more than the \(size) bytes that it promises")
            }
            if size == nil { try budget.allow(count, from: source.size) }
            if crc != nil { sum = crc32(of: piece, after: sum) }
            if count <= budget.limits.memory { kept += piece } else { kept = [] }
        }
        budget.take(count)
        if let size, count != size {
            throw .malformed("it unpacks to \(count) bytes, not to the \(size) that it promises")
        }
        guard inflater.consumed == source.size else {
            throw .malformed("\(source.size - inflater.consumed) bytes follow its packed data")
        }
        guard crc == nil || crc == sum else { throw .malformed("its checksum is wrong") }
        return count <= budget.limits.memory
            ? MemoryBytes(content: kept) : InflatedBytes(source, packing, size: count)
    }
}

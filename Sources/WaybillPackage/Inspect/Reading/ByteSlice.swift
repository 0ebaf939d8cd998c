/// A part of another source, such as a member of an archive that is stored as it is.
struct ByteSlice: ByteSource {
    private let whole: any ByteSource
    private let start: Int64
    let size: Int64

    /// - Throws: `truncated` when `whole` does not hold all of it.
    init(_ whole: any ByteSource, from start: Int64, count: Int64) throws(InspectionError) {
        guard start >= 0, count >= 0, start <= whole.size, count <= whole.size - start else {
            throw .truncated(at: whole.size)
        }
        self.whole = whole
        self.start = start
        size = count
    }

    func bytes(at offset: Int64, count: Int) throws(InspectionError) -> [UInt8] {
        guard offset >= 0, count >= 0, offset <= size, Int64(count) <= size - offset else {
            throw .truncated(at: offset)
        }
        return try whole.bytes(at: start + offset, count: count)
    }
}

extension ByteSource {
    /// The first bytes, as many as there are up to `count`.
    func head(_ count: Int) throws(InspectionError) -> [UInt8] {
        try bytes(at: 0, count: Int(min(Int64(count), size)))
    }
}

extension InspectionError {
    /// In words, after a format's name: `safetensors: ends at byte 8, before what it promises`.
    var words: String {
        switch self {
        case .truncated(let offset): "ends at byte \(offset), before what it promises"
        case .malformed(let problem): problem
        case .unreadable(let problem): problem
        }
    }
}

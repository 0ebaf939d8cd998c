import CZlib

/// What packs a stream.
enum Packing: Hashable {
    /// Deflate without a frame, as in a zip.
    case raw
    case gzip, zlib

    fileprivate var windowBits: Int32 {
        switch self {
        case .raw: -15
        case .gzip: 15 + 16
        case .zlib: 15
        }
    }
}

/// Unpacks one deflate stream piece by piece; memory is flat whatever the sizes.
struct Inflater: ~Copyable {
    /// On the heap, since zlib keeps the address.
    private let stream: UnsafeMutablePointer<z_stream>
    private let source: any ByteSource
    private var offset: Int64
    private var input: [UInt8] = []
    private var used = 0
    private let packing: Packing
    /// The stream said that it ended, and its own checksum, if it has one, was right.
    private(set) var isFinished = false

    init(_ source: any ByteSource, _ packing: Packing) throws(InspectionError) {
        self.source = source
        self.packing = packing
        offset = 0
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard waybill_inflate_start(stream, packing.windowBits) == Z_OK else {
            stream.deallocate()
            throw .unreadable("zlib does not start")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Bytes of the source that belong to the stream, so far.
    var consumed: Int64 { offset - Int64(input.count - used) }

    /// Up to `count` further bytes; none at the end of the stream. Several gzip streams in a row are one.
    mutating func next(_ count: Int) throws(InspectionError) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count, !isFinished {
            if used == input.count { try refill() }
            let before = (used, filled)
            let status = step(into: &output, at: &filled)
            switch status {
            case Z_OK: break
            case Z_STREAM_END: try finish()
            case Z_BUF_ERROR where before.0 == used && before.1 == filled && input.isEmpty:
                throw .truncated(at: source.size)
            case Z_BUF_ERROR: break
            case _: throw .malformed("its packed data is broken at byte \(consumed)")
            }
        }
        output.removeLast(count - filled)
        return output
    }

    private mutating func refill() throws(InspectionError) {
        let count = min(64 << 10, source.size - offset)
        input = try source.bytes(at: offset, count: Int(count))
        offset += count
        used = 0
    }

    private mutating func step(into output: inout [UInt8], at filled: inout Int) -> Int32 {
        let (from, room) = (used, output.count - filled)
        let at = filled
        let status = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.pointee.next_in = input.baseAddress.map { $0 + from }
                stream.pointee.avail_in = UInt32(input.count - from)
                stream.pointee.next_out = output.baseAddress.map { $0 + at }
                stream.pointee.avail_out = UInt32(room)
                return inflate(stream, Z_NO_FLUSH)
            }
        }
        used = input.count - Int(stream.pointee.avail_in)
        filled = output.count - Int(stream.pointee.avail_out)
        return status
    }

    private mutating func finish() throws(InspectionError) {
        if packing == .gzip, consumed < source.size {
            guard try source.bytes(at: consumed, count: 1) == [0x1F] else {
                throw .malformed("\(source.size - consumed) bytes follow its packed data at byte \(consumed)")
            }
            guard inflateReset(stream) == Z_OK else { throw .unreadable("zlib does not start again") }
        } else {
            isFinished = true
        }
    }
}

/// The CRC-32 that zip and gzip use.
func crc32(of bytes: [UInt8], after crc: UInt32 = 0) -> UInt32 {
    bytes.withUnsafeBufferPointer {
        UInt32(truncatingIfNeeded: CZlib.crc32(UInt(crc), $0.baseAddress, UInt32($0.count)))
    }
}

/// A file that is compressed as a whole, as joblib writes it.
struct PackedFile {
    /// How a file is compressed, by its first bytes.
    enum Packing: String {
        case zlib, gzip, bzip2, xz, lzma
        /// Known, but not unpacked here.
        case lz4, zstandard

        init?(head: [UInt8]) {
            switch head.first {
            case 0x78 where head.count > 1 && (Int(head[0]) << 8 + Int(head[1])).isMultiple(of: 31): self = .zlib
            case 0x1F where head.starts(with: [0x1F, 0x8B]): self = .gzip
            case 0x42 where head.starts(with: [0x42, 0x5A, 0x68]): self = .bzip2
            case 0xFD where head.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]): self = .xz
            case 0x5D where head.starts(with: [0x5D, 0x00, 0x00]): self = .lzma
            case 0x04 where head.starts(with: [0x04, 0x22, 0x4D, 0x18]): self = .lz4
            case 0x28 where head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]): self = .zstandard
            case _: return nil
            }
        }

        fileprivate var decoder: (any StreamDecoder)? {
            switch self {
            case .zlib, .gzip: ZlibDecoder()
            case .bzip2: Bzip2Decoder()
            case .xz, .lzma: LzmaDecoder()
            case .lz4, .zstandard: nil
            }
        }
    }

    /// What unpacking may come to: in all, and beside the packed size once it is large.
    struct Limits: Sendable {
        var total: Int64 = 8 << 30
        var ratio: Int64 = 1100
        var ratioFloor: Int64 = 64 << 20
    }

    let source: any ByteSource
    let packing: Packing
    var limits = Limits()

    /// The content: in memory when it is small, else in a file that has no name and goes with its last reader.
    func unpacked() throws(InspectionError) -> any ByteSource {
        guard let decoder = packing.decoder else {
            throw .malformed("it is compressed with \(packing.rawValue), which is not unpacked here")
        }
        var spool = Spool()
        var output = [UInt8](repeating: 0, count: 1 << 17)
        var offset: Int64 = 0
        var isInside = true
        while offset < source.size {
            var input = try source.bytes(at: offset, count: Int(min(1 << 16, source.size - offset)))
            var used = 0
            while used < input.count {
                if !isInside { isInside = try restart(decoder, at: offset + Int64(used)) }
                guard let step = Self.step(decoder, &input, from: used, into: &output) else {
                    throw .malformed("its \(packing.rawValue) data is broken near byte \(offset + Int64(used))")
                }
                used += step.used
                try append(output[..<step.made], to: &spool)
                isInside = !step.hasEnded
                if step.used == 0, step.made == 0, isInside { break }
            }
            guard used > 0 else { throw .malformed("its \(packing.rawValue) data does not go on at byte \(offset)") }
            offset += Int64(used)
        }
        try drain(decoder, &output, &spool, &isInside)
        guard !isInside else { throw .truncated(at: source.size) }
        return spool.finish()
    }

    /// What the decoder still holds when all input is used.
    private func drain(
        _ decoder: any StreamDecoder, _ output: inout [UInt8], _ spool: inout Spool, _ isInside: inout Bool
    ) throws(InspectionError) {
        var nothing: [UInt8] = []
        while isInside {
            guard let step = Self.step(decoder, &nothing, from: 0, into: &output) else { throw .truncated(at: source.size) }
            try append(output[..<step.made], to: &spool)
            isInside = !step.hasEnded
            if step.made == 0 { return }
        }
    }

    private func restart(_ decoder: any StreamDecoder, at place: Int64) throws(InspectionError) -> Bool {
        guard decoder.restart() else { throw .malformed("bytes follow its \(packing.rawValue) data at byte \(place)") }
        return true
    }

    private func append(_ bytes: ArraySlice<UInt8>, to spool: inout Spool) throws(InspectionError) {
        let size = spool.size + Int64(bytes.count)
        guard size <= limits.total else { throw .malformed("it unpacks to more than \(limits.total >> 20) MB") }
        guard size <= limits.ratioFloor || size / max(source.size, 1) <= limits.ratio else {
            throw .malformed("it unpacks to more than \(limits.ratio) times its size")
        }
        try spool.append(bytes)
    }

    private static func step(
        _ decoder: any StreamDecoder, _ input: inout [UInt8], from used: Int, into output: inout [UInt8]
    ) -> (used: Int, made: Int, hasEnded: Bool)? {
        input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                decoder.step(UnsafeMutableBufferPointer(rebasing: input[used...]), output)
            }
        }
    }
}

import CBzip2
import CLzma
import CZlib

/// Unpacks one kind of compressed stream piece by piece.
protocol StreamDecoder: AnyObject {
    /// Unpacks what fits from `input` into `output`; `hasEnded` at the end of a stream. Nil when the stream is broken.
    func step(
        _ input: UnsafeMutableBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>
    ) -> (used: Int, made: Int, hasEnded: Bool)?
    /// Makes ready for another stream that follows; false when that cannot be.
    func restart() -> Bool
}

/// zlib and gzip. The stream is on the heap, since zlib keeps its address.
final class ZlibDecoder: StreamDecoder {
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    init?() {
        stream.initialize(to: z_stream())
        // 32: by the stream's own header, zlib or gzip.
        guard waybill_inflate_start(stream, 15 + 32) == Z_OK else { return nil }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func step(
        _ input: UnsafeMutableBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>
    ) -> (used: Int, made: Int, hasEnded: Bool)? {
        stream.pointee.next_in = input.baseAddress
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(output.count)
        let status = inflate(stream, Z_NO_FLUSH)
        guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else { return nil }
        return (
            input.count - Int(stream.pointee.avail_in), output.count - Int(stream.pointee.avail_out),
            status == Z_STREAM_END
        )
    }

    func restart() -> Bool { inflateReset(stream) == Z_OK }
}

/// bzip2.
final class Bzip2Decoder: StreamDecoder {
    private let stream = UnsafeMutablePointer<bz_stream>.allocate(capacity: 1)

    init?() {
        stream.initialize(to: bz_stream())
        guard BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK else { return nil }
    }

    deinit {
        BZ2_bzDecompressEnd(stream)
        stream.deallocate()
    }

    func step(
        _ input: UnsafeMutableBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>
    ) -> (used: Int, made: Int, hasEnded: Bool)? {
        let status = input.withMemoryRebound(to: CChar.self) { input in
            output.withMemoryRebound(to: CChar.self) { output in
                stream.pointee.next_in = input.baseAddress
                stream.pointee.avail_in = UInt32(input.count)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(output.count)
                return BZ2_bzDecompress(stream)
            }
        }
        guard status == BZ_OK || status == BZ_STREAM_END else { return nil }
        return (
            input.count - Int(stream.pointee.avail_in), output.count - Int(stream.pointee.avail_out),
            status == BZ_STREAM_END
        )
    }

    func restart() -> Bool {
        BZ2_bzDecompressEnd(stream)
        stream.pointee = bz_stream()
        return BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK
    }
}

/// xz, and the older lzma form.
final class LzmaDecoder: StreamDecoder {
    /// Of the dictionary; what `xz -9` needs is 65 MB.
    private static let memory: UInt64 = 80 << 20

    private let stream = UnsafeMutablePointer<lzma_stream>.allocate(capacity: 1)

    init?() {
        stream.initialize(to: waybill_lzma_stream())
        guard lzma_auto_decoder(stream, Self.memory, 0) == LZMA_OK else { return nil }
    }

    deinit {
        lzma_end(stream)
        stream.deallocate()
    }

    func step(
        _ input: UnsafeMutableBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>
    ) -> (used: Int, made: Int, hasEnded: Bool)? {
        stream.pointee.next_in = input.baseAddress.map { UnsafePointer($0) }
        stream.pointee.avail_in = input.count
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = output.count
        let status = lzma_code(stream, LZMA_RUN)
        guard status == LZMA_OK || status == LZMA_STREAM_END || status == LZMA_BUF_ERROR else { return nil }
        return (
            input.count - stream.pointee.avail_in, output.count - stream.pointee.avail_out, status == LZMA_STREAM_END
        )
    }

    func restart() -> Bool { lzma_auto_decoder(stream, Self.memory, 0) == LZMA_OK }
}

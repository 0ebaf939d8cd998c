import CZlib
import WaybillCore

/// Packs a stream as gzip (RFC 1952), without a name or a time: equal bytes give equal bytes, with one version of zlib.
final class Deflater {
    private static let level: Int32 = 6

    /// On the heap, since zlib keeps the address.
    private let stream: UnsafeMutablePointer<z_stream>

    init() throws(Failure) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard waybill_deflate_start(stream, Self.level, 15 + 16) == Z_OK else {
            throw Failure(.retry, reason: "OutOfMemory", message: "zlib does not start")
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// What `input` packs to so far; all of it after the `last`.
    func pack(_ input: [UInt8], last: Bool) -> [UInt8] {
        var input = input
        var output: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 64 << 10)
        input.withUnsafeMutableBufferPointer { input in
            stream.pointee.next_in = input.baseAddress
            stream.pointee.avail_in = UInt32(input.count)
            var made = room.count
            while made == room.count {
                made = room.withUnsafeMutableBufferPointer { room in
                    stream.pointee.next_out = room.baseAddress
                    stream.pointee.avail_out = UInt32(room.count)
                    _ = deflate(stream, last ? Z_FINISH : Z_NO_FLUSH)
                    return room.count - Int(stream.pointee.avail_out)
                }
                output += room[..<made]
            }
        }
        return output
    }
}

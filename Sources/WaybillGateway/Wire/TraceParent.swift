import NIOCore

/// The `traceparent` of a request (W3C Trace Context): passed on when it is sound, made anew otherwise.
enum TraceParent {
    /// Whether `value` is of a form that later hops understand: version, trace, parent and flags in small hexadecimal
    /// digits, none of the first three forbidden; versions after 00 may have more behind a dash.
    static func isSound(_ value: String) -> Bool {
        var value = value
        return value.withUTF8 { bytes in
            guard bytes.count >= 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash else { return false }
            guard isHex(bytes[0..<2]), isHex(bytes[3..<35]), isHex(bytes[36..<52]), isHex(bytes[53..<55]) else {
                return false
            }
            let version = (bytes[0], bytes[1])
            let isPlain = version == (zero, zero)
            guard version != (UInt8(ascii: "f"), UInt8(ascii: "f")),
                bytes.count == 55 || (!isPlain && bytes[55] == dash)
            else { return false }
            return !bytes[3..<35].allSatisfy { $0 == zero } && !bytes[36..<52].allSatisfy { $0 == zero }
        }
    }

    private static let dash = UInt8(ascii: "-")
    private static let zero = UInt8(ascii: "0")

    private static func isHex(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        bytes.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }
}

extension ByteBuffer {
    /// A line with a new trace. It is marked as sampled: a tracer behind us that follows its caller's word, as
    /// OpenTelemetry's do unless told otherwise, then goes on as if it had begun the trace itself.
    mutating func writeNewTraceParent(_ random: inout RandomSupply) {
        writeStaticString("traceparent: 00-")
        writeWithUnsafeMutableBytes(minimumWritableBytes: 49) { bytes in
            bytes.writeHex(random.next(), digits: 16, at: 0)
            bytes.writeHex(max(random.next(), 1), digits: 16, at: 16)
            bytes[32] = UInt8(ascii: "-")
            bytes.writeHex(max(random.next(), 1), digits: 16, at: 33)
            return 49
        }
        writeStaticString("-01\r\n")
    }
}

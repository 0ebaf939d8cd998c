/// Header fields that a gateway treats itself; every other is passed on as it came.
enum HeaderKind {
    case ordinary
    case host, connection, contentLength, transferEncoding, expect, upgrade
    /// Meant for the next hop only (RFC 9110, 7.6.1), or for a proxy.
    case hopByHop
    case forwardedFor, forwardedProto, forwardedHost, forwarded
    /// What the client calls its request.
    case requestID
    /// W3C Trace Context.
    case traceParent, traceState
    /// `x-waybill-…`: ours alone.
    case reserved

    init(_ name: String) {
        self = name.utf8.withContiguousStorageIfAvailable(Self.classify) ?? Self.classify(Array(name.utf8))
    }

    private static func classify(_ name: some RandomAccessCollection<UInt8>) -> HeaderKind {
        switch name.count {
        case 2: return matches(name, "te") ? .hopByHop : .ordinary
        case 4: return matches(name, "host") ? .host : .ordinary
        case 6: return matches(name, "expect") ? .expect : .ordinary
        case 7: return matches(name, "upgrade") ? .upgrade : .ordinary
        case 9: return matches(name, "forwarded") ? .forwarded : .ordinary
        case 10:
            if matches(name, "connection") { return .connection }
            if matches(name, "tracestate") { return .traceState }
            return matches(name, "keep-alive") ? .hopByHop : .ordinary
        case 11: return matches(name, "traceparent") ? .traceParent : reserved(name)
        case 12: return matches(name, "x-request-id") ? .requestID : reserved(name)
        case 14: return matches(name, "content-length") ? .contentLength : .ordinary
        case 15: return matches(name, "x-forwarded-for") ? .forwardedFor : reserved(name)
        case 16:
            if matches(name, "x-forwarded-host") { return .forwardedHost }
            return matches(name, "proxy-connection") ? .hopByHop : reserved(name)
        case 17:
            if matches(name, "transfer-encoding") { return .transferEncoding }
            return matches(name, "x-forwarded-proto") ? .forwardedProto : reserved(name)
        case 18: return matches(name, "proxy-authenticate") ? .hopByHop : reserved(name)
        case 19: return matches(name, "proxy-authorization") ? .hopByHop : reserved(name)
        case 10...: return reserved(name)
        default: return .ordinary
        }
    }

    private static func reserved(_ name: some RandomAccessCollection<UInt8>) -> HeaderKind {
        matches(name.prefix(10), "x-waybill-") ? .reserved : .ordinary
    }

    private static func matches(_ name: some RandomAccessCollection<UInt8>, _ lower: StaticString) -> Bool {
        lower.withUTF8Buffer { expected in
            guard name.count == expected.count else { return false }
            var position = 0
            for byte in name {
                // Sets the bit that tells small letters from capital ones; '-' and digits have it already.
                guard byte | 0x20 == expected[position] else { return false }
                position += 1
            }
            return true
        }
    }
}

extension HeaderKind {
    /// Whether a deployment's table may make `name` the header by which testers choose: a token (RFC 9110, 5.6.2) that has
    /// no other meaning here.
    static func mayChoose(_ name: String) -> Bool {
        let isToken = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isToken, (1...64).contains(name.utf8.count) else { return false }
        return [.ordinary, .reserved].contains(HeaderKind(name))
    }
}

/// The names that a `Connection` field lists, and whether it says `close`.
struct ConnectionOptions {
    private(set) var close = false
    private(set) var names: [Substring] = []

    mutating func add(_ value: String) {
        switch value {
        case "keep-alive", "Keep-Alive": return
        case "close", "Close": close = true
        default: addSlowly(value)
        }
    }

    private mutating func addSlowly(_ value: String) {
        for part in value.split(separator: ",") {
            let token = part.trimmingASCIISpace.lowercased()
            switch token {
            case "", "keep-alive": break
            case "close": close = true
            default: names.append(Substring(token))
            }
        }
    }

    func lists(_ name: String) -> Bool {
        !names.isEmpty && names.contains(Substring(name.lowercased()))
    }
}

extension Substring {
    var trimmingASCIISpace: Substring {
        var text = self
        while let first = text.utf8.first, first == 0x20 || first == 0x09 { text = text.dropFirst() }
        while let last = text.utf8.last, last == 0x20 || last == 0x09 { text = text.dropLast() }
        return text
    }
}

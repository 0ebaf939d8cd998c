import WaybillCore

/// What a registry's `WWW-Authenticate` asks for.
enum Challenge: Hashable, Sendable {
    /// A name and a password with each request.
    case basic
    /// A token, which `realm` gives for a scope.
    case bearer(realm: String, service: String?, scope: String?)

    /// Bytes past which a header is not read.
    static let limit = 8 << 10

    /// The best of the challenges in these headers: bearer before basic, others are not known here.
    static func best(of headers: [String]) -> Challenge? {
        let found = headers.prefix(8).flatMap { all(in: $0) }
        return found.first { if case .bearer = $0 { true } else { false } } ?? found.first
    }

    private static func all(in header: String) -> [Challenge] {
        guard header.utf8.count <= limit else { return [] }
        var reader = ChallengeReader(header)
        var found: [Challenge] = []
        while let (scheme, parameters) = reader.next() {
            switch scheme {
            case "basic": found.append(.basic)
            case "bearer":
                guard let realm = parameters["realm"] else { continue }
                found.append(.bearer(realm: realm, service: parameters["service"], scope: parameters["scope"]))
            case _: continue
            }
        }
        return found
    }
}

/// Reads `SCHEME name="value", name=value, SCHEME …` (RFC 9110, 11.6.1).
private struct ChallengeReader {
    private var rest: ArraySlice<UInt8>

    init(_ text: String) { rest = Array(text.utf8)[...] }

    /// The next challenge, names in lower case; nil at the end, and where the header is not one.
    mutating func next() -> (scheme: String, parameters: [String: String])? {
        skip { $0 == UInt8(ascii: ",") || Self.isSpace($0) }
        guard let scheme = word(), scheme.utf8.count <= 64 else { return nil }
        var parameters: [String: String] = [:]
        while true {
            let before = rest
            skip { $0 == UInt8(ascii: ",") || Self.isSpace($0) }
            guard let name = word(), let value = value() else {
                rest = before
                break
            }
            parameters[name] = parameters[name] ?? value
        }
        return (scheme, parameters)
    }

    /// What stands after a '='; nil when there is none.
    private mutating func value() -> String? {
        skip(Self.isSpace)
        guard rest.first == UInt8(ascii: "=") else { return nil }
        rest = rest.dropFirst()
        skip(Self.isSpace)
        guard rest.first == UInt8(ascii: "\"") else { return take { !Self.isSpace($0) && $0 != UInt8(ascii: ",") } }
        rest = rest.dropFirst()
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return String(validating: bytes, as: UTF8.self) }
            if byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() {
                bytes.append(escaped)
            } else {
                bytes.append(byte)
            }
        }
        return nil
    }

    private mutating func word() -> String? {
        let text = take {
            ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
        return text.isEmpty ? nil : text.lowercased()
    }

    private mutating func take(_ isPart: (UInt8) -> Bool) -> String {
        let taken = rest.prefix(while: isPart)
        rest = rest[taken.endIndex...]
        return String(decoding: taken, as: UTF8.self)
    }

    private mutating func skip(_ isSkipped: (UInt8) -> Bool) { rest = rest.drop(while: isSkipped) }
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}

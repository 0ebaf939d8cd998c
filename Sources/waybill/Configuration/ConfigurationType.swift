import WaybillCore

/// What a setting's value may be. Text comes from flags and environment variables, values from `waybill.yaml`; both end in
/// the same canonical value.
enum ConfigurationType: Hashable, Sendable {
    case text
    /// A path; a relative one is meant from the folder of the file that says it, or the working folder.
    case path
    /// A folder of the repository, from its top; empty is the top. Canonically without a slash at its end.
    case repositoryFolder
    case integer(ClosedRange<Int64>)
    case boolean
    /// `500ms`, `30s`, `5m`, `1h`; canonically milliseconds.
    case duration(ClosedRange<Duration>)
    /// `64MiB`, `2GiB` or a number of bytes; canonically bytes.
    case bytes
    /// `HOST:PORT`.
    case address
    /// `FIRST-LAST`.
    case range(ClosedRange<Int64>)
    case choice([String])
    /// Several texts; in a flag or variable, separated by commas.
    case list

    /// Reads `text` as a flag or an environment variable gives it.
    func parse(_ text: String) throws(InvalidInput) -> Value {
        switch self {
        case .integer:
            guard let number = Int64(text) else { throw refusal(of: text) }
            return try check(.integer(number))
        case .boolean:
            switch text {
            case "true", "1", "yes", "on": return true
            case "false", "0", "no", "off": return false
            case _: throw refusal(of: text)
            }
        case .list:
            let items = text.split(separator: ",").map { Value.string($0.trimmed) }
            return try check(.list(items))
        case .bytes where Int64(text) != nil: return try check(.integer(Int64(text) ?? 0))
        case .text, .path, .repositoryFolder, .duration, .bytes, .address, .range, .choice:
            return try check(.string(text))
        }
    }

    /// Checks a value as `waybill.yaml` has it and gives its canonical form.
    func check(_ value: Value) throws(InvalidInput) -> Value {
        switch (self, value) {
        case (.text, .string(let text)) where !text.isEmpty: return value
        case (.path, .string(let text)) where !text.isEmpty && !text.utf8.contains(0): return value
        case (.repositoryFolder, .string(let text)):
            var folder = text[...]
            while folder.hasSuffix("/") { folder.removeLast() }
            while folder.hasPrefix("./") { folder.removeFirst(2) }
            if folder.isEmpty || folder == "." { return "" }
            guard CleanPath.problemOfRelative(String(folder)) == nil else { throw refusal(of: text) }
            return .string(String(folder))
        case (.integer(let range), .integer(let number)) where range.contains(number): return value
        case (.boolean, .bool): return value
        case (.duration(let range), .string(let text)):
            guard let duration = Quantity.duration(text), range.contains(duration) else { throw refusal(of: text) }
            return .integer(duration.milliseconds)
        case (.bytes, .integer(let count)) where count >= 0: return value
        case (.bytes, .string(let text)):
            guard let count = Quantity.bytes(text) else { throw refusal(of: text) }
            return .integer(count)
        case (.address, .string(let text)):
            guard SocketAddressText(text) != nil else { throw refusal(of: text) }
            return value
        case (.range(let bounds), .string(let text)):
            guard let range = Quantity.range(text), bounds.contains(range.lowerBound),
                bounds.contains(range.upperBound)
            else { throw refusal(of: text) }
            return value
        case (.choice(let words), .string(let text)) where words.contains(text): return value
        case (.list, .list(let items)) where items.allSatisfy({ $0.string?.isEmpty == false }): return value
        case _: throw refusal(of: Self.shown(value))
        }
    }

    /// What the field expects, for messages and for the reference in `docs/cli.md`.
    var expectation: String {
        switch self {
        case .text: "some text"
        case .path: "a path"
        case .repositoryFolder: "a folder of the repository, from its top, as in 'fleet'; '' is the top"
        case .integer(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .boolean: "true or false"
        case .duration(let range):
            "a time from \(Quantity.text(range.lowerBound)) to \(Quantity.text(range.upperBound)), as in '30s' or '5m'"
        case .bytes: "a size, as in '512MiB'"
        case .address: "HOST:PORT, as in '127.0.0.1:8080'"
        case .range(let bounds): "FIRST-LAST within \(bounds.lowerBound)-\(bounds.upperBound)"
        case .choice(let words): "one of \(words.joined(separator: ", "))"
        case .list: "a list of texts"
        }
    }

    private func refusal(of text: String) -> InvalidInput {
        InvalidInput("\(text.quotedForMessage) is not allowed; expected \(expectation)")
    }

    private static func shown(_ value: Value) -> String { value.string ?? value.json }
}

/// Numbers with units.
enum Quantity {
    static func duration(_ text: String) -> Duration? {
        let units: [(String, Int64)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
        guard let (unit, factor) = units.first(where: { text.hasSuffix($0.0) }),
            let number = whole(text.dropLast(unit.utf8.count)), number <= 1_000_000_000
        else { return nil }
        return .milliseconds(number * factor)
    }

    static func bytes(_ text: String) -> Int64? {
        let units: [(String, Int64)] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40)]
        guard let (unit, factor) = units.first(where: { text.hasSuffix($0.0) }),
            let number = whole(text.dropLast(unit.utf8.count)), number <= 1_000_000
        else { return nil }
        return number * factor
    }

    static func range(_ text: String) -> ClosedRange<Int64>? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = whole(parts[0]), let last = whole(parts[1]), first <= last else {
            return nil
        }
        return first...last
    }

    /// The shortest writing in whole units.
    static func text(_ duration: Duration) -> String {
        let milliseconds = duration.milliseconds
        if milliseconds % 3_600_000 == 0 { return "\(milliseconds / 3_600_000)h" }
        if milliseconds % 60_000 == 0 { return "\(milliseconds / 60_000)m" }
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }

    private static func whole(_ text: Substring) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int64(text)
    }
}

/// An address to listen at: `127.0.0.1:8080`, `localhost:0` or `[::1]:8080`.
struct SocketAddressText: Hashable, Sendable, CustomStringConvertible {
    let host: String
    let port: Int

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        let allowed = host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }
        guard !host.isEmpty, allowed else { return nil }
        self.host = String(host)
        self.port = Int(port)
    }

    /// Whether only this machine can reach it.
    var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension StringProtocol {
    /// Without white space at both ends.
    var trimmed: String {
        let front = drop(while: \.isWhitespace)
        guard let last = front.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(front[...last])
    }
}

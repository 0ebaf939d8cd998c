/// JSON taken apart so far that parts can be left out, everything else byte for byte as it came.
///
/// Numbers and texts are never re-made: what is kept of a body is what the client sent.
struct JSONTree {
    indirect enum Node {
        /// A number, a text, true, false or null, as it stands.
        case scalar(Range<Int>)
        case list([Node])
        /// Names without their escapes, and as they stand.
        case object([(name: String, text: Range<Int>, value: Node)])
        /// What was left out.
        case null
    }

    /// Deeper nesting is not read.
    static let maximumDepth = 64
    let bytes: [UInt8]
    var root: Node

    /// Nil when `bytes` are no JSON (RFC 8259), or nested too deeply.
    init?(_ bytes: [UInt8]) {
        var reader = Reader(bytes)
        guard let root = reader.value(depth: 0), reader.isAtEnd else { return nil }
        self.bytes = bytes
        self.root = root
    }

    /// Written without white space.
    func text(of node: Node) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        write(node, to: &text)
        return text
    }

    private func write(_ node: Node, to text: inout [UInt8]) {
        switch node {
        case .scalar(let range): text += bytes[range]
        case .null: text += "null".utf8
        case .list(let items):
            text.append(UInt8(ascii: "["))
            for (place, item) in items.enumerated() {
                if place > 0 { text.append(UInt8(ascii: ",")) }
                write(item, to: &text)
            }
            text.append(UInt8(ascii: "]"))
        case .object(let members):
            text.append(UInt8(ascii: "{"))
            for (place, member) in members.enumerated() {
                if place > 0 { text.append(UInt8(ascii: ",")) }
                text += bytes[member.text]
                text.append(UInt8(ascii: ":"))
                write(member.value, to: &text)
            }
            text.append(UInt8(ascii: "}"))
        }
    }

    /// The text that stands in `node`, without escapes; nil for anything but a text.
    func string(_ node: Node?) -> String? {
        guard case .scalar(let range)? = node, bytes[range].first == UInt8(ascii: "\"") else { return nil }
        return Reader.unescaped(bytes[range])
    }

    /// The number that stands in `node`.
    func number(_ node: Node?) -> Double? {
        guard case .scalar(let range)? = node else { return nil }
        return Double(String(decoding: bytes[range], as: UTF8.self))
    }

    func integer(_ node: Node?) -> Int? {
        guard case .scalar(let range)? = node else { return nil }
        return Int(String(decoding: bytes[range], as: UTF8.self))
    }
}

extension JSONTree.Node {
    /// The member of an object; nil for anything else, and where a name stands twice.
    subscript(_ name: String) -> JSONTree.Node? {
        guard case .object(let members) = self else { return nil }
        let found = members.filter { $0.name == name }
        return found.count == 1 ? found[0].value : nil
    }

    var items: [JSONTree.Node]? { if case .list(let items) = self { items } else { nil } }

    var isNull: Bool { if case .null = self { true } else { false } }
}

extension JSONTree {
    /// Reads one value; every call consumes at least one byte.
    struct Reader {
        private let bytes: [UInt8]
        private var offset = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool {
            mutating get {
                skipSpace()
                return offset == bytes.count
            }
        }

        private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

        private mutating func skipSpace() {
            while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
        }

        private mutating func take(_ byte: UInt8) -> Bool {
            skipSpace()
            guard peek == byte else { return false }
            offset += 1
            return true
        }

        mutating func value(depth: Int) -> Node? {
            skipSpace()
            guard depth < JSONTree.maximumDepth, let first = peek else { return nil }
            switch first {
            case UInt8(ascii: "{"): return object(depth)
            case UInt8(ascii: "["): return list(depth)
            case UInt8(ascii: "\""): return text().map { .scalar($0) }
            default: return word().map { .scalar($0) }
            }
        }

        private mutating func list(_ depth: Int) -> Node? {
            offset += 1
            if take(UInt8(ascii: "]")) { return .list([]) }
            var items: [Node] = []
            repeat {
                guard let item = value(depth: depth + 1) else { return nil }
                items.append(item)
            } while take(UInt8(ascii: ","))
            return take(UInt8(ascii: "]")) ? .list(items) : nil
        }

        private mutating func object(_ depth: Int) -> Node? {
            offset += 1
            if take(UInt8(ascii: "}")) { return .object([]) }
            var members: [(name: String, text: Range<Int>, value: Node)] = []
            repeat {
                skipSpace()
                guard peek == UInt8(ascii: "\""), let range = text(), let name = Self.unescaped(bytes[range]),
                    take(UInt8(ascii: ":")), let member = value(depth: depth + 1)
                else { return nil }
                members.append((name, range, member))
            } while take(UInt8(ascii: ","))
            return take(UInt8(ascii: "}")) ? .object(members) : nil
        }

        /// With its quotes.
        private mutating func text() -> Range<Int>? {
            let start = offset
            offset += 1
            while let byte = peek {
                offset += 1
                if byte == UInt8(ascii: "\"") { return start..<offset }
                guard byte >= 0x20 else { return nil }
                if byte == UInt8(ascii: "\\") { offset += 1 }
            }
            return nil
        }

        private mutating func word() -> Range<Int>? {
            let start = offset
            while let byte = peek, !Self.ends.contains(byte) { offset += 1 }
            let word = bytes[start..<offset]
            return Self.isLiteral(word) || Self.isNumber(word) ? start..<offset : nil
        }

        private static let ends = Set(",]} \n\r\t".utf8)

        private static func isLiteral(_ word: ArraySlice<UInt8>) -> Bool {
            word.elementsEqual("true".utf8) || word.elementsEqual("false".utf8) || word.elementsEqual("null".utf8)
        }

        private static func isNumber(_ word: ArraySlice<UInt8>) -> Bool {
            var rest = word
            func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
            if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
            let whole = rest.prefix(while: isDigit)
            guard !whole.isEmpty, whole.first != UInt8(ascii: "0") || whole.count == 1 else { return false }
            rest = rest.dropFirst(whole.count)
            if rest.first == UInt8(ascii: ".") {
                let fraction = rest.dropFirst().prefix(while: isDigit)
                guard !fraction.isEmpty else { return false }
                rest = rest.dropFirst(1 + fraction.count)
            }
            guard let exponent = rest.first, exponent | 0x20 == UInt8(ascii: "e") else { return rest.isEmpty }
            rest = rest.dropFirst()
            if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest.removeFirst() }
            return !rest.isEmpty && rest.allSatisfy(isDigit)
        }

        /// The text between the quotes of `quoted`; nil for an escape that nobody knows, or what is not UTF-8.
        static func unescaped(_ quoted: ArraySlice<UInt8>) -> String? {
            let inner = quoted.dropFirst().dropLast()
            guard inner.contains(UInt8(ascii: "\\")) else { return String(validating: inner, as: UTF8.self) }
            var units: [UInt16] = []
            var text = ""
            var rest = inner
            func flush() {
                text += String(decoding: units, as: UTF16.self)
                units = []
            }
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "\\") else {
                    flush()
                    let plain = [byte] + rest.prefix { $0 != UInt8(ascii: "\\") }
                    rest = rest.dropFirst(plain.count - 1)
                    guard let piece = String(validating: plain, as: UTF8.self) else { return nil }
                    text += piece
                    continue
                }
                guard let unit = escaped(&rest) else { return nil }
                units.append(unit)
            }
            flush()
            return text
        }

        private static func escaped(_ rest: inout ArraySlice<UInt8>) -> UInt16? {
            guard let kind = rest.popFirst() else { return nil }
            switch kind {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UInt16(kind)
            case UInt8(ascii: "b"): return 8
            case UInt8(ascii: "f"): return 12
            case UInt8(ascii: "n"): return 10
            case UInt8(ascii: "r"): return 13
            case UInt8(ascii: "t"): return 9
            case UInt8(ascii: "u"):
                let digits = rest.prefix(4)
                rest = rest.dropFirst(4)
                guard digits.count == 4 else { return nil }
                return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
            default: return nil
            }
        }
    }
}

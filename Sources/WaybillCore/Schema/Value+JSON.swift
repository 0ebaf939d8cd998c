extension Value {
    /// JSON (RFC 8259) on one line, object members ordered by the bytes of their names: equal values give equal bytes.
    package var json: String { String(decoding: jsonBytes, as: UTF8.self) }

    /// JSON for people: two spaces a level, members in the same order as `json`.
    package var prettyJSON: String {
        var writer = JSONWriter(indent: true)
        writer.write(self, depth: 0)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// The bytes of `json`.
    package var jsonBytes: [UInt8] {
        var writer = JSONWriter(indent: false)
        writer.write(self, depth: 0)
        return writer.bytes
    }
}

/// Writes values as JSON into one buffer.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    private let indent: Bool

    package init(indent: Bool = false, capacity: Int = 1024) {
        self.indent = indent
        bytes.reserveCapacity(capacity)
    }

    /// Text as it is, without quotes.
    package mutating func write(raw text: String) { bytes.append(contentsOf: text.utf8) }

    /// Bytes that are JSON already.
    mutating func write(raw json: [UInt8]) { bytes.append(contentsOf: json) }

    package mutating func write(_ value: Value, depth: Int = 0) {
        switch value {
        case .null: write(raw: "null")
        case .bool(let flag): write(raw: flag ? "true" : "false")
        case .integer(let number): bytes.append(contentsOf: String(number).utf8)
        case .number(let number): bytes.append(contentsOf: (number.isFinite ? "\(number)" : "null").utf8)
        case .string(let string): write(string)
        case .list(let items): write(items, depth)
        case .object(let members): write(members, depth)
        }
    }

    private mutating func write(_ items: [Value], _ depth: Int) {
        bytes.append(UInt8(ascii: "["))
        for index in items.indices {
            startItem(index, depth + 1)
            write(items[index], depth: depth + 1)
        }
        if !items.isEmpty { startLine(depth) }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func write(_ members: Members, _ depth: Int) {
        bytes.append(UInt8(ascii: "{"))
        for (index, (name, value)) in members.enumerated() {
            startItem(index, depth + 1)
            write(name)
            bytes.append(UInt8(ascii: ":"))
            if indent { bytes.append(UInt8(ascii: " ")) }
            write(value, depth: depth + 1)
        }
        if !members.isEmpty { startLine(depth) }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func startItem(_ index: Int, _ depth: Int) {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        startLine(depth)
    }

    private mutating func startLine(_ depth: Int) {
        guard indent else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }

    private mutating func write(_ string: String) {
        bytes.append(UInt8(ascii: "\""))
        let isPlain = string.utf8.allSatisfy { !Self.isEscaped($0) }
        if isPlain {
            bytes.append(contentsOf: string.utf8)
        } else {
            for byte in string.utf8 { writeEscaped(byte) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7f
    }

    private mutating func writeEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): write(raw: "\\\"")
        case UInt8(ascii: "\\"): write(raw: "\\\\")
        case UInt8(ascii: "\n"): write(raw: "\\n")
        case UInt8(ascii: "\r"): write(raw: "\\r")
        case UInt8(ascii: "\t"): write(raw: "\\t")
        case _ where Self.isEscaped(byte):
            write(raw: "\\u00")
            bytes.append(contentsOf: hexadecimal(CollectionOfOne(byte)).utf8)
        case _: bytes.append(byte)
        }
    }
}

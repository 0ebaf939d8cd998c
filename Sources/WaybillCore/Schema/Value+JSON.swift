extension Value {
    /// JSON (RFC 8259) on one line, object members ordered by the bytes of their names: equal values give equal bytes.
    package var json: String {
        var text = ""
        write(into: &text, indent: nil, depth: 0)
        return text
    }

    /// JSON for people: two spaces a level, members in the same order as `json`.
    package var prettyJSON: String {
        var text = ""
        write(into: &text, indent: "  ", depth: 0)
        return text
    }

    private func write(into text: inout String, indent: String?, depth: Int) {
        switch self {
        case .null: text += "null"
        case .bool(let flag): text += flag ? "true" : "false"
        case .integer(let number): text += String(number)
        case .number(let number): text += number.isFinite ? "\(number)" : "null"
        case .string(let string): Self.write(string, into: &text)
        case .list(let items):
            Self.writeGroup("[", "]", items.count, into: &text, indent, depth) { index, text in
                items[index].write(into: &text, indent: indent, depth: depth + 1)
            }
        case .object(let members):
            let ordered = members.sorted { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }
            Self.writeGroup("{", "}", ordered.count, into: &text, indent, depth) { index, text in
                Self.write(ordered[index].key, into: &text)
                text += indent == nil ? ":" : ": "
                ordered[index].value.write(into: &text, indent: indent, depth: depth + 1)
            }
        }
    }

    private static func writeGroup(
        _ open: String, _ close: String, _ count: Int, into text: inout String, _ indent: String?, _ depth: Int,
        _ item: (Int, inout String) -> Void
    ) {
        text += open
        for index in 0..<count {
            if index > 0 { text += "," }
            if let indent { text += "\n" + String(repeating: indent, count: depth + 1) }
            item(index, &text)
        }
        if let indent, count > 0 { text += "\n" + String(repeating: indent, count: depth) }
        text += close
    }

    private static func write(_ string: String, into text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
            case _: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

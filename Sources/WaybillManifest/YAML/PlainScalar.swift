/// What an unquoted scalar means under the core schema of YAML 1.2, a number with leading zeros being text.
enum PlainScalar {
    static func isNull(_ text: String) -> Bool {
        switch text {
        case "", "~", "null", "Null", "NULL": true
        case _: false
        }
    }

    static func boolean(_ text: String) -> Bool? {
        switch text {
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        case _: nil
        }
    }

    /// A whole number: decimal digits, or a decimal such as `1e3` or `2.0` whose value is whole and below 2^53.
    static func integer(_ text: String) -> Int64? {
        guard isNumber(text) else { return nil }
        if let number = Int64(text) { return number }
        guard let number = Double(text), number.rounded() == number, number.magnitude < 9_007_199_254_740_992 else {
            return nil
        }
        return Int64(number)
    }

    /// What `0x1F` and `0o17` stand for in YAML's core schema; manifests take decimal digits only.
    static func based(_ text: String) -> Int64? {
        if text.hasPrefix("0x") { return Int64(text.dropFirst(2), radix: 16) }
        return text.hasPrefix("0o") ? Int64(text.dropFirst(2), radix: 8) : nil
    }

    /// `[-+]? (0 | [1-9][0-9]*) (\.[0-9]*)? ([eE][-+]?[0-9]+)?`
    static func isNumber(_ text: String) -> Bool {
        var rest = text.utf8[...]
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        let whole = digits(&rest)
        guard whole > 0, whole == 1 || text.utf8.first(where: isDigit) != UInt8(ascii: "0") else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            _ = digits(&rest)
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
            guard digits(&rest) > 0 else { return false }
        }
        return rest.isEmpty
    }

    private static func digits(_ rest: inout Substring.UTF8View) -> Int {
        let found = rest.prefix(while: isDigit).count
        rest = rest.dropFirst(found)
        return found
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
}

/// A number as CSV and JSON write it, blanks around it allowed; also `nan`, `inf` and `infinity` in any case. Nil for all else, hexadecimal
/// digits included. Correctly rounded; too large becomes infinite.
func parseNumber(_ text: UnsafeRawBufferPointer) -> Double? {
    var start = text.startIndex
    var end = text.endIndex
    while start < end, isBlank(text[start]) { start += 1 }
    while start < end, isBlank(text[end - 1]) { end -= 1 }
    let text = UnsafeRawBufferPointer(rebasing: text[start..<end])
    if let number = DecimalNumber(text) { return number.value(in: text) }
    return nonFinite(text)
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

private func nonFinite(_ text: UnsafeRawBufferPointer) -> Double? {
    guard (3...9).contains(text.count) else { return nil }
    switch String(decoding: text.map { $0 | 0x20 }, as: UTF8.self) {
    case "nan": return .nan
    case "inf", "infinity": return .infinity
    case "-inf", "-infinity": return -.infinity
    case _: return nil
    }
}

/// Sign, digits, point, exponent: taken apart so that short numbers need no text of their own.
private struct DecimalNumber {
    private var isNegative = false
    private var mantissa: UInt64 = 0
    private var digits = 0
    private var scale = 0

    /// Nil when `text` is no decimal number.
    init?(_ text: UnsafeRawBufferPointer) {
        var place = 0
        if let sign = text.first, sign == 0x2D || sign == 0x2B {
            isNegative = sign == 0x2D
            place = 1
        }
        let whole = readDigits(text, &place)
        var fraction = 0
        if place < text.count, text[place] == 0x2E {
            place += 1
            fraction = readDigits(text, &place)
        }
        guard whole + fraction > 0 else { return nil }
        scale = -fraction
        guard readExponent(text, &place), place == text.count else { return nil }
    }

    private mutating func readDigits(_ text: UnsafeRawBufferPointer, _ place: inout Int) -> Int {
        let start = place
        while place < text.count, text[place].isASCIIDigit {
            mantissa = mantissa &* 10 &+ UInt64(text[place] - 48)
            if mantissa > 0 { digits += 1 }
            place += 1
        }
        return place - start
    }

    private mutating func readExponent(_ text: UnsafeRawBufferPointer, _ place: inout Int) -> Bool {
        guard place < text.count, text[place] | 0x20 == 0x65 else { return true }
        place += 1
        var isDown = false
        if place < text.count, text[place] == 0x2D || text[place] == 0x2B {
            isDown = text[place] == 0x2D
            place += 1
        }
        let start = place
        var exponent = 0
        while place < text.count, text[place].isASCIIDigit {
            exponent = min(exponent * 10 + Int(text[place] - 48), 100_000)
            place += 1
        }
        scale += isDown ? -exponent : exponent
        return place > start
    }

    /// At most 15 digits and a power of ten that is exact: one rounding (Clinger 1990). All else is for the standard library.
    func value(in text: UnsafeRawBufferPointer) -> Double? {
        guard digits <= 15, abs(scale) <= 22 else { return Double(String(decoding: text, as: UTF8.self)) }
        let whole = Double(mantissa)
        let value = scale < 0 ? whole / Self.powers[-scale] : whole * Self.powers[scale]
        return isNegative ? -value : value
    }

    private static let powers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}

extension UInt8 {
    var isASCIIDigit: Bool { (48...57).contains(self) }
    var isASCIILetter: Bool { (97...122).contains(self | 0x20) }
}

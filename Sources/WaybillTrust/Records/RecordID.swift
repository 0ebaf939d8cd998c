/// The id of a prediction, of a feedback, or of a segment: a UUID of version 7 (RFC 9562, 5.7), whose order is that of time.
package struct RecordID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Milliseconds since 1970 (48 bits), the version (4), the part of a millisecond (12).
    package let high: UInt64
    /// The variant (2) and random bits (62).
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The id written as `018f…-…`: 36 bytes, small or capital hexadecimal digits; nil for anything else.
    package init?(_ text: some StringProtocol) {
        var (words, place): ([UInt64], Int) = ([0, 0], 0)
        var digits = 0
        for byte in text.utf8 {
            if [8, 13, 18, 23].contains(place) {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard let digit = Self.value(of: byte), digits < 32 else { return nil }
                words[digits / 16] = words[digits / 16] << 4 | digit
                digits += 1
            }
            place += 1
        }
        guard place == 36, digits == 32 else { return nil }
        self.init(high: words[0], low: words[1])
    }

    private static func value(of byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// Microseconds since 1970 that the id itself tells, to a quarter of one.
    package var microseconds: UInt64 { (high >> 16) &* 1000 &+ (high & 0xFFF) &* 1000 >> 12 }

    package var description: String {
        let digits = [high, low].map { word in
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
        var text = ""
        for (place, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(place) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    package static func < (left: RecordID, right: RecordID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    package static let zero = RecordID(high: 0, low: 0)
}

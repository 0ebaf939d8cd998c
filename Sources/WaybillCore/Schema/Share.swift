/// A share as a manifest writes it, `2%` or `0.25%`: exact, in thousandths of a percent.
package struct Share: Hashable, Codable, Sendable, Comparable, CustomStringConvertible {
    package let thousandths: Int64

    package init(thousandths: Int64) { self.thousandths = thousandths }

    /// - Throws: `InvalidInput` that shows the expected form.
    package init(parsing text: String) throws(InvalidInput) {
        guard text.utf8.last == UInt8(ascii: "%"), let number = Self.thousandths(text.utf8.dropLast()),
            number <= 100_000
        else {
            throw InvalidInput(
                "\(text.quotedForMessage) is no share; write '2%' or '0.25%', at most 100%, with at most three digits after "
                    + "the point")
        }
        thousandths = number
    }

    private static func thousandths(_ text: Substring.UTF8View) -> Int64? {
        let parts = text.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, (1...3).contains(whole.count), whole.allSatisfy({ (48...57).contains($0) }),
            let number = Int64(String(Substring(whole)))
        else { return nil }
        guard parts.count == 2 else { return number * 1000 }
        guard (1...3).contains(parts[1].count), parts[1].allSatisfy({ (48...57).contains($0) }) else { return nil }
        let padded = String(Substring(parts[1])) + String(repeating: "0", count: 3 - parts[1].count)
        return Int64(padded).map { number * 1000 + $0 }
    }

    /// From 0 to 1.
    package var share: Double { Double(thousandths) / 100_000 }

    package static func < (left: Share, right: Share) -> Bool { left.thousandths < right.thousandths }

    /// The shortest exact form: `2%`, `0.25%`.
    package var description: String { "\(number)%" }

    /// As in a sentence: `0.25 %`.
    package var words: String { "\(number) %" }

    /// Without its sign: `0.25`.
    package var number: String {
        let (whole, rest) = thousandths.quotientAndRemainder(dividingBy: 1000)
        if rest == 0 { return String(whole) }
        var digits = String(rest + 1000).dropFirst()
        while digits.last == "0" { digits = digits.dropLast() }
        return "\(whole).\(digits)"
    }
}

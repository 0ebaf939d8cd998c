/// Amounts as manifests write them.
package enum Quantity {
    /// Bytes of `512Mi`, `1.5Gi`, `2G` or `1048576`.
    /// - Throws: `InvalidInput` that shows the expected form.
    package static func memory(parsing text: String) throws(InvalidInput) -> Int64 {
        let digits = text.utf8.prefix { !(65...122).contains($0) }
        guard let unit = memoryUnit(text.utf8.dropFirst(digits.count)), let thousandths = thousandths(digits),
            case let (product, overflow) = thousandths.multipliedReportingOverflow(by: unit), !overflow,
            product % 1000 == 0, product > 0
        else {
            throw InvalidInput("\(text.quotedForMessage) is no amount of memory; write '512Mi', '2G' or bytes, above 0")
        }
        return product / 1000
    }

    private static func memoryUnit(_ text: Substring.UTF8View) -> Int64? {
        switch String(Substring(text)) {
        case "": 1
        case "Ki": 1 << 10
        case "Mi": 1 << 20
        case "Gi": 1 << 30
        case "Ti": 1 << 40
        case "k": 1000
        case "M": 1_000_000
        case "G": 1_000_000_000
        case "T": 1_000_000_000_000
        default: nil
        }
    }

    /// Thousandths of a core of `500m`, `2` or `0.5`.
    /// - Throws: `InvalidInput` that shows the expected form.
    package static func cpu(parsing text: String) throws(InvalidInput) -> Int64 {
        let digits = text.utf8.last == UInt8(ascii: "m") ? text.utf8.dropLast() : text.utf8[...]
        let isMillis = digits.endIndex != text.utf8.endIndex
        let amount = thousandths(digits).map { isMillis ? ($0 % 1000 == 0 ? $0 / 1000 : 0) : $0 }
        guard let amount, (1...1_000_000).contains(amount) else {
            throw InvalidInput(
                "\(text.quotedForMessage) is no amount of cores; write '500m' (half a core), '2' or '0.5'")
        }
        return amount
    }

    /// The shortest exact form: `512Mi`, `1000`.
    package static func memoryText(_ bytes: Int64) -> String {
        for (unit, size) in [("Ti", Int64(1) << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)]
        where bytes % size == 0 {
            return "\(bytes / size)\(unit)"
        }
        return String(bytes)
    }

    /// The shortest exact form: `2`, `500m`.
    package static func cpuText(_ millis: Int64) -> String { millis % 1000 == 0 ? String(millis / 1000) : "\(millis)m" }

    /// A decimal with at most three digits after the point, times 1000.
    private static func thousandths(_ text: Substring.UTF8View) -> Int64? {
        let parts = text.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, (1...15).contains(whole.count), whole.allSatisfy({ (48...57).contains($0) }),
            let number = Int64(String(Substring(whole)))
        else { return nil }
        guard parts.count == 2 else { return number * 1000 }
        guard (1...3).contains(parts[1].count), parts[1].allSatisfy({ (48...57).contains($0) }),
            let fraction = Int64(String(Substring(parts[1])))
        else { return nil }
        return number * 1000 + fraction * [100, 10, 1][parts[1].count - 1]
    }
}

extension Duration {
    /// `500ms`, `30s`, `1m30s`, `2h`: whole numbers with units, at most 7 days in all.
    /// - Throws: `InvalidInput` that shows the expected form.
    package init(parsing text: String) throws(InvalidInput) {
        guard let milliseconds = Self.milliseconds(text), milliseconds <= 7 * 86_400_000 else {
            throw InvalidInput(
                "\(text.quotedForMessage) is no duration; write a whole number with a unit, as in '500ms', '30s' or '2m', "
                    + "at most 168h")
        }
        self = .milliseconds(milliseconds)
    }

    /// The shortest exact form of whole milliseconds in one unit: `90s`, `2m`, `1h`, `250ms`.
    package var manifestText: String {
        let total = milliseconds
        if total == 0 { return "0s" }
        for (unit, size) in [("h", Int64(3_600_000)), ("m", 60_000), ("s", 1000)] where total % size == 0 {
            return "\(total / size)\(unit)"
        }
        return "\(total)ms"
    }

    private static func milliseconds(_ text: String) -> Int64? {
        var total: Int64 = 0
        var rest = text.utf8[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { (48...57).contains($0) }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { !(48...57).contains($0) }
            rest = rest.dropFirst(unit.count)
            guard (1...10).contains(digits.count), let amount = Int64(String(Substring(digits))),
                let size = unitMilliseconds(String(Substring(unit)))
            else { return nil }
            total += amount * size
        }
        return total
    }

    private static func unitMilliseconds(_ unit: String) -> Int64? {
        switch unit {
        case "ms": 1
        case "s": 1000
        case "m": 60_000
        case "h": 3_600_000
        default: nil
        }
    }
}

extension Timestamp {
    /// A moment in UTC: `2026-11-23T15:04:05Z`, with or without a fraction of up to three digits, or a day, `2026-11-23`, for its
    /// beginning.
    ///
    /// - Throws: `InvalidInput` that shows the expected form.
    package init(parsing text: String) throws(InvalidInput) {
        guard let moment = Self.parse(Array(text.utf8)) else {
            throw InvalidInput(
                "\(text.quotedForMessage) is no moment; write a day, '2026-11-23', or a time in UTC, '2026-11-23T15:04:05Z'"
            )
        }
        self = moment
    }

    private static func parse(_ bytes: [UInt8]) -> Timestamp? {
        func number(_ range: Range<Int>) -> Int64? {
            var result: Int64 = 0
            for byte in bytes[range] {
                guard (48...57).contains(byte) else { return nil }
                result = result * 10 + Int64(byte - 48)
            }
            return result
        }
        guard bytes.count >= 10, bytes[4] == 45, bytes[7] == 45, let year = number(0..<4), let month = number(5..<7),
            let day = number(8..<10), (1970...9999).contains(year), (1...12).contains(month),
            (1...daysOf(month, year)).contains(day)
        else { return nil }
        let start = days(year, month, day) * 86_400_000
        if bytes.count == 10 { return Timestamp(milliseconds: start) }
        guard bytes.count >= 20, bytes[10] == UInt8(ascii: "T"), bytes[13] == 58, bytes[16] == 58,
            bytes.last == UInt8(ascii: "Z"), let hour = number(11..<13), let minute = number(14..<16),
            let second = number(17..<19), hour < 24, minute < 60, second < 60
        else { return nil }
        var fraction: Int64 = 0
        if bytes.count > 20 {
            guard bytes[19] == UInt8(ascii: "."), (22...24).contains(bytes.count),
                let digits = number(20..<(bytes.count - 1))
            else { return nil }
            fraction = digits * [100, 10, 1][bytes.count - 22]
        }
        return Timestamp(milliseconds: start + ((hour * 60 + minute) * 60 + second) * 1000 + fraction)
    }

    private static func daysOf(_ month: Int64, _ year: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return switch month {
        case 2: isLeap ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01, by the days-from-civil algorithm of Howard Hinnant.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = shifted.quotientAndRemainder(dividingBy: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

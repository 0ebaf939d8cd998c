/// A moment as clocks on a wall show it somewhere, to the minute; which moment it is only a time zone says.
package struct LocalTime: Hashable, Sendable, Comparable {
    /// Since 1970-01-01 00:00 of the same clocks.
    package let minutes: Int64

    package init(minutes: Int64) { self.minutes = minutes }

    package static func < (left: LocalTime, right: LocalTime) -> Bool { left.minutes < right.minutes }

    /// What clocks show at `moment` where they are `offset` ahead of UTC.
    package init(_ moment: Timestamp, offset: Duration) {
        let shifted = moment.milliseconds + offset.milliseconds
        minutes = (shifted - (shifted % 60_000 + 60_000) % 60_000) / 60_000
    }

    /// `2026-12-20T08:00`, or a day, `2026-12-20`, for its beginning.
    ///
    /// - Throws: `InvalidInput` that shows the expected form.
    package init(parsing text: String) throws(InvalidInput) {
        let whole = text.utf8.count == 10 ? text : "\(text):00Z"
        guard [10, 16].contains(text.utf8.count), let moment = try? Timestamp(parsing: whole) else {
            throw InvalidInput(
                "\(text.quotedForMessage) is no local time; write a day, '2026-12-20', or '2026-12-20T08:00'")
        }
        minutes = moment.milliseconds / 60_000
    }

    /// The same clock's moment where clocks are `offset` ahead of UTC.
    package func moment(offset: Duration) -> Timestamp {
        Timestamp(milliseconds: minutes * 60_000 - offset.milliseconds)
    }

    /// As a manifest writes it.
    package var text: String { String(Timestamp(milliseconds: minutes * 60_000).description.prefix(16)) }

    /// Its place in the week that begins on Monday at 00:00.
    var inWeek: WeekTime {
        // 1970-01-01 was a Thursday.
        let week = WeekTime.week
        return WeekTime(minutes: ((minutes + 3 * WeekTime.day) % week + week) % week)
    }
}

/// A day of the week and a time of day: `fri 16:00`.
package struct WeekTime: Hashable, Sendable, Comparable {
    /// Since Monday 00:00; less than a week.
    package let minutes: Int64

    init(minutes: Int64) { self.minutes = minutes }

    package static let day: Int64 = 24 * 60
    package static let week = 7 * day
    static let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    package static func < (left: WeekTime, right: WeekTime) -> Bool { left.minutes < right.minutes }

    /// - Throws: `InvalidInput` that shows the expected form.
    package init(parsing text: String) throws(InvalidInput) {
        let bytes = Array(text.utf8)
        func digits(_ range: Range<Int>) -> Int64? {
            bytes[range].allSatisfy { (48...57).contains($0) }
                ? bytes[range].reduce(0) { $0 * 10 + Int64($1 - 48) } : nil
        }
        guard bytes.count == 9, bytes[3] == UInt8(ascii: " "), bytes[6] == UInt8(ascii: ":"),
            let day = Self.days.firstIndex(of: String(text.prefix(3))), let hour = digits(4..<6),
            let minute = digits(7..<9), hour < 24, minute < 60
        else {
            throw InvalidInput(
                "\(text.quotedForMessage) is no time of a week; write a day of mon to sun and a time, as in 'fri 16:00'"
            )
        }
        minutes = Int64(day) * Self.day + hour * 60 + minute
    }

    /// As a manifest writes it.
    package var text: String {
        let (day, inDay) = minutes.quotientAndRemainder(dividingBy: Self.day)
        func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(Self.days[Int(day)]) \(padded(inDay / 60)):\(padded(inDay % 60))"
    }
}

/// How far the clocks of a place are ahead of UTC at a moment, by its name in the IANA database, as `Europe/Berlin`.
package struct TimeZones: Sendable {
    /// Nil for a name that is not known here.
    package let offset: @Sendable (_ zone: String, _ moment: Timestamp) -> Duration?

    package init(offset: @escaping @Sendable (_ zone: String, _ moment: Timestamp) -> Duration?) {
        self.offset = offset
    }

    package static let utc = "UTC"
    /// Knows `UTC` alone.
    package static let onlyUTC = TimeZones { zone, _ in zone == utc ? .zero : nil }
}

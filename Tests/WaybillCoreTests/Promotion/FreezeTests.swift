import Testing
import WaybillCore

/// Times in which no change begins.
@Suite struct FreezeTests {
    /// As Berlin's clocks are around the end of March 2027: put forward at 01:00 UTC on the 28th.
    private static let zones = TimeZones { zone, moment in
        let spring = Timestamp(milliseconds: 1_806_195_600_000)
        return zone == "Europe/Berlin" ? .seconds(moment < spring ? 3600 : 7200) : zone == "UTC" ? .zero : nil
    }

    private static func freeze(
        weekly from: String, _ until: String, zone: String = "UTC", expires: String? = nil
    ) throws -> Freeze {
        Freeze(
            .weekly(from: try WeekTime(parsing: from), until: try WeekTime(parsing: until)), timeZone: zone,
            reason: "nobody watches", author: "ada", expires: try expires.map { try Timestamp(parsing: $0) })
    }

    private static func freeze(dates from: String, _ until: String, zone: String = "UTC") throws -> Freeze {
        Freeze(
            .dates(from: try LocalTime(parsing: from), until: try LocalTime(parsing: until)), timeZone: zone,
            reason: "year's end", author: "ada")
    }

    private func end(_ freeze: Freeze, _ moment: String) throws -> String? {
        switch freeze.state(at: try Timestamp(parsing: moment), Self.zones) {
        case .open: nil
        case .frozen(let until): until.secondsText
        case .unknownZone: "unknown"
        }
    }

    @Test(
        arguments: [
            // 2026-11-27 is a Friday.
            ("fri 16:00", "mon 08:00", "2026-11-27T15:59:59Z", nil),
            ("fri 16:00", "mon 08:00", "2026-11-27T16:00:00Z", "2026-11-30T08:00:00Z"),
            ("fri 16:00", "mon 08:00", "2026-11-29T23:59:00Z", "2026-11-30T08:00:00Z"),
            ("fri 16:00", "mon 08:00", "2026-11-30T07:59:59Z", "2026-11-30T08:00:00Z"),
            ("fri 16:00", "mon 08:00", "2026-11-30T08:00:00Z", nil),
            ("tue 09:00", "tue 10:00", "2026-12-01T09:30:00Z", "2026-12-01T10:00:00Z"),
            ("tue 09:00", "tue 10:00", "2026-12-02T09:30:00Z", nil),
            ("tue 10:00", "tue 09:00", "2026-12-01T09:30:00Z", nil),
            ("tue 10:00", "tue 09:00", "2026-12-01T10:00:00Z", "2026-12-08T09:00:00Z"),
            ("sun 22:00", "mon 00:00", "1970-01-04T23:00:00Z", "1970-01-05T00:00:00Z"),
        ] as [(String, String, String, String?)])
    func `a window of each week ends when it says`(
        _ from: String, _ until: String, _ moment: String, _ end: String?
    ) throws {
        #expect(try self.end(Self.freeze(weekly: from, until), moment) == end)
    }

    @Test(
        arguments: [
            ("2027-03-26T14:59:59Z", nil),
            ("2027-03-26T15:00:00Z", "2027-03-29T06:00:00Z"),
            ("2027-03-28T12:00:00Z", "2027-03-29T06:00:00Z"),
            ("2027-03-29T06:00:00Z", nil),
            // One week later summer time is there from the beginning.
            ("2027-04-02T13:59:59Z", nil),
            ("2027-04-02T14:00:00Z", "2027-04-05T06:00:00Z"),
        ] as [(String, String?)])
    func `a window follows the clocks of its place over their change`(_ moment: String, _ end: String?) throws {
        #expect(try self.end(Self.freeze(weekly: "fri 16:00", "mon 08:00", zone: "Europe/Berlin"), moment) == end)
    }

    @Test(
        arguments: [
            ("2026-12-19T23:59:59Z", nil), ("2026-12-20T00:00:00Z", "2027-01-03T08:00:00Z"),
            ("2027-01-03T07:59:00Z", "2027-01-03T08:00:00Z"), ("2027-01-03T08:00:00Z", nil),
        ] as [(String, String?)])
    func `a window of days is over once`(_ moment: String, _ end: String?) throws {
        #expect(try self.end(Self.freeze(dates: "2026-12-20", "2027-01-03T08:00"), moment) == end)
    }

    @Test func `a weekly window ends for good when it expires, and a zone that nobody knows is never open`() throws {
        let freeze = try Self.freeze(weekly: "fri 16:00", "mon 08:00", expires: "2026-11-28")
        #expect(try end(freeze, "2026-11-27T17:00:00Z") == "2026-11-28T00:00:00Z")
        #expect(try end(freeze, "2026-11-28T00:00:00Z") == nil)
        #expect(try end(Self.freeze(weekly: "fri 16:00", "mon 08:00", zone: "Mars/Olympus"), "2026-12-01") == "unknown")
    }

    @Test func `of several windows the one that ends last is told`() throws {
        let rules = PromotionRules(freezes: [
            try Self.freeze(weekly: "fri 16:00", "mon 08:00"), try Self.freeze(dates: "2026-11-28", "2026-12-24"),
            try Self.freeze(weekly: "sat 00:00", "sun 00:00"),
        ])
        let found = rules.freeze(at: try Timestamp(parsing: "2026-11-28T12:00:00Z"), Self.zones)
        #expect(
            found?.message
                == "frozen until 2026-12-24T00:00:00Z (2026-11-28T00:00 to 2026-12-24T00:00, UTC), by ada: year's end")
        let end = try Timestamp(parsing: "2026-12-24")
        #expect(found?.reason == .frozen && found?.until == end)
        #expect(rules.freeze(at: try Timestamp(parsing: "2027-01-05T12:00:00Z"), Self.zones) == nil)
        let lost = PromotionRules(freezes: [try Self.freeze(weekly: "fri 16:00", "mon 08:00", zone: "Mars/Olympus")])
        #expect(
            lost.freeze(at: Timestamp(milliseconds: 0), Self.zones)?.message
                == "the time zone 'Mars/Olympus' of a freeze is not known here, so nothing begins")
    }

    @Test(arguments: [
        "fri", "fri 16", "fri 24:00", "fri 16:60", "Fri 16:00", "fri  6:00", "fri 16:00 ", "xyz 16:00", "", "fri 1é:00",
    ])
    func `what is no time of a week is refused`(_ text: String) {
        #expect(throws: InvalidInput.self) { try WeekTime(parsing: text) }
    }

    @Test(arguments: ["2026-12-20T08", "2026-12-20 08:00", "2026-13-01", "2026-12-20T25:00", "2026-12-20T08:00Z", ""])
    func `what is no local time is refused`(_ text: String) {
        #expect(throws: InvalidInput.self) { try LocalTime(parsing: text) }
    }

    @Test func `times read back as they are written`() throws {
        for text in ["mon 00:00", "sun 23:59", "wed 09:05"] { #expect(try WeekTime(parsing: text).text == text) }
        for text in ["2026-12-20T08:00", "1970-01-01T00:00"] { #expect(try LocalTime(parsing: text).text == text) }
        #expect(try LocalTime(parsing: "2026-12-20").text == "2026-12-20T00:00")
    }
}

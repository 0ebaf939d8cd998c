/// A time in which no change begins in an environment. What has begun goes on to its end.
package struct Freeze: Hashable, Sendable {
    package enum Window: Hashable, Sendable {
        /// Each week, from one time to the next other one.
        case weekly(from: WeekTime, until: WeekTime)
        case dates(from: LocalTime, until: LocalTime)
    }

    package var window: Window
    /// Where the window's clocks are.
    package var timeZone: String
    package var reason: String
    package var author: String
    /// From then on a weekly window is as if it were not there.
    package var expires: Timestamp?

    package init(
        _ window: Window, timeZone: String = TimeZones.utc, reason: String, author: String, expires: Timestamp? = nil
    ) {
        self.window = window
        self.timeZone = timeZone
        self.reason = reason
        self.author = author
        self.expires = expires
    }

    /// What is in force at a moment.
    package enum State: Hashable, Sendable {
        case open
        /// Until this moment.
        case frozen(until: Timestamp)
        /// Nobody can say here: no time zone of this name is known.
        case unknownZone
    }

    package func state(at now: Timestamp, _ zones: TimeZones) -> State {
        if let expires, expires <= now { return .open }
        guard let offset = zones.offset(timeZone, now) else { return .unknownZone }
        let local = LocalTime(now, offset: offset)
        guard let end = end(at: local) else { return .open }
        // Clocks may be changed before the end comes.
        let guess = end.moment(offset: offset)
        let until = end.moment(offset: zones.offset(timeZone, guess) ?? offset)
        return .frozen(until: max(min(until, expires ?? until), now + .seconds(1)))
    }

    /// When the window that `local` lies in ends; nil when it lies in none.
    private func end(at local: LocalTime) -> LocalTime? {
        switch window {
        case .dates(let from, let until): return from <= local && local < until ? until : nil
        case .weekly(let from, let until):
            let now = local.inWeek
            let isInside = from < until ? from <= now && now < until : now >= from || now < until
            guard isInside else { return nil }
            let left = (until.minutes - now.minutes + WeekTime.week) % WeekTime.week
            return LocalTime(minutes: local.minutes + left)
        }
    }

    /// `fri 16:00 to mon 08:00, Europe/Berlin`.
    package var text: String {
        switch window {
        case .weekly(let from, let until): "\(from.text) to \(until.text), \(timeZone)"
        case .dates(let from, let until): "\(from.text) to \(until.text), \(timeZone)"
        }
    }
}

extension Freeze {
    static let fields: [Field] = [
        Field(
            "weekly",
            .object([
                Field("from", .string(.weekTime), required: true, "When it begins."),
                Field("until", .string(.weekTime), required: true, "When it ends, the same or the next week."),
            ]), "A window of each week. Exactly one of `weekly` and `dates` is written."),
        Field(
            "dates",
            .object([
                Field("from", .string(.localTime), required: true, "When it begins."),
                Field("until", .string(.localTime), required: true, "When it ends."),
            ]), "A window of days."),
        Field(
            "timeZone", .string(.timeZone), default: .string(TimeZones.utc),
            "Where the clocks of the window are, as the IANA database calls it."),
        Field("reason", .string(.text), required: true, "Why; people whose change waits read it."),
        Field("author", .string(.text), required: true, "Whom to ask about it."),
        Field("expires", .string(.moment), "From then on the window of each week is as if it were not there."),
    ]

    init(_ item: SpecReader) throws(InvalidInput) {
        let window: Window
        if item.has("weekly") {
            let its = item.object("weekly")
            window = .weekly(
                from: try WeekTime(parsing: its.required("from")), until: try WeekTime(parsing: its.required("until")))
        } else {
            let its = item.object("dates")
            window = .dates(
                from: try LocalTime(parsing: its.required("from")), until: try LocalTime(parsing: its.required("until"))
            )
        }
        var expires: Timestamp?
        if let text = item.text("expires") { expires = try Timestamp(parsing: text) }
        self.init(
            window, timeZone: try item.required("timeZone"), reason: try item.required("reason"),
            author: try item.required("author"), expires: expires)
    }

    package var value: Value {
        var weekly: Value?
        var dates: Value?
        switch window {
        case .weekly(let from, let until): weekly = ["from": .string(from.text), "until": .string(until.text)]
        case .dates(let from, let until): dates = ["from": .string(from.text), "until": .string(until.text)]
        }
        return object([
            "weekly": weekly, "dates": dates, "timeZone": .string(timeZone), "reason": .string(reason),
            "author": .string(author), "expires": expires.map { .string($0.description) },
        ])
    }

    /// What the fields of one entry have wrong together.
    static func problems(_ item: Value, at path: [FieldStep]) -> [FieldProblem] {
        func problem(_ field: String?, _ rule: String, _ message: String, _ hint: String) -> FieldProblem {
            FieldProblem(
                path: path + (field.map { [.member($0)] } ?? []), rule: rule, message: message, hint: hint)
        }
        switch (item["weekly"], item["dates"]) {
        case (nil, nil):
            return [problem(nil, "missing-field", "a freeze needs a window", "write 'weekly' or 'dates'")]
        case (_?, _?):
            return [problem("dates", "conflicting-fields", "a freeze has one window", "write two freezes")]
        case (let weekly?, nil):
            guard let from = weekly["from"]?.string, from == weekly["until"]?.string else { return [] }
            return [problem("weekly", "invalid-value", "a window from \(from) to \(from) never ends", "let it end")]
        case (nil, let dates?):
            var found: [FieldProblem] = []
            let moments = ["from", "until"].map { dates[$0]?.string.flatMap { try? LocalTime(parsing: $0) } }
            if let from = moments[0], let until = moments[1], until <= from {
                found.append(problem("dates", "invalid-value", "the window ends before it begins", "swap the two"))
            }
            if item["expires"] != nil {
                found.append(
                    problem("expires", "conflicting-fields", "a window of days ends by itself", "remove 'expires'"))
            }
            return found
        }
    }
}

/// One thing that an analysis counts, and how much of it is allowed.
package struct AnalysisCheck: Hashable, Codable, Sendable {
    package enum Metric: Hashable, Codable, Sendable {
        /// Answers 5xx, the gateway's own for a replica that failed among them, and answers that a replica broke off.
        case errors(countsClientErrors: Bool)
        /// Answers that took longer than this, which is one of `AnswerTimes.durations`; so is one that its client gave up after it.
        case latency(above: Duration)
    }

    package enum Limit: Hashable, Codable, Sendable {
        /// The new revision's share is at most so much above that of what serves, counted in the same time.
        case increase(Share)
        /// The new revision's share is at most this.
        case absolute(Share)
    }

    package var metric: Metric
    package var limit: Limit

    package init(_ metric: Metric, _ limit: Limit) {
        self.metric = metric
        self.limit = limit
    }

    /// What an analysis counts when its manifest names nothing: 500 requests without an error pass it.
    package static let standard = AnalysisCheck(.errors(countsClientErrors: false), .increase(standardIncrease))
    package static let standardIncrease = Share(thousandths: 5000)

    /// `errors`, `errors with 4xx`, `answers above 250ms`.
    package var name: String {
        switch metric {
        case .errors(countsClientErrors: false): "errors"
        case .errors(countsClientErrors: true): "errors with 4xx"
        case .latency(let bound): "answers above \(bound.manifestText)"
        }
    }

    /// `errors at most 2 points above what serves`, `answers above 250ms at most 5 %`.
    package var words: String {
        switch limit {
        case .increase(let share): "\(name) at most \(share.number) points above what serves"
        case .absolute(let share): "\(name) at most \(share.words)"
        }
    }

    package var bound: AnalysisBound {
        switch limit {
        case .increase(let share): .increase(share.share)
        case .absolute(let share): .absolute(share.share)
        }
    }

    /// Of one arm in one block of time. Never more hits than requests.
    package func counts(_ counts: RevisionCounts) -> ArmCounts {
        switch metric {
        case .errors(let countsClientErrors):
            let answers = counts.codes[1...].reduce(0, +) + counts.broken
            let hits = counts.codes[4] + counts.broken + (countsClientErrors ? counts.codes[3] : 0)
            return ArmCounts(requests: Int(clamping: answers), hits: Int(clamping: hits))
        case .latency(let bound):
            guard let first = AnswerTimes.firstBucket(above: bound) else { return ArmCounts(requests: 0, hits: 0) }
            let given = counts.abandoned[first...].reduce(0, +)
            let slow = counts.times[first...].reduce(0, +) + given
            return ArmCounts(
                requests: Int(clamping: counts.times.reduce(0, +) + given), hits: Int(clamping: slow))
        }
    }
}

extension AnalysisCheck {
    /// As a manifest writes it: `{"errors": {"maxIncrease": "2%"}}`.
    package var value: Value {
        var members: Members = [:]
        switch limit {
        case .increase(let share): members["maxIncrease"] = .string(share.description)
        case .absolute(let share): members["max"] = .string(share.description)
        }
        switch metric {
        case .errors(let countsClientErrors):
            if countsClientErrors { members["clientErrors"] = .string(Self.count) }
            return .object(["errors": .object(members)])
        case .latency(let bound):
            members["above"] = .string(bound.manifestText)
            return .object(["latency": .object(members)])
        }
    }

    /// Nil for what `value` does not give.
    package init?(_ value: Value) {
        let own = value["errors"] ?? value["latency"]
        guard let own, let limit = Self.limit(own) else { return nil }
        if value["errors"] != nil {
            self.init(.errors(countsClientErrors: own["clientErrors"]?.string == Self.count), limit)
        } else if let bound = own["above"]?.string.flatMap({ try? Duration(parsing: $0) }),
            AnswerTimes.firstBucket(above: bound) != nil
        {
            self.init(.latency(above: bound), limit)
        } else {
            return nil
        }
    }

    private static func limit(_ value: Value) -> Limit? {
        func share(_ name: String) -> Share? { value[name]?.string.flatMap { try? Share(parsing: $0) } }
        return share("maxIncrease").map { .increase($0) } ?? share("max").map { .absolute($0) }
    }

    /// The times that `latency` may name: `1ms, 5ms, …`.
    package static var bounds: String { AnswerTimes.durations.map(\.manifestText).joined(separator: ", ") }

    /// The word of `clientErrors` by which 4xx count.
    package static let count = "count"
}

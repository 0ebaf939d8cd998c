/// How long answers took in bins, for readers: the longest of each bin and how many it holds.
package struct LatencyCurve: Hashable, Sendable {
    package static let mostPoints = 200

    package struct Point: Hashable, Sendable {
        /// Microseconds.
        package var upTo: Int64
        package var count: Int

        package init(upTo: Int64, count: Int) {
            self.upTo = upTo
            self.count = count
        }
    }

    /// From the shortest to the longest.
    package var points: [Point]

    package init(points: [Point]) { self.points = points }

    package var value: Value {
        .list(points.map { .list([.integer($0.upTo), .integer(Int64($0.count))]) })
    }

    /// Nil for what is none: bins that go back, counts below 1.
    package init?(_ value: Value) {
        guard let items = value.list, items.count <= Self.mostPoints else { return nil }
        points = []
        var all = 0
        for item in items {
            guard let pair = item.list, pair.count == 2, let upTo = pair[0].integer, upTo >= 0,
                upTo > points.last?.upTo ?? -1, let count = pair[1].integer.flatMap(Int.init(exactly:)), count > 0,
                case let (sum, overflow) = all.addingReportingOverflow(count), !overflow
            else { return nil }
            all = sum
            points.append(Point(upTo: upTo, count: count))
        }
    }
}

/// What a replica answered under load, each latency counted from the moment at which its request was due.
package struct LatencyValues: Hashable, Sendable {
    /// A percentile in microseconds, with the bounds of its 95 % interval (order statistics).
    package struct Quantile: Hashable, Sendable {
        package var value: Int64
        package var lower: Int64
        package var upper: Int64

        package init(value: Int64, lower: Int64, upper: Int64) {
            self.value = value
            self.lower = lower
            self.upper = upper
        }
    }

    /// One replica's answers.
    package struct Answers: Hashable, Sendable {
        /// Requests that were to be sent.
        package var planned: Int
        package var answered: Int
        /// Refused, broken, or without an answer in time.
        package var failed: Int
        /// Sent later than they were due, and not because answers were waited for.
        package var late: Int
        /// Without any answer there are none.
        package var quantiles: [LatencyCheck.Percentile: Quantile]
        package var curve: LatencyCurve

        package init(
            planned: Int, answered: Int, failed: Int, late: Int, quantiles: [LatencyCheck.Percentile: Quantile],
            curve: LatencyCurve
        ) {
            self.planned = planned
            self.answered = answered
            self.failed = failed
            self.late = late
            self.quantiles = quantiles
            self.curve = curve
        }
    }

    package var candidate: Answers?
    package var baseline: Answers?
    /// Which version `baseline` is.
    package var version: VersionID?
    /// Why it was not begun, or was broken off.
    package var stopped: String?
    /// Why there is no baseline.
    package var problem: String?

    package init(
        candidate: Answers? = nil, baseline: Answers? = nil, version: VersionID? = nil, stopped: String? = nil,
        problem: String? = nil
    ) {
        self.candidate = candidate
        self.baseline = baseline
        self.version = version
        self.stopped = stopped
        self.problem = problem
    }
}

extension LatencyValues {
    package var value: Value {
        object([
            "candidate": candidate?.value, "baseline": baseline?.value,
            "version": version.map { .string($0.description) }, "stopped": stopped.map { .string($0) },
            "problem": problem.map { .string($0) },
        ])
    }

    /// Nil for what was not written by `value`.
    package init?(kept value: Value) {
        self.init(
            candidate: value["candidate"].flatMap(Answers.init(kept:)),
            baseline: value["baseline"].flatMap(Answers.init(kept:)),
            version: value["version"]?.string.flatMap { try? VersionID(parsing: $0) },
            stopped: value["stopped"]?.string, problem: value["problem"]?.string)
    }
}

extension LatencyValues.Answers {
    fileprivate var value: Value {
        var members: Members = [
            "planned": .integer(Int64(planned)), "answered": .integer(Int64(answered)),
            "failed": .integer(Int64(failed)), "late": .integer(Int64(late)), "curve": curve.value,
        ]
        for (percentile, quantile) in quantiles {
            members[percentile.rawValue] = .list(
                [quantile.value, quantile.lower, quantile.upper].map { .integer($0) })
        }
        return .object(members)
    }

    package init?(kept value: Value) {
        guard let planned = value["planned"]?.integer.flatMap(Int.init(exactly:)),
            let answered = value["answered"]?.integer.flatMap(Int.init(exactly:)),
            let failed = value["failed"]?.integer.flatMap(Int.init(exactly:)),
            let late = value["late"]?.integer.flatMap(Int.init(exactly:)),
            let curve = value["curve"].flatMap(LatencyCurve.init)
        else { return nil }
        var quantiles: [LatencyCheck.Percentile: LatencyValues.Quantile] = [:]
        for percentile in LatencyCheck.Percentile.allCases {
            guard let numbers = value[percentile.rawValue]?.list?.compactMap(\.integer), numbers.count == 3 else {
                continue
            }
            quantiles[percentile] = LatencyValues.Quantile(value: numbers[0], lower: numbers[1], upper: numbers[2])
        }
        self.init(
            planned: planned, answered: answered, failed: failed, late: late, quantiles: quantiles, curve: curve)
    }
}

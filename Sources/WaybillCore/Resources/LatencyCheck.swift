/// A bound on how long a candidate takes to answer under a load that does not wait for its answers.
package struct LatencyCheck: Hashable, Sendable {
    /// How much slower than what serves in an environment is still no slower.
    package struct NotSlower: Hashable, Sendable {
        package var than: Name
        package var margin: Margin

        package enum Margin: Hashable, Sendable {
            case by(Duration)
            /// Of the baseline's own latency.
            case share(Double)
        }

        package init(than: Name, margin: Margin) {
            self.than = than
            self.margin = margin
        }
    }

    /// The percentiles that may be bounded.
    package enum Percentile: String, CaseIterable, Hashable, Sendable {
        case p50
        case p95
        case p99

        package var share: Double {
            switch self {
            case .p50: 0.5
            case .p95: 0.95
            case .p99: 0.99
            }
        }

        /// Answers of which at least ten are beyond it; fewer say nothing about it.
        package var samplesNeeded: Int {
            switch self {
            case .p50: 20
            case .p95: 200
            case .p99: 1000
            }
        }
    }

    /// Requests that are sent again and again, in the form of recorded ones.
    package var requests: DataFile
    /// Requests a second.
    package var rate: Int
    package var length: Duration
    /// The longest that passes.
    package var bounds: [Percentile: Duration]
    package var notSlower: NotSlower?
    /// Of the machine's processors, the share that each replica that is asked may use.
    package var cores: Double

    package init(
        requests: DataFile, rate: Int, length: Duration, bounds: [Percentile: Duration], notSlower: NotSlower? = nil,
        cores: Double = 0.5
    ) {
        self.requests = requests
        self.rate = rate
        self.length = length
        self.bounds = bounds
        self.notSlower = notSlower
        self.cores = cores
    }

    /// Requests that are sent in all.
    package var planned: Int { Int(clamping: Int64(rate) * length.milliseconds / 1000) }

    /// The percentiles that are asked about: those with a bound, or all where only the comparison is asked.
    package var asked: [Percentile] {
        Percentile.allCases.filter { bounds[$0] != nil || (bounds.isEmpty && notSlower != nil) }
    }

    /// Answers without which nothing is said.
    package var samplesNeeded: Int { asked.map(\.samplesNeeded).max() ?? Percentile.p99.samplesNeeded }
}

extension LatencyCheck {
    init(_ fields: SpecReader) throws(InvalidInput) {
        var bounds: [Percentile: Duration] = [:]
        for percentile in Percentile.allCases where fields.has(percentile.rawValue) {
            bounds[percentile] = try fields.duration(percentile.rawValue)
        }
        self.init(
            requests: try DataFile(fields.object("requests")), rate: Int(fields.integer("rate") ?? 1),
            length: try fields.duration("for"), bounds: bounds,
            notSlower: fields.has("notSlower") ? try NotSlower(fields.object("notSlower")) : nil,
            cores: fields.number("cores") ?? 0.5)
    }

    var value: Value {
        var members: Members = [
            "requests": object(requests.members), "rate": .integer(Int64(rate)), "for": .string(length.manifestText),
            "cores": Value(measured: cores),
        ]
        for (percentile, bound) in bounds { members[percentile.rawValue] = .string(bound.manifestText) }
        if let notSlower { members["notSlower"] = notSlower.value }
        return .object(members)
    }
}

extension LatencyCheck.NotSlower {
    init(_ fields: SpecReader) throws(InvalidInput) {
        let margin: Margin =
            fields.has("by") ? .by(try fields.duration("by")) : .share(fields.number("share") ?? 0)
        self.init(than: try fields.name("than"), margin: margin)
    }

    var value: Value {
        switch margin {
        case .by(let time): ["than": .string(than.text), "by": .string(time.manifestText)]
        case .share(let share): ["than": .string(than.text), "share": Value(measured: share)]
        }
    }
}

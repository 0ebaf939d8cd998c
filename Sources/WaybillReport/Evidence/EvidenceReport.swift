package import WaybillCore

/// Evidence as it is kept, read for people. Its texts may be anybody's; nothing of them is trusted here.
package struct EvidenceReport: Hashable, Sendable {
    /// Of the bytes that were read.
    package var digest: Digest
    package var version: String
    package var bundle: String
    package var checklist: String
    package var rules: String
    package var runtime: String?
    package var verdict: Verdict
    package var gates: [Gate]
    package var skipped: [String]

    package struct Gate: Hashable, Sendable {
        package var name: String
        package var kind: String
        package var verdict: Verdict
        package var message: String
        package var samples: Int?
        package var bound: String
        /// What was measured, in short; empty when only the message says it.
        package var measured: String
        package var metric: Metric?
        package var slices: Slices?
        package var latency: LatencyValues?
        /// What else it depends on: names and digests.
        package var inputs: [String: String]
    }

    package struct Metric: Hashable, Sendable {
        package var name: String
        package var data: String
        package var value: Double?
        package var interval: ClosedRange<Double>?
        package var claimed: Double?
        package var warnings: [String]
        package var baseline: Baseline?
        package var roc: RocCurve?
        package var calibration: CalibrationCurve?
    }

    package struct Baseline: Hashable, Sendable {
        package var version: String
        package var value: Double
        package var difference: Double
        package var lower: Double
        package var upper: Double
    }

    package struct Slices: Hashable, Sendable {
        package struct Slice: Hashable, Sendable {
            /// Nil for the rows without a text.
            package var name: String?
            package var count: Int
            package var value: Double?
            package var interval: ClosedRange<Double>?
            package var verdict: Verdict
        }

        package var metric: String
        package var by: String
        package var data: String
        package var bound: Double?
        package var gap: Double?
        package var slices: [Slice]
    }

    /// - Throws: `InvalidInput` for what is no evidence of this schema.
    package init(bytes: [UInt8]) throws(InvalidInput) {
        guard let value = Value(json: bytes), value["schema"]?.string == Evidence.schema else {
            throw InvalidInput("it is no evidence of the schema '\(Evidence.schema)'")
        }
        guard let version = value["version"]?.string, let bundle = value["bundle"]?.string,
            let items = value["gates"]?.list, items.count <= 1000
        else { throw InvalidInput("it is evidence without a version, a bundle or gates") }
        digest = Digest(of: bytes)
        (self.version, self.bundle) = (version, bundle)
        checklist = value["checklist"]?["name"]?.string ?? ""
        rules = value["checklist"]?["digest"]?.string ?? ""
        runtime = value["runtime"]?["name"]?.string
        gates = items.map(Gate.init)
        skipped = (value["skipped"]?.list ?? []).compactMap(\.string)
        // Not what it says of itself, but what its gates say.
        let worst = Verdict.of(gates.map(\.verdict))
        verdict = worst == .passed && !skipped.isEmpty ? .inconclusive : worst
    }

    package init(_ evidence: Evidence) throws(InvalidInput) { try self.init(bytes: evidence.bytes) }
}

extension EvidenceReport.Gate {
    fileprivate init(_ item: Value) {
        let gate = item["gate"] ?? .null
        let kind = GateKind.allCases.first { gate[$0.rawValue] != nil }
        name = item["name"]?.string ?? ""
        self.kind = kind?.rawValue ?? ""
        verdict = item["verdict"]?.string.flatMap(Verdict.init) ?? .errored
        message = item["message"]?.string ?? ""
        samples = item["samples"]?.integer.flatMap(Int.init(exactly:))
        inputs = (item["inputs"]?.object ?? [:]).compactMapValues(\.string)
        let asked = kind.flatMap { gate[$0.rawValue] } ?? .null
        let measured = item["measured"] ?? .null
        metric = kind == .metric ? EvidenceReport.Metric(asked, measured) : nil
        slices = kind == .slice ? EvidenceReport.Slices(asked, measured) : nil
        latency = kind == .latency ? LatencyValues(kept: measured) : nil
        bound = Self.bound(kind, asked)
        self.measured = Self.measured(metric, slices, kind, measured)
        if let latency { self.measured = latency.summary }
    }

    private static func bound(_ kind: GateKind?, _ asked: Value) -> String {
        switch kind {
        case .metric, .slice:
            var parts: [String] = []
            if let least = asked["atLeast"]?.number { parts.append("≥ \(Numbers.text(least))") }
            if let most = asked["atMost"]?.number { parts.append("≤ \(Numbers.text(most))") }
            if let gap = asked["gap"]?.number { parts.append("gap ≤ \(Numbers.text(gap))") }
            if let notWorse = asked["notWorse"] {
                let than = notWorse["than"]?.string ?? ""
                let by =
                    notWorse["by"]?.number.map(Numbers.text)
                    ?? notWorse["share"]?.number.map { "\(Numbers.text($0 * 100)) %" } ?? ""
                parts.append("not worse than \(than) by more than \(by)")
            }
            return parts.joined(separator: ", ")
        case .signed: return "\(asked["people"]?.integer ?? 1) people"
        case .license: return (asked["allowed"]?.list ?? []).compactMap(\.string).joined(separator: ", ")
        case .card:
            let named = (asked["sections"]?.list ?? []) + (asked["fields"]?.list ?? [])
            return named.compactMap(\.string).joined(separator: ", ")
        case .command: return (asked["bounds"]?.list ?? []).map(Self.numberBound).joined(separator: ", ")
        case .latency:
            var parts = LatencyCheck.Percentile.allCases.compactMap { percentile in
                asked[percentile.rawValue]?.string.map { "\(percentile.rawValue) ≤ \($0)" }
            }
            if let notSlower = asked["notSlower"] {
                let by =
                    notSlower["by"]?.string ?? notSlower["share"]?.number.map { "\(Numbers.text($0 * 100)) %" } ?? ""
                parts.append("not slower than \(notSlower["than"]?.string ?? "") by more than \(by)")
            }
            return "\(parts.joined(separator: ", ")) at \(asked["rate"]?.integer ?? 0)/s"
        case .reproducible:
            let gives = asked["gives"] ?? .null
            var parts = gives["weights"] == nil ? [] : ["the same weights"]
            if let name = gives["metric"]?.string {
                parts.append("\(name) within \(gives["within"]?.number.map(Numbers.text) ?? "0")")
            }
            return parts.joined(separator: ", ")
        case .integrity, .safeFormat, .interface, .golden, nil: return ""
        }
    }

    /// `auc ≥ 0.9`.
    private static func numberBound(_ bound: Value) -> String {
        let least = bound["atLeast"]?.number.map { " ≥ \(Numbers.text($0))" } ?? ""
        let most = bound["atMost"]?.number.map { " ≤ \(Numbers.text($0))" } ?? ""
        return (bound["number"]?.string ?? "") + least + most
    }

    private static func measured(
        _ metric: EvidenceReport.Metric?, _ slices: EvidenceReport.Slices?, _ kind: GateKind?, _ measured: Value
    ) -> String {
        if let metric { return Numbers.text(metric.value, metric.interval) }
        if let worst = slices?.slices.first { return "worst \(Numbers.text(worst.value, worst.interval))" }
        guard kind == .golden, let requests = measured["requests"]?.integer, let off = measured["differing"]?.integer
        else { return "" }
        return "\(requests &- off) of \(requests) as recorded"
    }
}

extension EvidenceReport.Metric {
    fileprivate init(_ asked: Value, _ measured: Value) {
        name = asked["metric"]?.string ?? ""
        data = asked["data"]?.string ?? ""
        value = measured["value"]?.number
        interval = measured["interval"].flatMap(Numbers.range)
        claimed = measured["claimed"]?.number
        warnings = (measured["warnings"]?.list ?? []).compactMap(\.string)
        roc = measured["roc"].flatMap(RocCurve.init)
        calibration = measured["calibration"].flatMap(CalibrationCurve.init)
        if let of = measured["baseline"], let version = of["version"]?.string, let value = of["value"]?.number,
            let difference = of["difference"]?.number, let lower = of["lower"]?.number, let upper = of["upper"]?.number
        {
            baseline = EvidenceReport.Baseline(
                version: version, value: value, difference: difference, lower: lower, upper: upper)
        }
    }
}

extension EvidenceReport.Slices {
    fileprivate init(_ asked: Value, _ measured: Value) {
        metric = asked["metric"]?.string ?? ""
        by = asked["by"]?.string ?? ""
        data = asked["data"]?.string ?? ""
        bound = asked["atLeast"]?.number ?? asked["atMost"]?.number
        gap = measured["gap"]?["value"]?.number
        slices = (measured["slices"]?.list ?? []).map { slice in
            Slice(
                name: slice["name"]?.string, count: slice["samples"]?.integer.flatMap(Int.init(exactly:)) ?? 0,
                value: slice["value"]?.number, interval: slice["interval"].flatMap(Numbers.range),
                verdict: slice["verdict"]?.string.flatMap(Verdict.init) ?? .errored)
        }
    }
}

/// Numbers for people.
enum Numbers {
    /// Four places behind the point at most.
    static func text(_ number: Double) -> String {
        guard number.isFinite, abs(number) < 1e9 else { return "\(number)" }
        let rounded = (number * 1e4).rounded() / 1e4
        if rounded == 0, number != 0 { return "\(number)" }
        return Int64(exactly: rounded).map(String.init) ?? "\(rounded)"
    }

    /// `0.9912 (0.9801 to 0.9983)`; empty without a value.
    static func text(_ value: Double?, _ interval: ClosedRange<Double>?) -> String {
        guard let value else { return "" }
        return text(value) + (interval.map { " (\(text($0.lowerBound)) to \(text($0.upperBound)))" } ?? "")
    }

    /// `+0.012`, `−0.012`, `0`.
    static func signed(_ number: Double) -> String {
        if number == 0 { return "0" }
        return number > 0 ? "+\(text(number))" : "−\(text(-number))"
    }

    static func range(_ value: Value) -> ClosedRange<Double>? {
        guard let bounds = value.list, bounds.count == 2, let low = bounds[0].number, let high = bounds[1].number,
            low <= high
        else { return nil }
        return low...high
    }
}

extension Verdict {
    package var tone: Document.Tone {
        switch self {
        case .passed: .good
        case .failed, .errored: .bad
        case .inconclusive: .unsure
        }
    }
}

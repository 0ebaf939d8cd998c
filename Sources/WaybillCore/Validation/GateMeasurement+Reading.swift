extension GateMeasurement {
    /// What a candidate answered, read back from how evidence keeps it; nil for another kind of gate, and for what does not read back
    /// as it was.
    package init?(kept value: Value, of kind: GateKind) {
        switch kind {
        case .golden:
            guard let requests = value["requests"]?.integer, let differing = value["differing"]?.integer else {
                return nil
            }
            self = .golden(
                GoldenAnswers(
                    requests: Int(requests), differences: (value["differences"]?.list ?? []).compactMap(\.string),
                    differing: Int(differing)))
        case .metric:
            guard let metric = MetricValue(kept: value) else { return nil }
            self = .metric(metric)
        case .slice:
            guard let slices = SliceValues(kept: value) else { return nil }
            self = .slice(slices)
        case .command:
            guard let answer = try? CommandAnswer(parsing: value.jsonBytes) else { return nil }
            self = .command(answer)
        case .latency:
            guard let values = LatencyValues(kept: value) else { return nil }
            self = .latency(values)
        case .reproducible:
            guard let came = Reproduction(kept: value) else { return nil }
            self = .reproducible(came)
        case .integrity, .signed, .safeFormat, .interface, .license, .card: return nil
        }
        guard self.value == value else { return nil }
    }
}

extension GateMeasurement.MetricValue {
    fileprivate init?(kept value: Value) {
        guard let samples = value["samples"]?.integer else { return nil }
        self.init(
            value: value["value"]?.number, problem: value["problem"]?.string, samples: Int(samples),
            interval: value["interval"]?.bounds,
            claimed: value["claimed"]?.number, warnings: (value["warnings"]?.list ?? []).compactMap(\.string))
        baseline = value["baseline"].flatMap(GateMeasurement.Baseline.init(kept:))
        roc = value["roc"].flatMap(RocCurve.init)
        calibration = value["calibration"].flatMap(CalibrationCurve.init)
    }
}

extension GateMeasurement.Baseline {
    fileprivate init?(kept value: Value) {
        guard let version = value["version"]?.string.flatMap({ try? VersionID(parsing: $0) }),
            let own = value["value"]?.number, let difference = value["difference"]?.number,
            let lower = value["lower"]?.number, let upper = value["upper"]?.number,
            let margin = value["margin"]?.number, let isTrusted = value["trusted"]?.bool
        else { return nil }
        self.init(
            version: version, value: own, difference: difference, lower: lower, upper: upper, margin: margin,
            isTrusted: isTrusted, rowsNeeded: value["rowsNeeded"]?.integer.map { Int($0) })
    }
}

extension GateMeasurement.SliceValues {
    fileprivate init?(kept value: Value) {
        guard let rows = value["slices"]?.list else { return nil }
        var slices: [Slice] = []
        for row in rows {
            guard let count = row["samples"]?.integer,
                let verdict = row["verdict"]?.string.flatMap(Verdict.init(rawValue:))
            else { return nil }
            slices.append(
                Slice(
                    name: row["name"]?.string, count: Int(count), value: row["value"]?.number,
                    problem: row["problem"]?.string, interval: row["interval"]?.bounds, verdict: verdict))
        }
        var gap: Gap?
        if let kept = value["gap"], let width = kept["value"]?.number, let lower = kept["lower"]?.number {
            gap = Gap(value: width, lower: lower, best: kept["best"]?.string, worst: kept["worst"]?.string)
        }
        self.init(samples: slices.reduce(0) { $0 + $1.count }, slices: slices, gap: gap)
    }
}

extension Value {
    fileprivate var bounds: ClosedRange<Double>? {
        guard let bounds = list?.compactMap(\.number), bounds.count == 2, bounds[0] <= bounds[1] else { return nil }
        return bounds[0]...bounds[1]
    }
}

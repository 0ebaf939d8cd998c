extension GateMeasurement {
    /// As evidence keeps it.
    package var value: Value {
        switch self {
        case .integrity(let files):
            return ["files": .list(files.map { ["path": .string($0.path), "digest": digest($0.found)] })]
        case .signed(let signers):
            return [
                "signatures": .list(
                    signers.map { object(["by": $0.trusted.map { .string($0) }, "message": .string($0.sentence)]) })
            ]
        case .safeFormat(let files):
            return [
                "files": .list(
                    files.map {
                        object([
                            "path": .string($0.path), "verdict": .string($0.verdict),
                            "message": $0.reason.map { .string($0) },
                        ])
                    })
            ]
        case .interface(let files):
            return [
                "files": .list(
                    files.map {
                        object([
                            "path": .string($0.path), "compared": .bool($0.isConclusive),
                            "disagreements": list($0.disagreements.map { .string($0) }),
                        ])
                    })
            ]
        case .license(let license): return ["license": license.map { .string($0) } ?? .null]
        case .card(let card): return card?.value ?? .null
        case .golden(let answers):
            return object([
                "requests": .integer(Int64(answers.requests)), "differing": .integer(Int64(answers.differing)),
                "differences": list(answers.differences.map { .string($0) }),
            ])
        case .metric(let metric): return metric.kept
        case .slice(let slices): return slices.kept
        case .command(let answer): return answer.value
        case .latency(let values): return values.value
        case .reproducible(let came): return came.value
        case .nothing(let why): return ["message": .string(why)]
        }
    }

    private func digest(_ digest: Digest?) -> Value { digest.map { .string($0.description) } ?? .null }
}

extension GateMeasurement.MetricValue {
    /// A number that is none is left out, and the problem says why.
    fileprivate var kept: Value {
        object([
            "value": value.flatMap { $0.isFinite ? Value(measured: $0) : nil }, "problem": problem.map { .string($0) },
            "samples": .integer(Int64(samples)),
            "interval": interval.map(Value.init(bounds:)),
            "claimed": claimed.map { Value(measured: $0) }, "warnings": list(warnings.map { .string($0) }),
            "baseline": baseline?.kept, "roc": roc?.value, "calibration": calibration?.value,
        ])
    }
}

extension GateMeasurement.Baseline {
    fileprivate var kept: Value {
        object([
            "version": .string(version.description), "value": Value(measured: value),
            "difference": Value(measured: difference), "lower": Value(measured: lower), "upper": Value(measured: upper),
            "margin": Value(measured: margin), "trusted": .bool(isTrusted),
            "rowsNeeded": rowsNeeded.map { .integer(Int64($0)) },
        ])
    }
}

extension GateMeasurement.SliceValues {
    fileprivate var kept: Value {
        object([
            "slices": .list(
                slices.map { slice in
                    object([
                        "name": slice.name.map { .string($0) }, "samples": .integer(Int64(slice.count)),
                        "value": slice.value.map { Value(measured: $0) }, "problem": slice.problem.map { .string($0) },
                        "interval": slice.interval.map(Value.init(bounds:)),
                        "verdict": .string(slice.verdict.rawValue),
                    ])
                }),
            "gap": gap.map { gap in
                object([
                    "value": Value(measured: gap.value), "lower": Value(measured: gap.lower),
                    "best": gap.best.map { .string($0) }, "worst": gap.worst.map { .string($0) },
                ])
            },
        ])
    }
}

extension CardOutline {
    fileprivate var value: Value {
        [
            "fields": .list(fields.map { .string($0) }),
            "sections": .list(sections.filter(\.hasText).map { .string($0.title) }),
        ]
    }
}

extension Value {
    fileprivate init(bounds: ClosedRange<Double>) {
        self = .list([Value(measured: bounds.lowerBound), Value(measured: bounds.upperBound)])
    }
}

/// Rules over the fields of the steps `analysis` of a rollout, in the places of those that break them.
enum AnalysisRules {
    static func problems(_ steps: [Value]) -> [FieldProblem] {
        steps.enumerated().flatMap { index, item -> [FieldProblem] in
            guard let analysis = item["analysis"], case .object = analysis else { return [] }
            let path = RolloutRules.step(index) + [.member("analysis")]
            return times(analysis, path) + metrics(analysis["metrics"], path + [.member("metrics")])
        }
    }

    /// Before its first share the new revision answers nothing.
    static func early(_ steps: [Value]) -> [FieldProblem] {
        guard let index = steps.firstIndex(where: { $0["weight"] != nil || $0["analysis"] != nil }),
            steps[index]["weight"] == nil
        else { return [] }
        return [
            FieldProblem(
                path: RolloutRules.step(index) + [.member("analysis")], rule: "conflicting-fields",
                message: "this analysis is before the first 'weight', where the new revision answers nothing",
                hint: "write '- weight: 5' before it", isOfKey: true)
        ]
    }

    private static func times(_ analysis: Value, _ path: [FieldStep]) -> [FieldProblem] {
        guard analysis["for"] != .null, analysis["within"] != .null else { return [] }
        guard let text = analysis["for"]?.string, let time = try? Duration(parsing: text) else { return [] }
        if time < .seconds(1) {
            return [
                FieldProblem(
                    path: path + [.member("for")], rule: "out-of-range",
                    message: "'for' is \(text); an analysis takes at least 1s, and minutes to mean something")
            ]
        }
        guard let limit = analysis["within"]?.string, let within = try? Duration(parsing: limit), within < time else {
            return []
        }
        return [
            FieldProblem(
                path: path + [.member("within")], rule: "out-of-range",
                message: "'within' is \(limit), shorter than 'for', which is \(text)",
                hint: "leave it out for \(AnalysisStep.standardPatience) times 'for'")
        ]
    }

    private static func metrics(_ value: Value?, _ path: [FieldStep]) -> [FieldProblem] {
        let items = value?.list ?? []
        if items.count > AnalysisStep.mostChecks {
            return [
                FieldProblem(
                    path: path, rule: "out-of-range",
                    message: "\(items.count) metrics; an analysis has at most \(AnalysisStep.mostChecks)")
            ]
        }
        return items.enumerated().flatMap { metric($1, path + [.index($0)]) }
    }

    private static func metric(_ item: Value, _ path: [FieldStep]) -> [FieldProblem] {
        guard case .object = item, item["errors"] != .null, item["latency"] != .null else { return [] }
        switch (item["errors"], item["latency"]) {
        case (nil, nil):
            return [
                FieldProblem(
                    path: path, rule: "missing-field", message: "this metric has neither 'errors' nor 'latency'",
                    hint: "write 'errors: {maxIncrease: 2%}' or 'latency: {above: 250ms, maxIncrease: 5%}'")
            ]
        case (_?, _?):
            return [
                FieldProblem(
                    path: path + [.member("latency")], rule: "conflicting-fields",
                    message: "a metric is 'errors' or 'latency', not both", hint: "make two of it", isOfKey: true)
            ]
        case (let errors?, nil): return limit(errors, path + [.member("errors")])
        case (nil, let latency?):
            let place = path + [.member("latency")]
            return limit(latency, place) + bound(latency, place)
        }
    }

    private static func limit(_ metric: Value, _ path: [FieldStep]) -> [FieldProblem] {
        guard case .object = metric, metric["max"] != .null, metric["maxIncrease"] != .null else { return [] }
        let written = ["maxIncrease", "max"].filter { metric[$0] != nil }
        guard let name = written.first else {
            return [
                FieldProblem(
                    path: path, rule: "missing-field",
                    message: "neither 'maxIncrease' nor 'max' says how much is allowed",
                    hint: "write 'maxIncrease: 2%' to compare with what serves, or 'max: 1%'")
            ]
        }
        if written.count > 1 {
            return [
                FieldProblem(
                    path: path + [.member("max")], rule: "conflicting-fields",
                    message: "'maxIncrease' and 'max' exclude each other",
                    hint: "make two metrics of it where both are meant", isOfKey: true)
            ]
        }
        guard let share = metric[name]?.string.flatMap({ try? Share(parsing: $0) }) else { return [] }
        guard share.thousandths == 0 || share.thousandths == 100_000 else { return [] }
        return [
            FieldProblem(
                path: path + [.member(name)], rule: "out-of-range",
                message: share.thousandths == 0
                    ? "'\(name)' is 0%, which no number of requests can prove"
                    : "'\(name)' is 100%, which nothing breaks")
        ]
    }

    private static func bound(_ latency: Value, _ path: [FieldStep]) -> [FieldProblem] {
        guard case .object = latency, latency["above"] != .null else { return [] }
        guard let text = latency["above"]?.string, let time = try? Duration(parsing: text),
            AnswerTimes.firstBucket(above: time) == nil
        else { return [] }
        return [
            FieldProblem(
                path: path + [.member("above")], rule: "out-of-range",
                message: "'above' is \(text), by which the gateway does not count",
                hint: "write one of \(AnalysisCheck.bounds)")
        ]
    }
}

/// Rules over the fields of `spec.rollout`, in the places of those that break them.
enum RolloutRules {
    static func problems(_ rollout: Value?) -> [FieldProblem] {
        guard let rollout, case .object = rollout, rollout["strategy"] != .null else { return [] }
        let strategy = rollout["strategy"]?.string ?? ModelDeployment.Rollout.Strategy.replace.rawValue
        guard rollout["steps"] != .null else { return [] }
        let steps = rollout["steps"]?.list ?? []
        switch ModelDeployment.Rollout.Strategy(rawValue: strategy) {
        case .replace?, nil: return superfluous(rollout)
        case .blueGreen?:
            return forms(steps) + notOfBlueGreen(steps) + AnalysisRules.problems(steps) + idle(rollout, steps)
        case .canary?:
            guard !steps.isEmpty else { return rollout["steps"] == nil ? [noSteps] : [] }
            return forms(steps) + rising(steps) + AnalysisRules.problems(steps) + AnalysisRules.early(steps)
                + idle(rollout, steps)
        }
    }

    static let place: [FieldStep] = [.member("spec"), .member("rollout")]

    private static let noSteps = FieldProblem(
        path: place, rule: "missing-field", message: "strategy 'canary' needs 'steps'",
        hint: "as in 'steps: [{weight: 10}, {pause: {for: 10m}}, {weight: 100}]'")

    /// With `replace` there is nothing between the old revision and the new one.
    private static func superfluous(_ rollout: Value) -> [FieldProblem] {
        ["steps", "onFailure", "onInconclusive", "keepOld"].filter { rollout[$0] != nil }.map { field in
            FieldProblem(
                path: place + [.member(field)], rule: "conflicting-fields",
                message: "'\(field)' means nothing with strategy 'replace', which gives all traffic at once",
                hint: "write 'strategy: canary' or 'strategy: blueGreen', or remove it", isOfKey: true)
        }
    }

    /// Nothing is ever inconclusive without an analysis.
    private static func idle(_ rollout: Value, _ steps: [Value]) -> [FieldProblem] {
        guard rollout["onInconclusive"] != nil, !steps.contains(where: { $0["analysis"] != nil }) else { return [] }
        return [
            FieldProblem(
                path: place + [.member("onInconclusive")], rule: "conflicting-fields",
                message: "'onInconclusive' means nothing without a step 'analysis'", hint: "remove it", isOfKey: true)
        ]
    }

    static func step(_ index: Int) -> [FieldStep] { place + [.member("steps"), .index(index)] }

    /// Each step is one thing, and each pause has one end.
    private static func forms(_ steps: [Value]) -> [FieldProblem] {
        steps.enumerated().compactMap { index, item -> FieldProblem? in
            let forms = ["weight", "pause", "analysis"]
            guard case .object = item, !forms.contains(where: { item[$0] == .null }) else { return nil }
            let written = forms.filter { item[$0] != nil }
            guard let first = written.first else {
                return FieldProblem(
                    path: step(index), rule: "missing-field",
                    message: "this step has neither 'weight' nor 'pause' nor 'analysis'",
                    hint: "write 'weight: 10', 'pause: {for: 10m}' or 'analysis: {for: 10m}'")
            }
            if let second = written.dropFirst().first {
                return FieldProblem(
                    path: step(index) + [.member(second)], rule: "conflicting-fields",
                    message:
                        "a step is one thing, and this is a '\(first)' and \(second == "analysis" ? "an" : "a") '\(second)'",
                    hint: "make two steps of it", isOfKey: true)
            }
            guard let pause = item["pause"] else { return nil }
            return problem(ofPause: pause, at: step(index) + [.member("pause")])
        }
    }

    private static func problem(ofPause pause: Value, at path: [FieldStep]) -> FieldProblem? {
        guard case .object = pause, pause["for"] != .null, pause["until"] != .null else { return nil }
        if pause["for"] != nil && pause["until"] != nil {
            return FieldProblem(
                path: path + [.member("until")], rule: "conflicting-fields",
                message: "'for' and 'until' exclude each other", hint: "keep one of them", isOfKey: true)
        }
        if pause["for"] == nil && pause["until"] == nil {
            return FieldProblem(
                path: path, rule: "missing-field", message: "this pause has neither 'for' nor 'until'",
                hint: "write 'for: 10m' or 'until: resumed'")
        }
        guard let text = pause["for"]?.string, (try? Duration(parsing: text)) == .zero else { return nil }
        return FieldProblem(
            path: path + [.member("for")], rule: "out-of-range", message: "'for' must be longer than nothing",
            hint: "remove the step")
    }

    /// Weights rise, and the last step gives all.
    private static func rising(_ steps: [Value]) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        var highest: Int64 = 0
        for (index, item) in steps.enumerated() {
            guard let weight = item["weight"]?.integer else { continue }
            if weight <= highest {
                problems.append(
                    FieldProblem(
                        path: step(index) + [.member("weight")], rule: "out-of-range",
                        message: "'weight' is \(weight) after \(highest); weights rise from step to step"))
            }
            highest = max(highest, weight)
        }
        guard let last = steps.indices.last, problems.isEmpty, steps[last]["weight"] != .null,
            steps[last]["weight"]?.integer != 100
        else { return problems }
        return [
            FieldProblem(
                path: step(last), rule: "missing-field", message: "the last step is not 'weight: 100'",
                hint: "add '- weight: 100', so that the list says how it ends")
        ]
    }

    private static func notOfBlueGreen(_ steps: [Value]) -> [FieldProblem] {
        steps.indices.compactMap { index in
            if steps[index]["weight"] != nil {
                return FieldProblem(
                    path: step(index) + [.member("weight")], rule: "conflicting-fields",
                    message: "strategy 'blueGreen' switches all traffic at once; its steps are pauses before that",
                    hint: "write 'strategy: canary' to go by weights", isOfKey: true)
            }
            guard steps[index]["analysis"] != nil else { return nil }
            return FieldProblem(
                path: step(index) + [.member("analysis")], rule: "conflicting-fields",
                message:
                    "strategy 'blueGreen' gives no request to the new revision before its switch, so there is nothing to analyse",
                hint: "write 'strategy: canary' with a small 'weight' before the analysis", isOfKey: true)
        }
    }
}

/// Words of the design that no version of Waybill does yet: refused like any unknown word, with what to do instead.
package enum NotBuiltYet {
    /// For `text`, which is no choice of `field`; nil when it means nothing in any version.
    package static func hint(choice text: String, of field: String) -> String? {
        switch (field, text) {
        case ("strategy", "shadow"): "'shadow' is not built yet; 'canary' with a small first weight is nearest to it"
        case ("until", "approved"):
            "'approved' is not built yet; write 'until: resumed', and go on with 'waybill rollout advance'"
        case _: nil
        }
    }

    /// For a field `name` that `fields` does not have.
    package static func hint(field name: String, beside fields: [String]) -> String? {
        switch name {
        case "prometheus" where fields.contains("latency"):
            "queries of Prometheus are not built yet; 'errors' and 'latency' are counted by the gateway itself"
        case "feedback" where fields.contains("latency"), "disagreement" where fields.contains("latency"):
            "analyses of what models answer are not built yet; 'errors' and 'latency' are"
        case _: nil
        }
    }
}

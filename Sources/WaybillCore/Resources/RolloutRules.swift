/// Rules over the fields of `spec.rollout`, in the places of those that break them.
enum RolloutRules {
    static func problems(_ rollout: Value?) -> [FieldProblem] {
        guard let rollout, case .object = rollout, rollout["strategy"] != .null else { return [] }
        let strategy = rollout["strategy"]?.string ?? ModelDeployment.Rollout.Strategy.replace.rawValue
        guard rollout["steps"] != .null else { return [] }
        let steps = rollout["steps"]?.list ?? []
        switch ModelDeployment.Rollout.Strategy(rawValue: strategy) {
        case .replace?, nil: return superfluous(rollout)
        case .blueGreen?: return forms(steps) + weights(ofBlueGreen: steps)
        case .canary?:
            guard !steps.isEmpty else { return rollout["steps"] == nil ? [noSteps] : [] }
            return forms(steps) + rising(steps)
        }
    }

    private static let place: [FieldStep] = [.member("spec"), .member("rollout")]

    private static let noSteps = FieldProblem(
        path: place, rule: "missing-field", message: "strategy 'canary' needs 'steps'",
        hint: "as in 'steps: [{weight: 10}, {pause: {for: 10m}}, {weight: 100}]'")

    /// With `replace` there is nothing between the old revision and the new one.
    private static func superfluous(_ rollout: Value) -> [FieldProblem] {
        ["steps", "onFailure", "keepOld"].filter { rollout[$0] != nil }.map { field in
            FieldProblem(
                path: place + [.member(field)], rule: "conflicting-fields",
                message: "'\(field)' means nothing with strategy 'replace', which gives all traffic at once",
                hint: "write 'strategy: canary' or 'strategy: blueGreen', or remove it", isOfKey: true)
        }
    }

    private static func step(_ index: Int) -> [FieldStep] { place + [.member("steps"), .index(index)] }

    /// Each step is one thing, and each pause has one end.
    private static func forms(_ steps: [Value]) -> [FieldProblem] {
        steps.enumerated().compactMap { index, item -> FieldProblem? in
            guard case .object = item, item["weight"] != .null, item["pause"] != .null else { return nil }
            if item["weight"] != nil && item["pause"] != nil {
                return FieldProblem(
                    path: step(index) + [.member("pause")], rule: "conflicting-fields",
                    message: "a step is a 'weight' or a 'pause', not both", hint: "make two steps of it", isOfKey: true)
            }
            if item["weight"] != nil { return nil }
            guard let pause = item["pause"] else {
                return FieldProblem(
                    path: step(index), rule: "missing-field", message: "this step has neither 'weight' nor 'pause'",
                    hint: "write 'weight: 10' or 'pause: {for: 10m}'")
            }
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

    private static func weights(ofBlueGreen steps: [Value]) -> [FieldProblem] {
        steps.indices.filter { steps[$0]["weight"] != nil }.map { index in
            FieldProblem(
                path: step(index) + [.member("weight")], rule: "conflicting-fields",
                message: "strategy 'blueGreen' switches all traffic at once; its steps are pauses before that",
                hint: "write 'strategy: canary' to go by weights", isOfKey: true)
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
        case "analysis" where fields.contains("weight"):
            "analyses are not built yet; write a 'pause', and go on when you have looked"
        case "onInconclusive" where fields.contains("onFailure"):
            "analyses are not built yet, so nothing is inconclusive; remove it"
        case _: nil
        }
    }
}

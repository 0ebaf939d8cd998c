/// Rules over several fields of a checklist.
enum ChecklistRules {
    static func problems(_ spec: Value) -> [FieldProblem] {
        let gates = spec["gates"]?.list ?? []
        let data = (spec["data"]?.list ?? []).compactMap { $0["name"]?.string }
        var found: [FieldProblem] = []
        var names: [String: Int] = [:]
        for (index, gate) in gates.enumerated() {
            guard case .object(let members) = gate else { continue }
            let path: [FieldStep] = [.member("spec"), .member("gates"), .index(index)]
            let kinds = GateKind.allCases.filter { members[$0.rawValue] != nil }
            guard let kind = kinds.first, kinds.count == 1 else {
                found.append(oneKind(kinds, path))
                continue
            }
            found += repeated(members["name"]?.string ?? kind.rawValue, index, &names, path, members["name"] != nil)
            let own = path + [.member(kind.rawValue)]
            guard let fields = members[kind.rawValue], fields != .null else { continue }
            switch kind {
            case .metric: found += question(fields, own, data) + bounds(fields, own)
            case .slice: found += question(fields, own, data) + sliceBounds(fields, own)
            case .golden: found += tolerances(fields, own)
            case .command: found += CommandRules.problems(fields, own, data)
            case .latency: found += LatencyRules.problems(fields, own)
            case .reproducible: found += ReproducibleRules.problems(fields, own)
            case .card where (fields["sections"]?.list ?? []).isEmpty && (fields["fields"]?.list ?? []).isEmpty:
                found.append(
                    FieldProblem(
                        path: own, rule: "missing-field", message: "this gate asks for nothing in the card",
                        hint: "write 'sections: [Intended use]' or 'fields: [license]'"))
            default: break
            }
        }
        return found + labels(spec["data"])
    }

    private static func oneKind(_ kinds: [GateKind], _ path: [FieldStep]) -> FieldProblem {
        guard kinds.count > 1 else {
            return FieldProblem(
                path: path, rule: "missing-field", message: "this gate asks nothing",
                hint: "write one of \(GateKind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return FieldProblem(
            path: path + [.member(kinds[1].rawValue)], rule: "conflicting-fields",
            message: "'\(kinds[0].rawValue)' and '\(kinds[1].rawValue)' are two gates",
            hint: "make each an item of its own",
            isOfKey: true)
    }

    private static func repeated(
        _ name: String, _ index: Int, _ names: inout [String: Int], _ path: [FieldStep], _ isWritten: Bool
    ) -> [FieldProblem] {
        guard names[name] != nil else {
            names[name] = index
            return []
        }
        return [
            FieldProblem(
                path: isWritten ? path + [.member("name")] : path, rule: "duplicate-key",
                message: "there are two gates \(name.quotedForMessage) in this checklist",
                hint: "give one of them another 'name'")
        ]
    }

    private static func question(_ fields: Value, _ path: [FieldStep], _ data: [String]) -> [FieldProblem] {
        let metric = fields["metric"]?.string.flatMap(MetricName.init(rawValue:))
        guard let named = fields["data"]?.string, !data.contains(named) else { return quantile(fields, path, metric) }
        let near = Suggestion.nearest(to: named, in: data).map { "did you mean '\($0)'?" }
        return [
            FieldProblem(
                path: path + [.member("data")], rule: "dangling-reference",
                message: "there is no data \(named.quotedForMessage) in this checklist",
                hint: near ?? "add it to 'spec.data'")
        ] + quantile(fields, path, metric)
    }

    private static func bounds(_ fields: Value, _ path: [FieldStep]) -> [FieldProblem] {
        let metric = fields["metric"]?.string.flatMap(MetricName.init(rawValue:))
        if fields["atLeast"] == nil, fields["atMost"] == nil, fields["notWorse"] == nil {
            return [
                FieldProblem(
                    path: path, rule: "missing-field", message: "this gate has no bound",
                    hint: metric?.direction == .lowerIsBetter ? "write 'atMost: NUMBER'" : "write 'atLeast: NUMBER'")
            ]
        }
        guard let margin = fields["notWorse"], margin != .null else { return [] }
        let own = path + [.member("notWorse")]
        switch (margin["by"], margin["share"]) {
        case (nil, nil):
            return [
                FieldProblem(
                    path: own, rule: "missing-field", message: "this comparison has no margin",
                    hint: "write 'by: NUMBER', or 'share: NUMBER'; 0 asks for no worse at all")
            ]
        case (.some, .some):
            return [
                FieldProblem(
                    path: own + [.member("share")], rule: "conflicting-fields",
                    message: "'by' and 'share' exclude each other", hint: "keep one of them")
            ]
        case (let by, let share):
            let name = by == nil ? "share" : "by"
            guard let number = (by ?? share)?.number, number < 0 || name == "share" && number > 1 else { return [] }
            let range = name == "share" ? "between 0 and 1" : "0 or more"
            return [
                FieldProblem(path: own + [.member(name)], rule: "invalid-value", message: "'\(name)' is \(range)")
            ]
        }
    }

    private static func sliceBounds(_ fields: Value, _ path: [FieldStep]) -> [FieldProblem] {
        let metric = fields["metric"]?.string.flatMap(MetricName.init(rawValue:))
        let isLower = metric?.direction == .lowerIsBetter
        let (side, other) = isLower ? ("atMost", "atLeast") : ("atLeast", "atMost")
        if let metric, fields[other] != nil {
            return [
                FieldProblem(
                    path: path + [.member(other)], rule: "conflicting-fields",
                    message:
                        "'\(metric.rawValue)' is better \(isLower ? "lower" : "higher"), so groups are bounded by '\(side)'",
                    hint: "write '\(side)'")
            ]
        }
        if let gap = fields["gap"]?.number, gap < 0 {
            return [
                FieldProblem(path: path + [.member("gap")], rule: "invalid-value", message: "'gap' is less than 0")
            ]
        }
        guard fields[side] == nil, fields["gap"] == nil else { return [] }
        return [
            FieldProblem(
                path: path, rule: "missing-field", message: "this gate has no bound",
                hint: "write '\(side): NUMBER' or 'gap: NUMBER'")
        ]
    }

    private static func quantile(_ fields: Value, _ path: [FieldStep], _ metric: MetricName?) -> [FieldProblem] {
        let quantile = fields["quantile"]?.number
        if metric == .quantileLoss, fields["quantile"] == nil {
            return [
                FieldProblem(
                    path: path + [.member("metric")], rule: "missing-field",
                    message: "'quantileLoss' needs 'quantile', the one that was predicted",
                    hint: "write 'quantile: 0.9'")
            ]
        }
        guard let quantile else { return [] }
        let own = path + [.member("quantile")]
        if let metric, metric != .quantileLoss {
            return [
                FieldProblem(
                    path: own, rule: "conflicting-fields", message: "'\(metric.rawValue)' has no quantile",
                    hint: "remove 'quantile', or measure 'quantileLoss'")
            ]
        }
        guard quantile > 0, quantile < 1 else {
            return [FieldProblem(path: own, rule: "invalid-value", message: "'quantile' is between 0 and 1")]
        }
        return []
    }

    private static func tolerances(_ fields: Value, _ path: [FieldStep]) -> [FieldProblem] {
        (fields["tolerances"]?.list ?? []).enumerated().flatMap { index, item in
            ["absolute", "relative"].filter { (item[$0]?.number ?? 0) < 0 }.map { name in
                FieldProblem(
                    path: path + [.member("tolerances"), .index(index), .member(name)], rule: "invalid-value",
                    message: "'\(name)' is less than 0")
            }
        }
    }

    private static func labels(_ data: Value?) -> [FieldProblem] {
        (data?.list ?? []).enumerated().flatMap { index, item -> [FieldProblem] in
            let path: [FieldStep] = [.member("spec"), .member("data"), .index(index)]
            let classes = (item["classes"]?.list ?? []).compactMap(\.string)
            var found: [FieldProblem] = []
            if let positive = item["positive"]?.string, !classes.isEmpty, !classes.contains(positive) {
                let near = Suggestion.nearest(to: positive, in: classes).map { "did you mean '\($0)'?" }
                found.append(
                    FieldProblem(
                        path: path + [.member("positive")], rule: "dangling-reference",
                        message: "\(positive.quotedForMessage) is none of the classes",
                        hint: near ?? "add it to 'classes'"))
            }
            let features = (item["features"]?.list ?? []).compactMap(\.string)
            if let target = item["target"]?.string, let place = features.firstIndex(of: target) {
                found.append(
                    FieldProblem(
                        path: path + [.member("features"), .index(place)], rule: "conflicting-fields",
                        message: "\(target.quotedForMessage) is the target, which the model must not see",
                        hint: "remove it from 'features'"))
            }
            return found
        }
    }
}

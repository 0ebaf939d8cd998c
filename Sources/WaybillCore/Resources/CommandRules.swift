/// Rules over several fields of a `command` gate.
enum CommandRules {
    static func problems(_ fields: Value, _ path: [FieldStep], _ data: [String]) -> [FieldProblem] {
        references(fields, path, data) + bounds(fields, path) + limits(fields, path)
    }

    private static func references(_ fields: Value, _ path: [FieldStep], _ data: [String]) -> [FieldProblem] {
        (fields["data"]?.list ?? []).enumerated().compactMap { index, item in
            guard let named = item.string, !data.contains(named) else { return nil }
            let near = Suggestion.nearest(to: named, in: data).map { "did you mean '\($0)'?" }
            return FieldProblem(
                path: path + [.member("data"), .index(index)], rule: "dangling-reference",
                message: "there is no data \(named.quotedForMessage) in this checklist",
                hint: near ?? "add it to 'spec.data'")
        }
    }

    private static func bounds(_ fields: Value, _ path: [FieldStep]) -> [FieldProblem] {
        (fields["bounds"]?.list ?? []).enumerated().compactMap { index, item in
            guard case .object = item else { return nil }
            let own = path + [.member("bounds"), .index(index)]
            switch (item["atLeast"]?.number, item["atMost"]?.number) {
            case (nil, nil):
                guard item["atLeast"] == nil, item["atMost"] == nil else { return nil }
                return FieldProblem(
                    path: own, rule: "missing-field", message: "this number has no bound",
                    hint:
                        "write 'atLeast: NUMBER' or 'atMost: NUMBER'; for yes or no, 'atLeast: 1' of a number that is 0 or 1"
                )
            case (let least?, let most?) where least > most:
                return FieldProblem(
                    path: own + [.member("atMost")], rule: "invalid-value",
                    message: "no number is at least \(MetricCheck.text(least)) and at most \(MetricCheck.text(most))")
            default: return nil
            }
        }
    }

    private static func limits(_ fields: Value, _ path: [FieldStep]) -> [FieldProblem] {
        var found: [FieldProblem] = []
        if fields["candidate"] != nil, fields["network"]?.string != CommandCheck.Network.host.rawValue {
            found.append(
                FieldProblem(
                    path: path + [.member("candidate")], rule: "conflicting-fields",
                    message: "a program without a network cannot ask a candidate", hint: "add 'network: host'"))
        }
        if fields["isolation"]?.string == Isolation.none.rawValue,
            fields["network"]?.string != CommandCheck.Network.host.rawValue
        {
            found.append(
                FieldProblem(
                    path: path + [.member("isolation")], rule: "conflicting-fields",
                    message: "without a sandbox no network can be closed", hint: "add 'network: host'"))
        }
        return found + SandboxRules.timeout(fields, path)
    }
}

/// Rules over several fields of a `latency` gate.
enum LatencyRules {
    static func problems(_ fields: Value, _ path: [FieldStep]) -> [FieldProblem] {
        bounds(fields, path) + comparison(fields["notSlower"], path + [.member("notSlower")]) + load(fields, path)
    }

    private static func bounds(_ fields: Value, _ path: [FieldStep]) -> [FieldProblem] {
        let written = LatencyCheck.Percentile.allCases.filter { fields[$0.rawValue] != nil }
        if written.isEmpty, fields["notSlower"] == nil {
            return [
                FieldProblem(
                    path: path, rule: "missing-field", message: "this gate has no bound",
                    hint: "write 'p99: DURATION', or 'notSlower'")
            ]
        }
        return written.compactMap { percentile in
            guard let text = fields[percentile.rawValue]?.string, (try? Duration(parsing: text)) == .zero else {
                return nil
            }
            return FieldProblem(
                path: path + [.member(percentile.rawValue)], rule: "out-of-range",
                message: "'\(percentile.rawValue)' must be longer than nothing")
        }
    }

    private static func comparison(_ fields: Value?, _ path: [FieldStep]) -> [FieldProblem] {
        guard let fields, fields != .null else { return [] }
        switch (fields["by"], fields["share"]) {
        case (nil, nil):
            return [
                FieldProblem(
                    path: path, rule: "missing-field", message: "this comparison has no margin",
                    hint: "write 'by: DURATION', or 'share: NUMBER'")
            ]
        case (.some, .some):
            return [
                FieldProblem(
                    path: path + [.member("share")], rule: "conflicting-fields",
                    message: "'by' and 'share' exclude each other", hint: "keep one of them")
            ]
        case (_, let share):
            guard let number = share?.number, number < 0 else { return [] }
            return [
                FieldProblem(path: path + [.member("share")], rule: "invalid-value", message: "'share' is 0 or more")
            ]
        }
    }

    private static func load(_ fields: Value, _ path: [FieldStep]) -> [FieldProblem] {
        var found: [FieldProblem] = []
        if let cores = fields["cores"]?.number, !(cores > 0 && cores <= 1) {
            found.append(
                FieldProblem(
                    path: path + [.member("cores")], rule: "out-of-range",
                    message: "'cores' is a share of the processors: above 0, at most 1"))
        }
        guard let length = fields["for"]?.string.flatMap({ try? Duration(parsing: $0) }),
            let rate = fields["rate"]?.integer, (1...10_000).contains(rate)
        else { return found }
        let own = path + [.member("for")]
        guard length > .zero, length <= .seconds(600) else {
            return found + [
                FieldProblem(
                    path: own, rule: "out-of-range", message: "'for' is longer than nothing and at most 10m")
            ]
        }
        let written = LatencyCheck.Percentile.allCases.filter { fields[$0.rawValue] != nil }
        let needed = Int64((written.map(\.samplesNeeded).max() ?? LatencyCheck.Percentile.p99.samplesNeeded))
        let planned = rate * length.milliseconds / 1000
        guard planned < needed else { return found }
        let last = written.last ?? .p99
        return found + [
            FieldProblem(
                path: own, rule: "out-of-range",
                message: "\(planned) requests say too little about \(last.rawValue): at least \(needed) are needed",
                hint: "write 'for: \((needed + rate - 1) / rate)s', or a higher rate")
        ]
    }
}

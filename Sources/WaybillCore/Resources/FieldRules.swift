/// Rules over several fields of one document, in the places of the fields that break them.
package enum FieldRules {
    /// Every rule that the decoded `document` of this kind breaks. Fields that had problems of their own are `null`.
    package static func problems(kind: Kind, document: Value) -> [FieldProblem] {
        annotations(kind, document) + (document["spec"].map { spec(kind, $0) } ?? [])
    }

    private static func spec(_ kind: Kind, _ spec: Value) -> [FieldProblem] {
        switch kind {
        case .environment: return freezes(spec)
        case .model: return lifecycle(spec)
        case .modelVersion: return secrets(spec)
        case .checklist: return ChecklistRules.problems(spec)
        case .modelDeployment:
            return variables(spec["env"]) + RolloutRules.problems(spec["rollout"])
                + RecordingRules.problems(spec["recording"])
        case .servingRuntime:
            return variables(spec["env"]) + paths(spec) + probes(spec["probes"]) + window(spec["probes"])
        }
    }

    /// A version that is given up says why.
    private static func lifecycle(_ spec: Value) -> [FieldProblem] {
        (spec["lifecycle"]?.list ?? []).enumerated().compactMap { index, item in
            let state = item["state"]?.string ?? Model.Lifecycle.State.active.rawValue
            guard state != Model.Lifecycle.State.active.rawValue, item["reason"] == nil else { return nil }
            return FieldProblem(
                path: [.member("spec"), .member("lifecycle"), .index(index)], rule: "missing-field",
                message: "a version that is '\(state)' needs a 'reason'",
                hint: "people who deploy it read the reason")
        }
    }

    private static func freezes(_ spec: Value) -> [FieldProblem] {
        (spec["freezes"]?.list ?? []).enumerated().flatMap { index, item in
            Freeze.problems(item, at: [.member("spec"), .member("freezes"), .index(index)])
        }
    }

    /// What a bundle carries everyone may read.
    private static func secrets(_ spec: Value) -> [FieldProblem] {
        var places: [(path: [FieldStep], text: String?)] = [
            ([.member("spec"), .member("code"), .member("repository")], spec["code"]?["repository"]?.string)
        ]
        for (index, item) in (spec["data"]?.list ?? []).enumerated() {
            places.append(([.member("spec"), .member("data"), .index(index), .member("uri")], item["uri"]?.string))
        }
        return places.filter { $0.text.map(holdsPassword) ?? false }.map {
            FieldProblem(
                path: $0.path, rule: "invalid-value",
                message: "this address holds a password, which everyone could read who has the bundle",
                hint: "leave out 'user:password@'")
        }
    }

    private static func holdsPassword(_ address: String) -> Bool {
        guard let scheme = address.firstRange(of: "://") else { return false }
        let authority = address[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let at = authority.lastIndex(of: "@") else { return false }
        return authority[..<at].contains(":")
    }

    /// Annotations that mean something to Waybill; all others are the author's own.
    private static func annotations(_ kind: Kind, _ document: Value) -> [FieldProblem] {
        let written = document["metadata"]?["annotations"]?.object ?? [:]
        return written.keys.sorted().filter { $0.hasPrefix("waybill.dev/") }.compactMap { key in
            let path: [FieldStep] = [.member("metadata"), .member("annotations"), .member(key)]
            guard key == Metadata.pruneKey else {
                let isNear = Suggestion.nearest(to: key, in: [Metadata.pruneKey]) != nil
                return FieldProblem(
                    path: path, rule: "unknown-field",
                    message:
                        "there is no annotation \(key.quotedForMessage); names under 'waybill.dev/' are Waybill's own",
                    hint: isNear ? "did you mean '\(Metadata.pruneKey)'?" : "use a prefix of your own", isOfKey: true)
            }
            guard kind == .modelDeployment else {
                return FieldProblem(
                    path: path, rule: "unknown-field",
                    message: "'\(key)' is for a ModelDeployment; a \(kind.rawValue) has nothing that runs",
                    hint: "remove it", isOfKey: true)
            }
            guard let value = written[key]?.string, value != Metadata.pruneDisabled else { return nil }
            return FieldProblem(
                path: path, rule: "invalid-value",
                message: "'\(key)' is \(value.quotedForMessage); expected '\(Metadata.pruneDisabled)'",
                hint: value.hasPrefix("disable")
                    ? "did you mean '\(Metadata.pruneDisabled)'?" : "remove it to let it be pruned")
        }
    }

    private static func variables(_ env: Value?) -> [FieldProblem] {
        (env?.list ?? []).enumerated().compactMap { index, item in
            let path: [FieldStep] = [.member("spec"), .member("env"), .index(index)]
            // Set by hand it would give a replica accelerators that nobody counted.
            if item["name"]?.string == Resources.devicesVariable {
                return FieldProblem(
                    path: path + [.member("name")], rule: "invalid-value",
                    message:
                        "\(Resources.devicesVariable) is Waybill's own: a replica sees the accelerators it asks for",
                    hint: "use spec.resources.devices of the ModelDeployment")
            }
            if item["value"] != nil && item["valueFrom"] != nil {
                return FieldProblem(
                    path: path + [.member("valueFrom")], rule: "conflicting-fields",
                    message: "'value' and 'valueFrom' exclude each other", hint: "keep one of them")
            }
            guard item["value"] == nil, item["valueFrom"] == nil, case .object = item else { return nil }
            return FieldProblem(
                path: path, rule: "missing-field", message: "this variable has neither 'value' nor 'valueFrom'",
                hint: "write 'value: TEXT' or 'valueFrom: {file: /path}'")
        }
    }

    private static func paths(_ spec: Value) -> [FieldProblem] {
        guard let spoken = spec["protocol"]?.string, spec["paths"] != .null else { return [] }
        let isOwn = spoken == ServingProtocol.http.rawValue
        let count = spec["paths"]?.list?.count ?? 0
        if isOwn && count == 0 {
            return [
                FieldProblem(
                    path: [.member("spec"), .member("protocol")], rule: "missing-field",
                    message: "protocol 'http' needs 'paths', the prefixes that the gateway passes on",
                    hint: "add 'paths: [/predict]' to 'spec'")
            ]
        }
        if !isOwn && count > 0 {
            return [
                FieldProblem(
                    path: [.member("spec"), .member("paths")], rule: "conflicting-fields",
                    message: "protocol \(spoken.quotedForMessage) has paths of its own",
                    hint: "remove 'paths', or use 'protocol: http'")
            ]
        }
        return []
    }

    private static func probes(_ probes: Value?) -> [FieldProblem] {
        ["startup", "readiness", "liveness"].compactMap { name in
            guard let probe = probes?[name] else { return nil }
            let path: [FieldStep] = [.member("spec"), .member("probes"), .member(name)]
            if probe["http"] != nil && probe["tcp"] != nil {
                return FieldProblem(
                    path: path + [.member("tcp")], rule: "conflicting-fields",
                    message: "'http' and 'tcp' exclude each other", hint: "keep one of them")
            }
            guard name == "liveness", probe["http"] == nil, probe["tcp"] == nil else { return nil }
            return FieldProblem(
                path: path, rule: "missing-field", message: "the liveness probe has neither 'http' nor 'tcp'",
                hint: "write 'http: /v2/health/live' or 'tcp: true'")
        }
    }

    private static func window(_ probes: Value?) -> [FieldProblem] {
        ["startup", "readiness", "liveness"].flatMap { name in
            ["period", "timeout"].compactMap { field in
                guard let text = probes?[name]?[field]?.string, (try? Duration(parsing: text)) == .zero else {
                    return nil
                }
                return FieldProblem(
                    path: [.member("spec"), .member("probes"), .member(name), .member(field)], rule: "out-of-range",
                    message: "'\(field)' must be longer than nothing")
            }
        }
    }
}

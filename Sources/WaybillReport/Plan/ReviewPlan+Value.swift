package import WaybillCore

extension ReviewPlan {
    /// The same facts for programs, everything written out.
    package var value: Value {
        .of([
            "verdict": .string(verdict), "mayMerge": .bool(mayMerge), "missing": .texts(missing),
            "attention": .texts(attention), "unchanged": .integer(Int64(unchanged)),
            "groups": .list(groups.map(\.value)), "approvals": approvals?.value,
        ])
    }
}

extension Value {
    fileprivate static func texts(_ texts: [String]) -> Value { .list(texts.map { .string($0) }) }

    /// Of the members that are there.
    fileprivate static func of(_ members: KeyValuePairs<String, Value?>) -> Value {
        .object(Members(members.compactMap { name, value in value.map { (name, $0) } }))
    }
}

extension ReviewPlan.Group {
    fileprivate var value: Value {
        .of([
            "path": .texts(review.path.facts), "deployments": .texts(keys.map(\.description)),
            "environment": .string(review.environment.text),
            "verb": .string(review.verb.rawValue), "from": (review.from?.description).map { .string($0) },
            "to": (review.to?.description).map { .string($0) }, "owner": review.owner.map { .string($0) },
            "riskTier": review.riskTier.map { .string($0) }, "replicas": .integer(Int64(review.replicas)),
            "resources": .texts(review.resources), "size": .integer(review.size), "toPull": .integer(review.toPull),
            "checklist": review.checklist.map {
                [
                    "name": .string($0.name.text), "rules": .string($0.digest.description),
                    "given": .texts(review.asked.map(\.digest.description)),
                    "proven": .texts(
                        review.asked.filter { review.proof(of: $0).isProven }.map(\.digest.description)),
                    "changed": .bool(review.isChecklistChanged),
                ]
            },
            "proofs": review.proofs.isEmpty
                ? nil
                : .object(Members(review.proofs.map { ($0.key.description, $0.value.value) })),
            "warnings": .texts(review.warnings), "hold": review.hold.map { .string($0) },
            "fields": .list(review.fields.map(\.value)),
            "runtimePackages": .list(review.runtimePackages.map(\.value)), "rollout": .texts(review.rollout),
            "model": review.version?.value,
        ])
    }
}

extension VersionReview {
    fileprivate var value: Value {
        .of([
            "summary": .string(summary), "metrics": .list(metrics.map(\.value)), "slices": .list(slices.map(\.value)),
            "interface": .list(interface.map(\.value)), "interfaceKnown": .bool(!isInterfaceUnknown),
            "data": .list(data.map(\.value)), "packages": .list(packages.map(\.value)),
            "files": .list(files.map(\.value)), "facts": .list(facts.map(\.value)),
            "evidence": .list(
                evidence.map { evidence in
                    [
                        "digest": .string(evidence.digest.description), "checklist": .string(evidence.checklist),
                        "rules": .string(evidence.rules), "verdict": .string(evidence.verdict.rawValue),
                        "bundle": .string(evidence.bundle),
                    ]
                }),
        ])
    }
}

extension ReviewItem {
    fileprivate var value: Value {
        .of(["name": .string(name), "before": before.map { .string($0) }, "after": after.map { .string($0) }])
    }
}

extension InterfaceChange {
    fileprivate var value: Value {
        .of([
            "side": .string(side.rawValue), "tensor": .string(tensor), "before": before.map { .string($0) },
            "after": after.map { .string($0) }, "breaking": .bool(breaks), "reason": .string(reason),
        ])
    }
}

extension ReviewNumber {
    fileprivate var json: Value {
        .of([
            "value": .number(value), "claimed": .bool(isClaim),
            "interval": interval.map { [.number($0.lowerBound), .number($0.upperBound)] },
        ])
    }
}

extension MetricRow {
    fileprivate var value: Value {
        .of([
            "metric": .string(name), "data": data.map { .string($0) }, "old": old?.json, "new": new?.json,
            "tendency": .string(tendency.rawValue),
            "difference": difference.map { [.number($0.lowerBound), .number($0.upperBound)] },
        ])
    }
}

extension SliceRow {
    fileprivate var value: Value {
        .of([
            "metric": .string(metric), "by": .string(by), "data": .string(data), "name": name.map { .string($0) },
            "rows": .integer(Int64(count)), "old": old?.json, "new": new?.json,
            "tendency": .string(tendency.rawValue), "verdict": .string(verdict.rawValue),
        ])
    }
}

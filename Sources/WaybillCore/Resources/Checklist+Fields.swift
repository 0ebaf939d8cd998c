extension Checklist {
    init(_ spec: SpecReader) throws(InvalidInput) {
        self.init(
            description: spec.text("description"),
            gates: try spec.items("gates") { (item) throws(InvalidInput) in try Gate(item) },
            data: try spec.items("data") { (item) throws(InvalidInput) in try LabelledData(item) },
            runAll: spec.has("runAll"))
    }

    package var value: Value {
        object([
            "description": description.map { .string($0) }, "gates": .list(gates.map(\.value)),
            "data": list(data.map(\.value)), "runAll": runAll ? .bool(true) : nil,
        ])
    }
}

extension Gate {
    init(_ item: SpecReader) throws(InvalidInput) {
        guard let kind = GateKind.allCases.first(where: { item.has($0.rawValue) }) else {
            throw InvalidInput("a gate of a checklist asks nothing")
        }
        let fields = item.object(kind.rawValue)
        let check: Check =
            switch kind {
            case .integrity: .integrity
            case .signed: .signed(people: Int(fields.integer("people") ?? 1))
            case .safeFormat: .safeFormat
            case .interface: .interface
            case .license: .license(allowed: fields.texts("allowed"))
            case .card: .card(sections: fields.texts("sections"), fields: fields.texts("fields"))
            case .golden: .golden(try GoldenCheck(fields))
            case .metric: .metric(try MetricCheck(fields))
            case .slice: .slice(try SliceCheck(fields))
            case .command: .command(try CommandCheck(fields))
            case .latency: .latency(try LatencyCheck(fields))
            case .reproducible: .reproducible(try ReproducibleCheck(fields))
            }
        self.init(name: item.text("name"), check)
    }

    /// As a manifest writes it, defaults filled in.
    package var value: Value {
        object(["name": .string(name), kind.rawValue: check.value])
    }
}

extension Gate.Check {
    fileprivate var value: Value {
        switch self {
        case .integrity, .safeFormat, .interface: .object([:])
        case .signed(let people): object(["people": .integer(Int64(people))])
        case .license(let allowed): object(["allowed": .list(allowed.map { .string($0) })])
        case .card(let sections, let fields):
            object(["sections": list(sections.map { .string($0) }), "fields": list(fields.map { .string($0) })])
        case .golden(let golden): golden.value
        case .metric(let metric): metric.value
        case .slice(let slice): slice.value
        case .command(let command): command.value
        case .latency(let latency): latency.value
        case .reproducible(let check): check.value
        }
    }
}

extension DataFile {
    init(_ spec: SpecReader) throws(InvalidInput) {
        self.init(
            source: try ArtifactSource(parsing: try spec.required("source")),
            digest: try Digest(parsing: try spec.required("digest")), size: spec.integer("size") ?? 0)
    }

    package var members: KeyValuePairs<String, Value?> {
        [
            "source": .string(source.description), "digest": .string(digest.description), "size": .integer(size),
        ]
    }
}

extension GoldenCheck {
    init(_ fields: SpecReader) throws(InvalidInput) {
        self.init(
            requests: try DataFile(fields.object("requests")),
            tolerances: try fields.items("tolerances") { (item) throws(InvalidInput) in
                Tolerance(
                    output: try item.required("output"), absolute: item.number("absolute") ?? 0,
                    relative: item.number("relative") ?? 0)
            })
    }

    var value: Value {
        object([
            "requests": object(requests.members),
            "tolerances": list(
                tolerances.map {
                    object([
                        "output": .string($0.output), "absolute": Value(measured: $0.absolute),
                        "relative": Value(measured: $0.relative),
                    ])
                }),
        ])
    }
}

extension MetricQuestion {
    init(_ fields: SpecReader) throws(InvalidInput) {
        self.init(
            try fields.choice("metric"), data: try fields.required("data"), output: fields.text("output"),
            quantile: fields.number("quantile"))
    }

    var members: Members {
        object([
            "metric": .string(metric.rawValue), "data": .string(data), "output": output.map { .string($0) },
            "quantile": quantile.map { Value(measured: $0) },
        ]).object ?? [:]
    }
}

extension MetricCheck {
    init(_ fields: SpecReader) throws(InvalidInput) {
        self.init(
            try MetricQuestion(fields), atLeast: fields.number("atLeast"), atMost: fields.number("atMost"),
            notWorse: fields.has("notWorse") ? try NotWorse(fields.object("notWorse")) : nil,
            minSamples: Int(fields.integer("minSamples") ?? 100))
    }

    var value: Value {
        let bounds = object([
            "atLeast": atLeast.map { Value(measured: $0) }, "atMost": atMost.map { Value(measured: $0) },
            "notWorse": notWorse?.value, "minSamples": .integer(Int64(minSamples)),
        ])
        return .object(question.members.merging(bounds.object ?? [:]) { own, _ in own })
    }
}

extension MetricCheck.NotWorse {
    init(_ fields: SpecReader) throws(InvalidInput) {
        self.init(
            than: try fields.name("than"), margin: fields.number("by") ?? fields.number("share") ?? 0,
            isShare: fields.has("share"))
    }

    var value: Value { ["than": .string(than.text), isShare ? "share" : "by": Value(measured: margin)] }
}

extension SliceCheck {
    init(_ fields: SpecReader) throws(InvalidInput) {
        self.init(
            try MetricQuestion(fields), by: try fields.required("by"),
            bound: fields.number("atLeast") ?? fields.number("atMost"), gap: fields.number("gap"),
            minSamples: Int(fields.integer("minSamples") ?? 30))
    }

    var value: Value {
        let side = question.metric.direction == .higherIsBetter ? "atLeast" : "atMost"
        let bounds = object([
            "by": .string(by), side: bound.map { Value(measured: $0) }, "gap": gap.map { Value(measured: $0) },
            "minSamples": .integer(Int64(minSamples)),
        ])
        return .object(question.members.merging(bounds.object ?? [:]) { own, _ in own })
    }
}

extension LabelledData {
    init(_ item: SpecReader) throws(InvalidInput) {
        self.init(
            name: try item.name("name"), file: try DataFile(item), format: try item.choice("format"),
            target: try item.required("target"), features: item.texts("features"), classes: item.texts("classes"),
            positive: item.text("positive"), batch: Int(item.integer("batch") ?? 64))
    }

    var value: Value {
        object([
            "name": .string(name.text), "source": .string(file.source.description),
            "digest": .string(file.digest.description), "size": .integer(file.size),
            "format": .string(format.rawValue), "target": .string(target),
            "features": list(features.map { .string($0) }), "classes": list(classes.map { .string($0) }),
            "positive": .string(positive), "batch": .integer(Int64(batch)),
        ])
    }
}

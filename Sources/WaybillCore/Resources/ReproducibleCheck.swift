/// The version's own code, run again in its locked environment on its named data: what it is given, and what has to come out.
package struct ReproducibleCheck: Hashable, Sendable {
    /// A file of data by the name that the version has for it.
    package struct Data: Hashable, Sendable {
        package var name: Name
        package var file: DataFile

        package init(name: Name, file: DataFile) { (self.name, self.file) = (name, file) }
    }

    /// A metric that the version states, and how far what comes out may be from it.
    package struct Metric: Hashable, Sendable {
        package var name: String
        package var within: Double

        package init(name: String, within: Double) { (self.name, self.within) = (name, within) }
    }

    /// The program and its arguments; `python` is that of the environment.
    package var run: [String]
    package var data: [Data]
    /// The folder that it writes its result into, below the one that it is run in.
    package var output: String
    /// Whether the files with weights come out with the bytes of the version.
    package var givesWeights: Bool
    package var metric: Metric?
    package var timeout: Duration
    /// Bytes that it and its children may use.
    package var memory: Int64

    package init(
        run: [String], data: [Data] = [], output: String = "output", givesWeights: Bool = false,
        metric: Metric? = nil,
        timeout: Duration = .seconds(600), memory: Int64 = 2 << 30
    ) {
        self.run = run
        self.data = data
        self.output = output
        self.givesWeights = givesWeights
        self.metric = metric
        self.timeout = timeout
        self.memory = memory
    }

    /// In the folder of its result: an object of numbers by their names.
    package static let metricsFile = "metrics.json"
}

extension ReproducibleCheck {
    init(_ fields: SpecReader) throws(InvalidInput) {
        let gives = fields.object("gives")
        var metric: Metric?
        if let name = gives.text("metric") {
            metric = Metric(name: name, within: gives.number("within") ?? 0)
        }
        self.init(
            run: fields.texts("run"),
            data: try fields.items("data") { (item) throws(InvalidInput) in
                Data(name: try item.name("name"), file: try DataFile(item))
            },
            output: try fields.required("output"), givesWeights: gives.has("weights"), metric: metric,
            timeout: try fields.duration("timeout"),
            memory: try Quantity.memory(parsing: try fields.required("memory"))
        )
    }

    var value: Value {
        object([
            "run": .list(run.map { .string($0) }),
            "data": list(
                data.map {
                    object([
                        "name": .string($0.name.text), "source": .string($0.file.source.description),
                        "digest": .string($0.file.digest.description), "size": .integer($0.file.size),
                    ])
                }),
            "output": .string(output),
            "gives": object([
                "weights": givesWeights ? .bool(true) : nil, "metric": metric.map { .string($0.name) },
                "within": metric.map { Value(measured: $0.within) },
            ]),
            "timeout": .string(timeout.manifestText), "memory": .string(Quantity.memoryText(memory)),
        ])
    }
}

/// Rules over several fields of a `reproducible` gate.
enum ReproducibleRules {
    static func problems(_ fields: Value, _ path: [FieldStep]) -> [FieldProblem] {
        var found: [FieldProblem] = []
        let own = path + [.member("gives")]
        if let gives = fields["gives"], case .object = gives {
            if gives["weights"] == nil, gives["metric"] == nil {
                found.append(
                    FieldProblem(
                        path: own, rule: "missing-field", message: "nothing has to come out",
                        hint: "write 'weights: true', or 'metric: NAME' and 'within: NUMBER'"))
            }
            if (gives["metric"] == nil) != (gives["within"] == nil) {
                let (there, missing) = gives["metric"] == nil ? ("within", "metric") : ("metric", "within")
                found.append(
                    FieldProblem(
                        path: own + [.member(there)], rule: "missing-field",
                        message: "'metric' and 'within' belong together", hint: "add '\(missing)'"))
            }
            if let within = gives["within"]?.number, within < 0 {
                found.append(
                    FieldProblem(
                        path: own + [.member("within")], rule: "invalid-value", message: "'within' is 0 or more"
                    ))
            }
        }
        return found + SandboxRules.timeout(fields, path)
    }
}

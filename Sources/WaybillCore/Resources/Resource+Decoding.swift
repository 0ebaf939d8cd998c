extension Resource {
    /// The typed resource of a decoded document, whose fields have the types and forms of `KindSchema.of(kind)`.
    ///
    /// - Throws: `InvalidInput` when the document is not of that schema. A decoder that kept to it never sees this.
    package convenience init(kind: Kind, document: Value, location: SourceLocation) throws(InvalidInput) {
        let metadata = document["metadata"]
        let spec = SpecReader(KindSchema.of(kind).spec, document["spec"])
        let name = metadata?["name"]?.string
        let decoded = try Self.decode(kind, name: name, spec)
        self.init(
            id: decoded.id, spec: decoded.spec,
            metadata: Metadata(
                labels: Self.texts(metadata?["labels"]), annotations: Self.texts(metadata?["annotations"])),
            location: location)
    }

    /// Which resource a document means to define, as far as its decoded fields tell; for one that has problems elsewhere.
    package static func identity(kind: Kind, document: Value) -> ResourceID? {
        let spec = document["spec"]
        let name = document["metadata"]?["name"]?.string.flatMap { try? Name(parsing: $0) }
        switch kind {
        case .model: return name.map { .model($0) }
        case .servingRuntime: return name.map { .servingRuntime($0) }
        case .environment: return name.map { .environment($0) }
        case .checklist: return name.map { .checklist($0) }
        case .modelVersion:
            guard let model = spec?["model"]?.string, let version = spec?["version"]?.string else { return nil }
            return (try? VersionID(parsing: "\(model)@\(version)")).map { .modelVersion($0) }
        case .modelDeployment:
            guard let name, let text = spec?["environment"]?.string, let environment = try? Name(parsing: text) else {
                return nil
            }
            return .modelDeployment(DeploymentKey(environment: environment, name: name))
        }
    }

    private static func decode(_ kind: Kind, name: String?, _ spec: SpecReader) throws(InvalidInput) -> (
        id: ResourceID, spec: Spec
    ) {
        if kind == .modelVersion {
            let version = try ModelVersion(spec)
            return (.modelVersion(version.id), .modelVersion(version))
        }
        guard let name else { throw InvalidInput("'metadata.name' is missing") }
        let parsed = try Name(parsing: name)
        switch kind {
        case .model: return (.model(parsed), .model(try Model(spec)))
        case .servingRuntime: return (.servingRuntime(parsed), .servingRuntime(try ServingRuntime(spec)))
        case .environment: return (.environment(parsed), .environment(try Environment(spec)))
        case .checklist: return (.checklist(parsed), .checklist(try Checklist(spec)))
        case .modelDeployment, .modelVersion:
            let deployment = try ModelDeployment(name: parsed, spec)
            return (.modelDeployment(deployment.key), .modelDeployment(deployment))
        }
    }

    private static func texts(_ value: Value?) -> [String: String] {
        (value?.object ?? [:]).compactMapValues(\.string)
    }
}

extension Model {
    init(_ spec: SpecReader) throws(InvalidInput) {
        self.init(
            owner: try spec.required("owner"), description: spec.text("description"),
            intendedUse: spec.text("intendedUse"), license: spec.text("license"),
            riskTier: spec.has("riskTier") ? try spec.choice("riskTier") : nil, task: spec.text("task"),
            lifecycle: try spec.items("lifecycle") { (item) throws(InvalidInput) in
                Lifecycle(
                    version: try SemanticVersion(parsing: item.required("version")), state: try item.choice("state"),
                    reason: item.text("reason"))
            })
    }
}

extension Environment {
    init(_ spec: SpecReader) throws(InvalidInput) {
        self.init(
            target: try spec.choice("target"), description: spec.text("description"),
            approvals: spec.has("approvals") ? try ApprovalPolicy(spec.object("approvals")) : nil,
            checklist: spec.has("checklist") ? try spec.name("checklist") : nil,
            promotion: spec.has("promotion") ? try PromotionPath(spec.object("promotion")) : nil,
            freezes: try spec.items("freezes") { (item) throws(InvalidInput) in try Freeze(item) },
            overriders: Int(spec.object("override").integer("people") ?? 1),
            latencyTests: try spec.choice("latencyTests"))
    }
}

extension ModelVersion {
    init(_ spec: SpecReader) throws(InvalidInput) {
        let (interface, environment) = (spec.object("interface"), spec.object("environment"))
        self.init(
            id: VersionID(
                model: try spec.name("model"), version: try SemanticVersion(parsing: try spec.required("version"))),
            format: try spec.required("format"),
            artifacts: try spec.items("artifacts") { (item) throws(InvalidInput) in try Artifact(item) },
            inputs: try interface.items("inputs") { (item) throws(InvalidInput) in try Tensor(item) },
            outputs: try interface.items("outputs") { (item) throws(InvalidInput) in try Tensor(item) },
            code: spec.has("code") ? try CodeSource(spec.object("code")) : nil,
            data: try spec.items("data") { (item) throws(InvalidInput) in try Dataset(item) },
            environment: spec.has("environment")
                ? PythonEnvironment(python: try environment.required("python"), lock: try environment.required("lock"))
                : nil,
            card: spec.text("card"), license: spec.text("license"), metrics: spec.numbers("metrics"))
    }
}

extension CodeSource {
    init(_ spec: SpecReader) throws(InvalidInput) {
        self.init(
            repository: try spec.required("repository"), commit: try CommitID(parsing: try spec.required("commit")),
            path: spec.text("path"))
    }
}

extension Dataset {
    init(_ item: SpecReader) throws(InvalidInput) {
        self.init(
            name: try item.name("name"), uri: item.text("uri"), digest: try Digest(parsing: try item.required("digest"))
        )
    }
}

extension Artifact {
    init(_ item: SpecReader) throws(InvalidInput) {
        self.init(
            path: try item.required("path"), source: try ArtifactSource(parsing: try item.required("source")),
            digest: try Digest(parsing: try item.required("digest")), size: item.integer("size") ?? 0)
    }
}

extension Tensor {
    init(_ item: SpecReader) throws(InvalidInput) {
        self.init(
            name: try item.required("name"), datatype: try item.choice("datatype"), shape: item.integers("shape"))
    }
}

extension ModelDeployment {
    init(name: Name, _ spec: SpecReader) throws(InvalidInput) {
        self.init(
            key: DeploymentKey(environment: try spec.name("environment"), name: name),
            version: VersionID(
                model: try spec.name("model"), version: try SemanticVersion(parsing: try spec.required("version"))),
            runtime: try spec.name("runtime"), replicas: Int(spec.integer("replicas") ?? 1),
            resources: try Resources(spec.object("resources")),
            env: try spec.items("env") { (item) throws(InvalidInput) in try EnvironmentVariable(item) },
            rollout: try Rollout(spec.object("rollout")), recording: try RecordingPolicy(spec.object("recording")))
    }
}

extension RecordingPolicy {
    init(_ spec: SpecReader) throws(InvalidInput) {
        self.init(
            mode: try spec.choice("mode"), sample: Int(spec.integer("sample") ?? 100),
            request: try spec.choice("request"), answer: try spec.choice("answer"), redact: spec.texts("redact"),
            features: spec.texts("features"), retentionDays: Int(spec.integer("retentionDays") ?? 30),
            maxBytes: try spec.text("maxBytes").map { (text) throws(InvalidInput) in
                try Quantity.memory(parsing: text)
            })
    }
}

extension ModelDeployment.Rollout {
    init(_ spec: SpecReader) throws(InvalidInput) {
        self.init(
            strategy: try spec.choice("strategy"), drain: try spec.duration("drain"),
            steps: try spec.items("steps") { (item) throws(InvalidInput) in try RolloutStep(item) },
            onFailure: try spec.choice("onFailure"), keepOld: try spec.duration("keepOld"),
            onInconclusive: try spec.choice("onInconclusive"))
    }
}

extension RolloutStep {
    init(_ item: SpecReader) throws(InvalidInput) {
        if let share = item.integer("weight") {
            self = .weight(Int(share))
            return
        }
        if item.has("analysis") {
            self = .analysis(try AnalysisStep(item.object("analysis")))
            return
        }
        let pause = item.object("pause")
        self = pause.has("for") ? .pause(try pause.duration("for")) : .pauseUntilResumed
    }
}

extension AnalysisStep {
    init(_ spec: SpecReader) throws(InvalidInput) {
        self.init(
            time: try spec.duration("for"), within: spec.has("within") ? try spec.duration("within") : nil,
            minRequests: Int(spec.integer("minRequests") ?? Int64(Self.standardRequests)),
            checks: try spec.items("metrics") { (item) throws(InvalidInput) in try AnalysisCheck(item) })
    }
}

extension AnalysisCheck {
    init(_ item: SpecReader) throws(InvalidInput) {
        guard item.has("latency") else {
            let errors = item.object("errors")
            self.init(.errors(countsClientErrors: errors.has("clientErrors")), try Self.limit(errors))
            return
        }
        let latency = item.object("latency")
        self.init(.latency(above: try latency.duration("above")), try Self.limit(latency))
    }

    private static func limit(_ spec: SpecReader) throws(InvalidInput) -> Limit {
        spec.has("maxIncrease")
            ? .increase(try Share(parsing: spec.required("maxIncrease")))
            : .absolute(try Share(parsing: spec.required("max")))
    }
}

extension Resources {
    init(_ spec: SpecReader) throws(InvalidInput) {
        self.init(
            memory: try spec.text("memory").map { (text) throws(InvalidInput) in try Quantity.memory(parsing: text) },
            cpuMillis: try spec.text("cpu").map { (text) throws(InvalidInput) in try Quantity.cpu(parsing: text) },
            devices: spec.integers("devices").map(Int.init))
    }
}

extension EnvironmentVariable {
    init(_ item: SpecReader) throws(InvalidInput) {
        let source: Source =
            if item.has("valueFrom") {
                .file(try item.object("valueFrom").required("file"))
            } else {
                .value(try item.required("value"))
            }
        self.init(name: try item.required("name"), source: source)
    }
}

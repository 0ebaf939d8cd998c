extension KindSchema {
    static let servingRuntime = KindSchema(
        kind: .servingRuntime, isNameRequired: true,
        spec: [
            Field(
                "formats", .list(.string(.modelFormat), minimum: 1, unique: .item), required: true,
                "Formats of model versions that it can serve."),
            Field(
                "protocol", .choice(ServingProtocol.allCases.map(\.rawValue)), required: true, impact: .restart,
                "What its clients speak: `oip-v2` (Open Inference Protocol V2), `openai`, or `http` with paths of its own."
            ),
            Field(
                "paths", .list(.string(.urlPath), unique: .item), impact: .restart,
                "Path prefixes that the gateway passes on; for `http` at least one, for the others none."),
            Field("environment", .object(python), "The Python environment that the command runs in."),
            Field(
                "command", .list(.string(.template), minimum: 1), required: true, impact: .restart,
                "Program and arguments, each a template. No shell reads them."),
            Field(
                "files", .list(.object(file), unique: .field("path")), impact: .restart,
                "Files written into the replica's work folder before it starts."),
            Field("env", environmentVariables, impact: .restart, "Environment variables of every replica."),
            Field(
                "ports", .list(.string(.portName), minimum: 1, unique: .item), default: ["http"], impact: .restart,
                "Names of the ports that a replica needs; the first one is served."),
            Field("probes", .object(probes), "How to tell that a replica has started, is ready and is alive."),
            Field(
                "isolation", .choice(Isolation.allCases.map(\.rawValue)), default: "sandbox", impact: .restart,
                "`none` runs replicas as the controller's own user, and is shown wherever the runtime is."),
            Field(
                "stopGrace", .string(.duration), default: "10s", impact: .restart,
                "From the polite signal to the last one."),
        ],
        documentation: "How to run models of some formats: a program, its files, environment, ports and probes.",
        example: """
            apiVersion: waybill.dev/v1alpha1
            kind: ServingRuntime
            metadata:
              name: mlserver-sklearn
            spec:
              formats: [sklearn-joblib]
              protocol: oip-v2
              environment:
                python: "3.11"
                lock: runtimes/mlserver.lock
              command: [mlserver, start, .]
            """)

    static let modelDeployment = KindSchema(
        kind: .modelDeployment, isNameRequired: true,
        spec: [
            Field(
                "environment", .string(.name), required: true, impact: .restart, "The `Environment` that it serves in."),
            Field("model", .string(.name), required: true, impact: .restart, "The `Model` that it serves."),
            Field("version", .string(.version), required: true, impact: .restart, "Which `ModelVersion` of it."),
            Field("runtime", .string(.name), required: true, impact: .restart, "The `ServingRuntime` that runs it."),
            Field(
                "replicas", .integer(0...1000), default: 1, impact: .live,
                "How many processes; 0 keeps the deployment without serving it."),
            Field("resources", .object(resources), "Limits of each replica."),
            Field(
                "env", environmentVariables, impact: .restart,
                "Environment variables of each replica; they win over the runtime's."),
            Field("rollout", .object(rollout), "How one revision replaces another."),
            Field("recording", .object(recording), "What is recorded of its predictions. See `docs/records.md`."),
        ],
        documentation: "Which version of a model serves in an environment, by which runtime, and how much of it.",
        example: """
            apiVersion: waybill.dev/v1alpha1
            kind: ModelDeployment
            metadata:
              name: churn
            spec:
              environment: production
              model: churn
              version: 1.4.0
              runtime: mlserver-sklearn
              replicas: 2
              resources:
                memory: 512Mi
            """)

    private static let python = [
        Field("python", .string(.python), required: true, impact: .restart, "Version of the interpreter."),
        Field(
            "lock", .string(.relativePath), required: true,
            "Path of the requirements lock, from the top of the repository. Its digest is in the revision."),
    ]

    private static let file = [
        Field("path", .string(.relativePath), required: true, impact: .restart, "Relative to the work folder."),
        Field("content", .string(.template), required: true, impact: .restart, "A template."),
    ]

    private static let environmentVariables = FieldType.list(
        .object([
            Field("name", .string(.environmentName), required: true, impact: .restart, "Name of the variable."),
            Field("value", .string(.template), impact: .restart, "Its value, a template. Not for secrets."),
            Field(
                "valueFrom",
                .object([
                    Field(
                        "file", .string(.absolutePath), required: true, impact: .restart,
                        "An absolute path, read when a replica starts. What it holds is never part of a revision.")
                ]),
                "Where the value comes from; instead of `value`."),
        ]), unique: .field("name"))

    private static let probes = [
        Field(
            "startup", .object(probe(failures: 120, period: "1s")),
            "Must pass once before the others count. Without a check: that of `readiness`."),
        Field(
            "readiness", .object(probe(failures: 3, period: "1s")),
            "Failing takes the replica out of rotation. Without a check: `http: /v2/health/ready` for `oip-v2`, else `tcp`."
        ),
        Field(
            "liveness", .object(probe(failures: 3, period: "10s")), "Failing ends the replica. Left out: not checked."),
    ]

    private static func probe(failures: Int64, period: Value) -> [Field] {
        [
            Field(
                "http", .string(.urlTemplate), impact: .restart, "A GET of this path on the served port answers 2xx."),
            Field("tcp", .onlyTrue, impact: .restart, "The served port accepts a connection; instead of `http`."),
            Field("period", .string(.duration), default: period, impact: .restart, "From one probe to the next."),
            Field("timeout", .string(.duration), default: "2s", impact: .restart, "How long one may take."),
            Field(
                "failures", .integer(1...100_000), default: .integer(failures), impact: .restart,
                "Failures in a row that decide."),
        ]
    }

    private static let resources = [
        Field("memory", .string(.memory), impact: .restart, "Memory; left out: no limit."),
        Field("cpu", .string(.cpu), impact: .restart, "Cores; left out: no limit."),
        Field(
            "devices", .list(.integer(0...1023), unique: .item), impact: .restart,
            "Accelerators of the machine by index, given through `CUDA_VISIBLE_DEVICES`."),
    ]

    private static let recording = [
        Field(
            "mode", .choice(RecordingPolicy.Mode.allCases.map(\.rawValue)), default: "off", impact: .live,
            "`bestEffort`: what cannot be recorded is answered all the same, and counted. `required`: it is refused with 503."
        ),
        Field(
            "sample", .integer(1...100), default: 100, impact: .live,
            "Whole percent of the requests that are recorded, chosen by their prediction ids."),
        Field(
            "request", .choice(RecordingPolicy.Keep.allCases.map(\.rawValue)), default: "whole", impact: .live,
            "What is kept of a request's body: `whole`, its salted `digest`, or `none` of it."),
        Field(
            "answer", .choice(RecordingPolicy.Keep.allCases.map(\.rawValue)), default: "whole", impact: .live,
            "The same of an answer's body."),
        Field(
            "redact", .list(.string(.text), unique: .item), impact: .live,
            "JSON pointers to values that are replaced by `null` before a body is kept; a step `*` is every item or member. "
                + "A body in which that cannot be done is not kept."),
        Field(
            "features", .list(.string(.text), unique: .item), impact: .live,
            "Names of the input tensors, or of the members at the top of a JSON request, that are kept. Left out: all."),
        Field(
            "retentionDays", .integer(1...3650), default: 30, impact: .live,
            "Days until payloads are erased. What proves them stays."),
        Field(
            "maxBytes", .string(.memory), impact: .live,
            "Payloads that are kept at most; the oldest are erased first. Left out: no limit."),
    ]

    private static let rollout = [
        Field(
            "strategy", .choice(ModelDeployment.Rollout.Strategy.allCases.map(\.rawValue)), default: "replace",
            impact: .live,
            "`replace`: the new revision takes all traffic once it is ready. `canary`: it earns the traffic by `steps`. "
                + "`blueGreen`: it is made ready whole beside what serves, and takes all traffic at once. See `docs/rollouts.md`."
        ),
        Field(
            "drain", .string(.duration), default: "30s", impact: .live,
            "How long requests in flight may take once their replica is out of rotation."),
        Field(
            "steps", .list(.object(step), minimum: 1), impact: .live,
            "What a revision goes through, in order. `canary`: weights that rise to 100, with pauses and analyses between; `blueGreen`: pauses before the switch."
        ),
        Field(
            "onFailure", .choice(ModelDeployment.Rollout.OnFailure.allCases.map(\.rawValue)), default: "rollback",
            impact: .live,
            "When a replica of the new revision ends or fails its probes on the way, or an analysis fails: `rollback` gives all traffic back "
                + "to what served, `pause` stays where it is until a person says how it goes on."),
        Field(
            "onInconclusive", .choice(ModelDeployment.Rollout.OnInconclusive.allCases.map(\.rawValue)),
            default: "pause",
            impact: .live,
            "When an analysis has come to no verdict in its time: `pause` stays where it is until a person says how it goes on, `rollback` "
                + "gives all traffic back to what served, `continue` goes on to the next step."),
        Field(
            "keepOld", .string(.duration), default: "0s", impact: .live,
            "How long what served before stays whole, without traffic, once the new revision has all of it."),
    ]

    private static let step = [
        Field(
            "weight", .integer(1...100), impact: .live,
            "Whole percent of the traffic for the new revision. Each is larger than the one before; the last one is 100."
        ),
        Field("pause", .object(pause), "Stay as it is for a time, or until a person says that it goes on."),
        Field("analysis", .object(analysis), "Go on once what the new revision answers is found within bounds."),
    ]

    private static let analysis = [
        Field(
            "for", .string(.duration), required: true, impact: .live,
            "How long it watches at least, counted like a pause: while the gateway and all replicas of the new revision are whole."
        ),
        Field(
            "minRequests", .integer(1...1_000_000_000), default: .integer(Int64(AnalysisStep.standardRequests)),
            impact: .live, "How many requests the new revision itself must have answered before it passes."),
        Field(
            "within", .string(.duration), impact: .live,
            "Past it without a verdict it is inconclusive. Left out: \(AnalysisStep.standardPatience) times `for`."),
        Field(
            "metrics", .list(.object(metric), minimum: 1), default: [AnalysisCheck.standard.value], impact: .live,
            "What is counted, at most \(AnalysisStep.mostChecks). All must pass; one that fails fails it."),
    ]

    private static let metric = [
        Field(
            "errors",
            .object(
                limits + [
                    Field(
                        "clientErrors", .choice([AnalysisCheck.count]), impact: .live,
                        "`count`: answers 4xx count as errors, too.")
                ]),
            "The share of answers 5xx, the gateway's own for a replica that failed among them, and of answers that a replica broke off."
        ),
        Field(
            "latency",
            .object(
                [
                    Field(
                        "above", .string(.duration), required: true, impact: .live,
                        "One of the times by which the gateway counts: \(AnalysisCheck.bounds).")
                ] + limits),
            "The share of answers that took longer than `above`; so did one that its client gave up after it."),
    ]

    private static let limits = [
        Field(
            "maxIncrease", .string(.share), impact: .live,
            "By how many points the new revision's share may be above that of what serves, counted in the same time."),
        Field(
            "max", .string(.share), impact: .live,
            "How large the new revision's share may be; instead of `maxIncrease`."),
    ]

    private static let pause = [
        Field("for", .string(.duration), impact: .live, "How long."),
        Field(
            "until", .choice(["resumed"]), impact: .live,
            "`resumed`: until `waybill rollout advance` or `waybill resume`."),
    ]
}

extension KindSchema {
    static let model = KindSchema(
        kind: .model, isNameRequired: true,
        spec: [
            Field("owner", .string(.text), required: true, "Who answers for the model: a team or a person."),
            Field("description", .string(.text), "What it does, for people."),
            Field("intendedUse", .string(.text), "What it may be used for."),
            Field("license", .string(.text), "An SPDX identifier, such as `Apache-2.0`."),
            Field("riskTier", .choice(Model.RiskTier.allCases.map(\.rawValue)), "How much harm a wrong answer can do."),
            Field("task", .string(.text), "What kind of question it answers, such as `classification`."),
            Field(
                "lifecycle", .list(.object(lifecycle), unique: .field("version")),
                "Versions that are no longer to be used. Those that are not named are active."),
        ],
        documentation: "A model's entry in the registry: what it is for and who answers for it.",
        example: """
            apiVersion: waybill.dev/v1alpha1
            kind: Model
            metadata:
              name: churn
            spec:
              owner: team-growth
              description: Tells customers who are about to leave.
              riskTier: limited
            """)

    private static let lifecycle = [
        Field("version", .string(.version), required: true, "A version of the model."),
        Field(
            "state", .choice(Model.Lifecycle.State.allCases.map(\.rawValue)), required: true,
            "`deprecated`: plans warn. `banned`: no deployment begins to serve it; one that serves it goes on, and is `Held` with the reason."
        ),
        Field("reason", .string(.text), "Why. Required for `deprecated` and `banned`."),
    ]

    static let environment = KindSchema(
        kind: .environment, isNameRequired: true,
        spec: [
            Field(
                "target", .choice(WaybillCore.Environment.TargetName.allCases.map(\.rawValue)), default: "local",
                "Where its deployments run: `local` is processes on the controller's machine."),
            Field("description", .string(.text), "What the stage is for, for people."),
            Field(
                "approvals", .object(ApprovalPolicy.fields),
                "Whose words a change needs before it begins, proven from git. See `docs/approvals.md`."),
            Field(
                "checklist", .string(.name),
                "The `Checklist` whose gates a version has to pass before its first replica starts here. What serves when a checklist is added or altered goes on: the next revision is asked."
            ),
            Field(
                "promotion", .object(PromotionPath.fields),
                "Which environment comes before this one. See `docs/promotion.md`."),
            Field(
                "freezes", .list(.object(Freeze.fields)),
                "Times in which no change begins here. What has begun goes on, and `waybill rollback` is always possible."
            ),
            Field(
                "override",
                .object([
                    Field(
                        "people", .integer(1...10), default: 1,
                        "How many people of the role `override` it takes, each counted once.")
                ]),
                "`waybill override` lets a change begin in spite of missing words, soak and freezes, never of its checklist."
            ),
            Field(
                "latencyTests", .choice(Environment.LatencyTests.allCases.map(\.rawValue)), default: "denied",
                "Whether `latency` gates may put load on the machine that serves here. Without the word they are inconclusive."
            ),
        ],
        documentation: "A stage on the way to production and the target that serves it.",
        example: """
            apiVersion: waybill.dev/v1alpha1
            kind: Environment
            metadata:
              name: production
            spec:
              target: local
            """)

    static let modelVersion = KindSchema(
        kind: .modelVersion, isNameRequired: false,
        spec: [
            Field("model", .string(.name), required: true, "The `Model` that this is a version of."),
            Field(
                "version", .string(.version), required: true,
                "Never used twice: once a commit with it was accepted, all that its bundle is made of is fixed, and a commit that alters any of that is an error that holds it as it was. Where its bytes come from may change. One that a commit removed may come again as it was, and in no other way."
            ),
            Field(
                "format", .string(.modelFormat), required: true,
                "What the files are, as `formats` of a runtime names it."),
            Field(
                "artifacts", .list(.object(artifact), minimum: 1, unique: .field("path")), required: true,
                impact: .restart, "The files of the version. `waybill new version` writes them."),
            Field(
                "interface", .object(interface), "What goes in and comes out, in terms of Open Inference Protocol V2."),
            Field("code", .object(code), "The code that made the version. It is named in the bundle."),
            Field(
                "data", .list(.object(dataset), unique: .field("name")),
                "Data that the version was made with or measured on. Their digests are named in the bundle."),
            Field(
                "environment", .object(madeIn),
                "The Python environment that the version was made in. The lock is packaged with it; replicas run in that of "
                    + "their runtime."),
            Field(
                "card", .string(.relativePath),
                "The model card, a path from the top of the repository. It is packaged with the version."),
            Field("license", .string(.text), "An SPDX identifier, such as `Apache-2.0`."),
            Field(
                "metrics", .map(keys: .text, values: .number),
                "How good the version is, as whoever made it measured: names of measures to numbers, such as `auc: 0.91`. "
                    + "`waybill package diff` compares them."),
        ],
        documentation:
            "One version of a model: the exact bytes to serve, by digest, and the interface that they offer.",
        example: """
            apiVersion: waybill.dev/v1alpha1
            kind: ModelVersion
            spec:
              model: churn
              version: 1.4.0
              format: sklearn-joblib
              artifacts:
                - path: model.joblib
                  source: models/churn/1.4.0/model.joblib
                  digest: sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
                  size: 52311
            """)

    private static let artifact = [
        Field(
            "path", .string(.relativePath), required: true, impact: .restart,
            "Where the file stands in the model's folder when it is served."),
        Field(
            "source", .string(.artifactSource), required: true,
            "Where its bytes come from: a path from the top of the repository, or an address that begins with "
                + "\(ArtifactSource.schemes(in: "`"))."),
        Field("digest", .string(.digest), required: true, impact: .restart, "SHA-256 of its bytes."),
        Field("size", .integer(0...Int64.max), required: true, "Its bytes."),
    ]

    private static let code = [
        Field("repository", .string(.repository), required: true, "Where its repository is, a URL without secrets."),
        Field("commit", .string(.commit), required: true, "The commit, in full."),
        Field("path", .string(.relativePath), "The folder in it, when that is not all of it."),
    ]

    private static let dataset = [
        Field("name", .string(.name), required: true, "Unique in the version."),
        Field("uri", .string(.text), "Where it is, without secrets."),
        Field("digest", .string(.digest), required: true, "SHA-256 of its bytes."),
    ]

    private static let madeIn = [
        Field("python", .string(.python), required: true, "The interpreter's version."),
        Field(
            "lock", .string(.relativePath), required: true,
            "A list of exact package versions, a path from the top of the repository."),
    ]

    private static let interface = [
        Field("inputs", .list(.object(tensor), unique: .field("name")), "Tensors of a request."),
        Field("outputs", .list(.object(tensor), unique: .field("name")), "Tensors of an answer."),
    ]

    private static let tensor = [
        Field("name", .string(.text), required: true, "As requests write it."),
        Field("datatype", .choice(Tensor.Datatype.allCases.map(\.rawValue)), required: true, "Type of the elements."),
        Field(
            "shape", .list(.integer(-1...Int64.max)), required: true, "One number a dimension; -1 is a variable one."),
    ]
}

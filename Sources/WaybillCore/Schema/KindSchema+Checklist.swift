extension KindSchema {
    static let checklist = KindSchema(
        kind: .checklist, isNameRequired: true,
        spec: [
            Field("description", .string(.text), "What it is for, for people."),
            Field(
                "gates", .list(.object(gate), minimum: 1), required: true,
                "The questions. Each item has one gate, by the name of its kind, and perhaps a name of its own. The cheapest "
                    + "kinds run first, whatever the order here."),
            Field(
                "runAll", .onlyTrue,
                "Run the gates after one that did not pass as well. Without it a checklist ends at the first."),
            Field(
                "data", .list(.object(data), unique: .field("name")),
                "Labelled data that gates measure on, each by a name."
            ),
        ],
        documentation: "What a model version has to prove before it serves. `waybill validate` asks its questions.",
        example: """
            apiVersion: waybill.dev/v1alpha1
            kind: Checklist
            metadata:
              name: churn
            spec:
              gates:
                - integrity: {}
                - safeFormat: {}
                - license:
                    allowed: [Apache-2.0, MIT]
                - metric:
                    metric: rocAuc
                    data: held-out
                    output: predict_proba
                    atLeast: 0.8
              data:
                - name: held-out
                  source: data/churn-held-out.csv
                  digest: sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
                  size: 52311
                  target: churned
                  classes: ["0", "1"]
            """)

    private static let gate = [
        Field("name", .string(.name), "Unique in the checklist. Left out: the name of the kind of gate."),
        Field("integrity", .object([]), "All bytes of the bundle, read again, have the digests of the manifest."),
        Field("signed", .object(signed), "The bundle is signed by people who may sign the model."),
        Field(
            "safeFormat", .object([]),
            "No file runs code when it is loaded. What cannot be read to its end is inconclusive."),
        Field(
            "interface", .object([]),
            "The files' own headers agree with `interface` and `format` of the manifest. Files that declare nothing are inconclusive."
        ),
        Field("license", .object(license), "The license is one of those that are allowed."),
        Field("card", .object(card), "The model card has what it should."),
        Field(
            "golden", .object(golden), "A started candidate answers recorded requests as it should."),
        Field("metric", .object(metric), "A started candidate is good enough on labelled data."),
        Field(
            "slice", .object(slice), "It is good enough on each group of the rows, and groups are not too far apart."),
        Field(
            "command", .object(command),
            "A program of your own, sandboxed, gives numbers that are within bounds."),
        Field(
            "latency", .object(latency),
            "A started candidate answers soon enough under load. Off unless the environment says `latencyTests: allowed`."
        ),
        Field(
            "reproducible", .object(reproducible),
            "The version's own code, run again in its locked environment on its named data, gives the same weights, or the metric that it states."
        ),
    ]

    private static let signed = [
        Field("people", .integer(1...100), default: 1, "By how many different people at least.")
    ]

    private static let license = [
        Field(
            "allowed", .list(.string(.text), minimum: 1, unique: .item), required: true,
            "SPDX identifiers. An expression such as `MIT OR GPL-2.0-only` is allowed when one side of each `OR` and both of each `AND` are."
        )
    ]

    private static let card = [
        Field(
            "sections", .list(.string(.text), unique: .item),
            "Headings that it has, at any level, in any case of letters, each with text below it."),
        Field(
            "fields", .list(.string(.text), unique: .item),
            "Fields of its front matter (the YAML between two lines `---` at its top) that are there and not empty."),
    ]

    private static let file = [
        Field(
            "source", .string(.artifactSource), required: true,
            "A path from the top of the repository, or an address, as for `artifacts` of a version."),
        Field("digest", .string(.digest), required: true, "SHA-256 of its bytes."),
        Field("size", .integer(0...Int64.max), required: true, "Its bytes."),
    ]

    private static let golden = [
        Field(
            "requests", .object(file), required: true,
            "A file with a JSON object a line: `request`, the body of a request, and `response`, what it answered."),
        Field(
            "tolerances", .list(.object(tolerance), unique: .field("output")),
            "How far numbers may be off, by output. Without one they are equal; labels and whole numbers always are."),
    ]

    private static let tolerance = [
        Field("output", .string(.text), required: true, "Name of the tensor in the answer."),
        Field("absolute", .number, default: 0, "How far a number may be from the recorded one."),
        Field(
            "relative", .number, default: 0,
            "How far beside that, as a share of the recorded number: 0.001 is a thousandth."),
    ]

    private static let question = [
        Field("metric", .string(.metric), required: true, "What is measured."),
        Field("data", .string(.name), required: true, "On which of the checklist's `data`."),
        Field(
            "output", .string(.text),
            "The tensor of the answer with the labels, probabilities or numbers. Left out: the first output of the version's interface."
        ),
        Field("quantile", .number, "Which quantile was predicted, for `quantileLoss`: from 0 to 1."),
    ]

    private static let metric =
        question + [
            Field("atLeast", .number, "The least value that passes."),
            Field("atMost", .number, "The largest value that passes."),
            Field(
                "notWorse", .object(notWorse),
                "Not worse than what serves in an environment: it passes when that is certain at 95 %, fails when the "
                    + "opposite is, and is inconclusive between."),
            Field("minSamples", .integer(1...1_000_000_000), default: 100, "With fewer rows it is inconclusive."),
        ]

    private static let notWorse = [
        Field(
            "than", .string(.name), required: true,
            "The environment whose version of the model is the baseline. It is started beside the candidate, off every route."
        ),
        Field("by", .number, "How much worse is still no worse, in the metric's unit."),
        Field("share", .number, "The same as a share of the baseline's value; instead of `by`."),
    ]

    private static let slice =
        question + [
            Field("by", .string(.text), required: true, "The column whose texts make the groups."),
            Field("atLeast", .number, "What each group reaches, for metrics that are better higher."),
            Field("atMost", .number, "What no group exceeds, for metrics that are better lower."),
            Field("gap", .number, "How far the best and the worst group may be apart."),
            Field(
                "minSamples", .integer(1...1_000_000_000), default: 30,
                "A group of fewer rows is inconclusive."),
        ]

    private static let command = [
        Field(
            "run", .list(.string(.text), minimum: 1), required: true,
            "The program and its arguments, without a shell. It is run in a folder of its own that has `files`."),
        Field(
            "files", .list(.string(.relativePath), minimum: 1, unique: .item), required: true,
            "Its code: paths of files from the top of the repository, put into its folder by the same paths. Their digest is in the evidence."
        ),
        Field(
            "data", .list(.string(.name), unique: .item),
            "Which of the checklist's `data` it gets, each as a file of its own."),
        Field(
            "bounds", .list(.object(bound), minimum: 1, unique: .field("number")), required: true,
            "What its numbers have to be."),
        Field(
            "network", .choice(CommandCheck.Network.allCases.map(\.rawValue)), default: "none",
            "`none` is none at all, not even loopback; `host` is that of the machine."),
        Field(
            "candidate", .onlyTrue,
            "Start a candidate and tell the program its address. Needs `network: host`."),
        Field(
            "isolation", .choice(Isolation.allCases.map(\.rawValue)), default: "sandbox",
            "`none` runs it as the controller's own user, who may read the controller's keys."),
        Field("timeout", .string(.duration), default: "1m", "It is ended after it, which is an error; at most `1h`."),
        Field(
            "memory", .string(.memory), default: "1Gi",
            "What it and its children may use together; past it they are ended."),
        Field(
            "minSamples", .integer(1...1_000_000_000),
            "With fewer samples, by its own count, it is inconclusive."),
    ]

    private static let bound = [
        Field("number", .string(.text), required: true, "Name of the number in the program's answer."),
        Field("atLeast", .number, "The least value that passes."),
        Field("atMost", .number, "The largest value that passes."),
    ]

    private static let latency = [
        Field(
            "requests", .object(file), required: true,
            "What is asked, in turn: a file in the form of recorded requests. What they answer does not matter."),
        Field(
            "rate", .integer(1...10_000), required: true,
            "Requests a second, sent when they are due, whether or not the ones before are answered."),
        Field("for", .string(.duration), required: true, "How long; at most `10m`."),
        Field("p50", .string(.duration), "The longest median that passes."),
        Field("p95", .string(.duration), "The longest 95th percentile that passes. Needs 200 requests in all."),
        Field("p99", .string(.duration), "The longest 99th percentile that passes. Needs 1000 requests in all."),
        Field(
            "notSlower", .object(notSlower),
            "No slower than what serves in an environment, asked in the same run, request by request in turn."),
        Field(
            "cores", .number, default: .number(0.5),
            "The share of the machine's processors that each replica under load may use: above 0, at most 1."),
    ]

    private static let notSlower = [
        Field(
            "than", .string(.name), required: true,
            "The environment whose version of the model is the baseline. It is started beside the candidate, off every route."
        ),
        Field("by", .string(.duration), "How much slower is still no slower."),
        Field("share", .number, "The same as a share of the baseline's own latency; instead of `by`."),
    ]

    private static let reproducible = [
        Field(
            "run", .list(.string(.text), minimum: 1), required: true,
            "The program and its arguments, without a shell, run in a folder of its own that has the version's `code`. `python` is that of "
                + "the version's `environment`."),
        Field(
            "data", .list(.object(namedFile), unique: .field("name")),
            "Where the version's `data` is: each by its name and digest there. The code finds it as `.waybill/data/NAME`."
        ),
        Field(
            "output", .string(.relativePath), default: "output",
            "The folder that the code writes its result into, below the one that it is run in; it is there, and empty."
        ),
        Field("gives", .object(gives), required: true, "What has to come out."),
        Field(
            "timeout", .string(.duration), default: "10m",
            "It is ended after it, which is an error; at most `1h`."),
        Field(
            "memory", .string(.memory), default: "2Gi",
            "What it and its children may use together; past it they are ended."),
    ]

    private static let namedFile =
        [Field("name", .string(.name), required: true, "As the version's `data` has it.")] + file

    private static let gives = [
        Field(
            "weights", .onlyTrue,
            "The files with weights, by their paths in the version, have the same bytes in `output`."),
        Field(
            "metric", .string(.text),
            "A metric that the version's `metrics` states; the code writes it into `metrics.json` in `output`, an object of numbers."
        ),
        Field("within", .number, "How far that number may be from the stated one."),
    ]

    private static let data =
        [Field("name", .string(.name), required: true, "Unique in the checklist.")] + file + [
            Field(
                "format", .choice(LabelledData.Format.allCases.map(\.rawValue)), default: "csv",
                "`csv` has a line with the columns' names first (RFC 4180); `jsonLines` has an object a line."),
            Field("target", .string(.text), required: true, "The column that says what is true."),
            Field(
                "features", .list(.string(.text), unique: .item),
                "The columns that requests are made of, in their order. Left out: all but the target, as they come."),
            Field(
                "classes", .list(.string(.text), unique: .item),
                "All labels, in the order of the model's probabilities."),
            Field(
                "positive", .string(.text),
                "The label that `binary` metrics ask for. Left out: the last of `classes`, or `1`."),
            Field("batch", .integer(1...10_000), default: 64, "Rows of one request."),
        ]
}

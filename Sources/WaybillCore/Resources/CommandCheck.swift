/// The team's own program, which is asked for numbers; whether they are good enough is judged by bounds of the manifest, never by it.
package struct CommandCheck: Hashable, Sendable {
    /// What one of the program's numbers has to be.
    package struct Bound: Hashable, Sendable {
        package var number: String
        package var atLeast: Double?
        package var atMost: Double?

        package init(number: String, atLeast: Double? = nil, atMost: Double? = nil) {
            self.number = number
            self.atLeast = atLeast
            self.atMost = atMost
        }
    }

    package enum Network: String, CaseIterable, Hashable, Sendable {
        /// Not even loopback.
        case none
        /// That of the machine.
        case host
    }

    /// The program and its arguments.
    package var run: [String]
    /// Files of the repository that are put into its work folder, by their paths; they are its code.
    package var files: [String]
    /// Names of the checklist's data that it gets.
    package var data: [String]
    package var bounds: [Bound]
    package var network: Network
    /// Whether it asks a started candidate.
    package var asksCandidate: Bool
    package var isolation: Isolation
    package var timeout: Duration
    /// Bytes that it and its children may use.
    package var memory: Int64
    /// Fewer samples, by its own count, say nothing; nil: it counts none.
    package var minSamples: Int?

    package init(
        run: [String], files: [String], data: [String] = [], bounds: [Bound], network: Network = .none,
        asksCandidate: Bool = false, isolation: Isolation = .sandbox, timeout: Duration = .seconds(60),
        memory: Int64 = 1 << 30, minSamples: Int? = nil
    ) {
        self.run = run
        self.files = files
        self.data = data
        self.bounds = bounds
        self.network = network
        self.asksCandidate = asksCandidate
        self.isolation = isolation
        self.timeout = timeout
        self.memory = memory
        self.minSamples = minSamples
    }
}

extension CommandCheck {
    init(_ fields: SpecReader) throws(InvalidInput) {
        self.init(
            run: fields.texts("run"), files: fields.texts("files"), data: fields.texts("data"),
            bounds: try fields.items("bounds") { (item) throws(InvalidInput) in
                Bound(
                    number: try item.required("number"), atLeast: item.number("atLeast"), atMost: item.number("atMost"))
            },
            network: try fields.choice("network"), asksCandidate: fields.has("candidate"),
            isolation: try fields.choice("isolation"), timeout: try fields.duration("timeout"),
            memory: try Quantity.memory(parsing: try fields.required("memory")),
            minSamples: fields.integer("minSamples").map(Int.init))
    }

    var value: Value {
        object([
            "run": .list(run.map { .string($0) }), "files": .list(files.map { .string($0) }),
            "data": list(data.map { .string($0) }),
            "bounds": .list(
                bounds.map {
                    object([
                        "number": .string($0.number), "atLeast": $0.atLeast.map { Value(measured: $0) },
                        "atMost": $0.atMost.map { Value(measured: $0) },
                    ])
                }),
            "network": .string(network.rawValue), "candidate": asksCandidate ? .bool(true) : nil,
            "isolation": .string(isolation.rawValue), "timeout": .string(timeout.manifestText),
            "memory": .string(Quantity.memoryText(memory)), "minSamples": minSamples.map { .integer(Int64($0)) },
        ])
    }
}

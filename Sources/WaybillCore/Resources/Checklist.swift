/// What a model version has to prove before it serves: gates, and the data that some of them measure on.
package struct Checklist: Hashable, Sendable {
    package var description: String?
    /// As the manifest lists them; they run by cost.
    package var gates: [Gate]
    package var data: [LabelledData]
    /// Whether the gates after one that did not pass run as well.
    package var runAll: Bool

    package init(description: String? = nil, gates: [Gate], data: [LabelledData] = [], runAll: Bool = false) {
        self.description = description
        self.gates = gates
        self.data = data
        self.runAll = runAll
    }

    /// The gates in the order in which they run: by what they need, then the cheapest kind first, those of one kind as listed.
    package var ordered: [Gate] {
        let byKind = GateKind.allCases.flatMap { kind in gates.filter { $0.kind == kind } }
        return Gate.Stage.allCases.flatMap { stage in byKind.filter { $0.stage == stage } }
    }

    /// Names the checklist in statements and approvals: equal rules have equal digests, whatever they are called.
    package var digest: Digest { Digest(of: Array("waybill.checklist/1\n".utf8) + value.jsonBytes) }

    package func data(named name: String) -> LabelledData? { data.first { $0.name.text == name } }
}

/// The kinds of gate, cheapest first. Raw values are the fields of a manifest and never change meaning.
package enum GateKind: String, CaseIterable, Hashable, Sendable {
    case integrity
    case signed
    case safeFormat
    case interface
    case license
    case card
    case golden
    case metric
    case slice
    case command
    case latency
    case reproducible
}

/// One question of a checklist, with its bound.
package struct Gate: Hashable, Sendable {
    /// Unique in its checklist; that of its kind when the manifest gives none.
    package var name: String
    package var check: Check

    package init(name: String? = nil, _ check: Check) {
        self.check = check
        self.name = name ?? check.kind.rawValue
    }

    package var kind: GateKind { check.kind }

    /// What a gate needs, the cheapest first.
    package enum Stage: CaseIterable, Hashable, Sendable {
        /// The bundle alone.
        case bundle
        /// A program beside it.
        case program
        /// A candidate that was started, which all of them ask.
        case candidate
        /// Replicas of its own under load.
        case load
        /// Training, as a rule: the dearest.
        case rerun
    }

    package var stage: Stage {
        switch check {
        case .integrity, .signed, .safeFormat, .interface, .license, .card: .bundle
        case .command(let command): command.asksCandidate ? .candidate : .program
        case .golden, .metric, .slice: .candidate
        case .latency: .load
        case .reproducible: .rerun
        }
    }

    /// What is asked, and the bound.
    package enum Check: Hashable, Sendable {
        case integrity
        /// By how many different people.
        case signed(people: Int)
        case safeFormat
        case interface
        /// SPDX identifiers.
        case license(allowed: [String])
        /// Headings and fields of the front matter that the model card has.
        case card(sections: [String], fields: [String])
        case golden(GoldenCheck)
        case metric(MetricCheck)
        case slice(SliceCheck)
        case command(CommandCheck)
        case latency(LatencyCheck)
        case reproducible(ReproducibleCheck)

        package var kind: GateKind {
            switch self {
            case .integrity: .integrity
            case .signed: .signed
            case .safeFormat: .safeFormat
            case .interface: .interface
            case .license: .license
            case .card: .card
            case .golden: .golden
            case .metric: .metric
            case .slice: .slice
            case .command: .command
            case .latency: .latency
            case .reproducible: .reproducible
            }
        }
    }
}

/// A file of data by its digest, from the repository or a source.
package struct DataFile: Hashable, Sendable {
    package var source: ArtifactSource
    package var digest: Digest
    package var size: Int64

    package init(source: ArtifactSource, digest: Digest, size: Int64) {
        self.source = source
        self.digest = digest
        self.size = size
    }
}

/// Recorded requests that a candidate has to answer as recorded.
package struct GoldenCheck: Hashable, Sendable {
    package struct Tolerance: Hashable, Sendable {
        package var output: String
        package var absolute: Double
        package var relative: Double

        package init(output: String, absolute: Double = 0, relative: Double = 0) {
            self.output = output
            self.absolute = absolute
            self.relative = relative
        }
    }

    package var requests: DataFile
    /// How far numbers of an output may be off; those of others are equal.
    package var tolerances: [Tolerance]

    package init(requests: DataFile, tolerances: [Tolerance] = []) {
        self.requests = requests
        self.tolerances = tolerances
    }
}

/// A metric of a candidate on labelled data: what is measured, on what.
package struct MetricQuestion: Hashable, Sendable {
    package var metric: MetricName
    /// Name of the data in the checklist.
    package var data: String
    /// The tensor of the answer that holds what the metric needs; the interface's first output when nil.
    package var output: String?
    /// Of the quantile loss.
    package var quantile: Double?

    package init(_ metric: MetricName, data: String, output: String? = nil, quantile: Double? = nil) {
        self.metric = metric
        self.data = data
        self.output = output
        self.quantile = quantile
    }
}

/// A bound on how good a candidate is on labelled data.
package struct MetricCheck: Hashable, Sendable {
    package var question: MetricQuestion
    package var atLeast: Double?
    package var atMost: Double?
    package var notWorse: NotWorse?
    /// Fewer rows say nothing.
    package var minSamples: Int

    /// Not worse than what serves in an environment by more than a margin.
    package struct NotWorse: Hashable, Sendable {
        package var than: Name
        package var margin: Double
        /// Whether the margin is a share of the baseline's value.
        package var isShare: Bool

        package init(than: Name, margin: Double, isShare: Bool = false) {
            self.than = than
            self.margin = margin
            self.isShare = isShare
        }
    }

    package init(
        _ question: MetricQuestion, atLeast: Double? = nil, atMost: Double? = nil, notWorse: NotWorse? = nil,
        minSamples: Int = 100
    ) {
        self.question = question
        self.atLeast = atLeast
        self.atMost = atMost
        self.notWorse = notWorse
        self.minSamples = minSamples
    }
}

/// A bound on how good a candidate is on each group of the rows, and on how far groups are apart.
package struct SliceCheck: Hashable, Sendable {
    package var question: MetricQuestion
    /// The column whose texts make the groups.
    package var by: String
    /// The bound of each group, in the metric's direction.
    package var bound: Double?
    /// How far the best and the worst group may be apart.
    package var gap: Double?
    /// A group of fewer rows says nothing.
    package var minSamples: Int

    package init(
        _ question: MetricQuestion, by: String, bound: Double? = nil, gap: Double? = nil, minSamples: Int = 30
    ) {
        self.question = question
        self.by = by
        self.bound = bound
        self.gap = gap
        self.minSamples = minSamples
    }
}

/// Rows with what is true of them, to measure a model on.
package struct LabelledData: Hashable, Sendable {
    package enum Format: String, CaseIterable, Hashable, Sendable { case csv, jsonLines }

    package var name: Name
    package var file: DataFile
    package var format: Format
    /// The column that says what is true.
    package var target: String
    /// Columns that a request is made of, in its order; all others when empty.
    package var features: [String]
    /// Every label, in the order of the model's probabilities.
    package var classes: [String]
    /// The label that binary metrics ask for; the last of `classes`, else `1`.
    package var positive: String
    /// Rows of one request.
    package var batch: Int

    package init(
        name: Name, file: DataFile, format: Format, target: String, features: [String] = [], classes: [String] = [],
        positive: String? = nil, batch: Int = 64
    ) {
        self.name = name
        self.file = file
        self.format = format
        self.target = target
        self.features = features
        self.classes = classes
        self.positive = positive ?? classes.last ?? "1"
        self.batch = batch
    }
}

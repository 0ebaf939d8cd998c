/// What a gate measured: all that its judgement looks at, and curves for readers.
package enum GateMeasurement: Hashable, Sendable {
    case integrity([FileDigests])
    case signed([Signer])
    case safeFormat([FileSafety])
    case interface([FileInterface])
    /// The license that the version states, or else its model; nil without one.
    case license(String?)
    /// Nil when the version has no card.
    case card(CardOutline?)
    case golden(GoldenAnswers)
    case metric(MetricValue)
    case slice(SliceValues)
    case command(CommandAnswer)
    case latency(LatencyValues)
    case reproducible(Reproduction)
    /// Nothing could be measured, for this reason.
    case nothing(String)

    /// A file of the bundle: the digest that it has in the manifest, and that of its bytes; nil when they are missing.
    package struct FileDigests: Hashable, Sendable {
        package var path: String
        package var expected: Digest
        package var found: Digest?

        package init(path: String, expected: Digest, found: Digest?) {
            self.path = path
            self.expected = expected
            self.found = found
        }
    }

    /// A signature of the bundle: by whom it counts, or why it does not.
    package struct Signer: Hashable, Sendable {
        /// The person of the access file who may sign the model; nil when it does not count.
        package var trusted: String?
        package var sentence: String

        package init(trusted: String?, sentence: String) {
            self.trusted = trusted
            self.sentence = sentence
        }
    }

    /// A file that was looked into: `safe`, `dangerous` or `unscanned`.
    package struct FileSafety: Hashable, Sendable {
        package var path: String
        package var verdict: String
        /// The first reason.
        package var reason: String?

        package init(path: String, verdict: String, reason: String?) {
            self.path = path
            self.verdict = verdict
            self.reason = reason
        }
    }

    /// A model file beside what the manifest says of it.
    package struct FileInterface: Hashable, Sendable {
        package var path: String
        package var disagreements: [String]
        /// Whether the file declares anything to compare.
        package var isConclusive: Bool

        package init(path: String, disagreements: [String], isConclusive: Bool) {
            self.path = path
            self.disagreements = disagreements
            self.isConclusive = isConclusive
        }
    }

    /// Answers of a candidate beside the recorded ones.
    package struct GoldenAnswers: Hashable, Sendable {
        package var requests: Int
        /// What differs, each in a sentence that begins with the request's line; the first ten.
        package var differences: [String]
        /// Requests that differ.
        package var differing: Int

        package init(requests: Int, differences: [String], differing: Int) {
            self.requests = requests
            self.differences = differences
            self.differing = differing
        }
    }

    /// A metric of a candidate on labelled rows.
    package struct MetricValue: Hashable, Sendable {
        /// Nil when it is not defined on these rows, for the reason in `problem`.
        package var value: Double?
        package var problem: String?
        package var samples: Int
        /// 95 % interval, where one was computed.
        package var interval: ClosedRange<Double>?
        /// What the manifest of the version claims.
        package var claimed: Double?
        /// What the value hides, each in a sentence.
        package var warnings: [String]
        /// Beside what serves elsewhere, where that is asked.
        package var baseline: Baseline?
        /// For readers, where the metric asks for scores or probabilities of one label; nothing is judged by them.
        package var roc: RocCurve?
        package var calibration: CalibrationCurve?

        package init(
            value: Double?, problem: String? = nil, samples: Int, interval: ClosedRange<Double>? = nil,
            claimed: Double? = nil, warnings: [String] = []
        ) {
            self.value = value
            self.problem = problem
            self.samples = samples
            self.interval = interval
            self.claimed = claimed
            self.warnings = warnings
        }
    }

    /// A candidate beside the version that serves in an environment, both on the same rows.
    package struct Baseline: Hashable, Sendable {
        package var version: VersionID
        package var value: Double
        /// How much better the candidate is, with 95 % certain bounds on either side; less than 0 is worse.
        package var difference: Double
        package var lower: Double
        package var upper: Double
        /// In the metric's unit.
        package var margin: Double
        /// Whether there are rows enough to trust the bounds.
        package var isTrusted: Bool
        /// Rows that would decide, in four of five cases; nil when no number would, or none is needed.
        package var rowsNeeded: Int?

        package init(
            version: VersionID, value: Double, difference: Double, lower: Double, upper: Double, margin: Double,
            isTrusted: Bool, rowsNeeded: Int?
        ) {
            self.version = version
            self.value = value
            self.difference = difference
            self.lower = lower
            self.upper = upper
            self.margin = margin
            self.isTrusted = isTrusted
            self.rowsNeeded = rowsNeeded
        }
    }

    /// A metric group by group, the worst first.
    package struct SliceValues: Hashable, Sendable {
        package struct Slice: Hashable, Sendable {
            /// Nil for the rows without a text in the column.
            package var name: String?
            package var count: Int
            package var value: Double?
            package var problem: String?
            /// 95 %, of this group alone.
            package var interval: ClosedRange<Double>?
            /// By the bound, corrected for how many groups there are (Holm 1979).
            package var verdict: Verdict

            package init(
                name: String?, count: Int, value: Double?, problem: String?, interval: ClosedRange<Double>? = nil,
                verdict: Verdict
            ) {
                self.interval = interval
                self.name = name
                self.count = count
                self.value = value
                self.problem = problem
                self.verdict = verdict
            }
        }

        package struct Gap: Hashable, Sendable {
            package var value: Double
            /// The true gap is hardly less.
            package var lower: Double
            package var best: String?
            package var worst: String?

            package init(value: Double, lower: Double, best: String?, worst: String?) {
                self.value = value
                self.lower = lower
                self.best = best
                self.worst = worst
            }
        }

        package var samples: Int
        package var slices: [Slice]
        package var gap: Gap?

        package init(samples: Int, slices: [Slice], gap: Gap?) {
            self.samples = samples
            self.slices = slices
            self.gap = gap
        }
    }

    /// How many rows or requests it rests on, where that is the question.
    package var samples: Int? {
        switch self {
        case .golden(let answers): answers.requests
        case .metric(let metric): metric.samples
        case .slice(let slices): slices.samples
        case .command(let answer): answer.samples
        case .latency(let values): values.candidate?.answered
        case .integrity, .signed, .safeFormat, .interface, .license, .card, .reproducible, .nothing: nil
        }
    }
}

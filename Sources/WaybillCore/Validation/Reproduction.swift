/// What came out when the version's own code was run again, beside what the version says.
package struct Reproduction: Hashable, Sendable {
    /// Files with weights; empty when they are not asked for.
    package var files: [GateMeasurement.FileDigests]
    /// What the version states of the metric; nil when it does not, or none is asked for.
    package var stated: Double?
    /// What came out; nil when nothing did.
    package var found: Double?
    /// Why nothing can be said, whatever came out: it was not run then.
    package var problem: String?

    package init(
        files: [GateMeasurement.FileDigests] = [], stated: Double? = nil, found: Double? = nil,
        problem: String? = nil
    ) {
        self.files = files
        self.stated = stated
        self.found = found
        self.problem = problem
    }

    /// The number called `name` in a metrics file; nil when it has none.
    ///
    /// - Throws: `InvalidInput` for what is no JSON object, or where that member is no finite number.
    package static func metric(_ name: String, in bytes: [UInt8]) throws(InvalidInput) -> Double? {
        let file = ReproducibleCheck.metricsFile
        guard let members = Value(json: bytes)?.object else {
            throw InvalidInput("\(file) is no JSON object (RFC 8259; no NaN, no member twice)")
        }
        guard let member = members[name] else { return nil }
        guard let number = member.number, number.isFinite else {
            throw InvalidInput("\(name.quotedForMessage) in \(file) is no number")
        }
        return number
    }
}

extension ReproducibleCheck {
    /// Numbers that are written in decimals are hardly ever apart by just what was meant.
    private static let slack = 1e-12

    func judge(_ came: Reproduction) -> Judgement {
        if let problem = came.problem { return Judgement(.inconclusive, problem) }
        let parts = [givesWeights ? weights(came) : nil, metric.map { stated($0, came) }]
            .compactMap { $0 }
        for verdict in [Verdict.failed, .inconclusive] {
            if let part = parts.first(where: { $0.verdict == verdict }) { return part }
        }
        return Judgement(.passed, parts.map(\.message).joined(separator: "; "))
    }

    private func weights(_ came: Reproduction) -> Judgement {
        guard !came.files.isEmpty else {
            return Judgement(.inconclusive, "the version has no files with weights")
        }
        if let other = came.files.first(where: { $0.found != nil && $0.found != $0.expected }) {
            let more = came.files.count { $0.found != nil && $0.found != $0.expected } - 1
            let rest = more > 0 ? " (and \(more) more)" : ""
            return Judgement(
                .failed,
                "\(other.path.quotedForMessage) came out as \(other.found?.description ?? ""), and the version has "
                    + "\(other.expected)\(rest)")
        }
        if let missing = came.files.first(where: { $0.found == nil }) {
            return Judgement(
                .inconclusive,
                "the code wrote no \(missing.path.quotedForMessage) into \(output.quotedForMessage)")
        }
        let count = came.files.count
        return Judgement(
            .passed, "\(count) file\(count == 1 ? "" : "s") came out with the bytes of the version")
    }

    private func stated(_ metric: Metric, _ came: Reproduction) -> Judgement {
        let name = metric.name.quotedForMessage
        guard let stated = came.stated else {
            return Judgement(.inconclusive, "the version states no metric \(name)")
        }
        guard let found = came.found else {
            return Judgement(
                .inconclusive, "the code wrote no \(name) into \(output)/\(Self.metricsFile)")
        }
        let apart = abs(found - stated)
        let said =
            "\(name) came out as \(MetricCheck.text(found)), and the version states \(MetricCheck.text(stated))"
        let isWithin = apart <= metric.within + Self.slack * max(1, abs(stated))
        return isWithin
            ? Judgement(.passed, said)
            : Judgement(.failed, "\(said): more than \(MetricCheck.text(metric.within)) apart")
    }
}

extension Reproduction {
    var value: Value {
        object([
            "files": list(
                files.map {
                    object([
                        "path": .string($0.path), "expected": .string($0.expected.description),
                        "found": $0.found.map { .string($0.description) },
                    ])
                }),
            "stated": stated.map { Value(measured: $0) }, "found": found.map { Value(measured: $0) },
            "problem": problem.map { .string($0) },
        ])
    }

    /// Read back from how evidence keeps it.
    init?(kept value: Value) {
        var files: [GateMeasurement.FileDigests] = []
        for item in value["files"]?.list ?? [] {
            guard let path = item["path"]?.string, let expected = item["expected"]?.string,
                let digest = try? Digest(parsing: expected)
            else { return nil }
            files.append(
                .init(
                    path: path, expected: digest,
                    found: item["found"]?.string.flatMap { try? Digest(parsing: $0) }))
        }
        self.init(
            files: files, stated: value["stated"]?.number, found: value["found"]?.number,
            problem: value["problem"]?.string)
    }
}

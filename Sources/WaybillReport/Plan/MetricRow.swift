package import WaybillCore

/// A number of a version: measured by Waybill, or claimed by whoever made the version.
package struct ReviewNumber: Hashable, Sendable {
    package var value: Double
    package var interval: ClosedRange<Double>?
    package var isClaim: Bool
}

/// How a number compares with what it was.
package enum Tendency: String, Hashable, Sendable {
    case better, worse
    /// The intervals do not part them, or they are equal.
    case notApart = "not told apart"
    /// There is nothing to compare, or nobody knows which way is better.
    case unknown
}

/// One metric of the old version beside the new one's.
package struct MetricRow: Hashable, Sendable {
    package var name: String
    /// The labelled data that it was measured on; nil for claims.
    package var data: String?
    package var old: ReviewNumber?
    package var new: ReviewNumber?
    /// How much better the new one is, where both answered the same rows; less than 0 is worse.
    package var difference: ClosedRange<Double>?
    package var tendency: Tendency

    static func rows(
        from old: ModelVersion?, to new: ModelVersion, _ theirs: [EvidenceReport], _ mine: [EvidenceReport]
    ) -> [MetricRow] {
        var rows: [MetricRow] = []
        var seen: Set<String> = []
        for metric in mine.metrics where seen.insert("\(metric.name)\n\(metric.data)").inserted {
            let their = theirs.metrics.first { $0.name == metric.name && $0.data == metric.data }
            rows.append(measured(metric, their, of: old))
        }
        return rows + claims(old, new, measured: Set(rows.map(\.name)))
    }

    private static func measured(
        _ metric: EvidenceReport.Metric, _ their: EvidenceReport.Metric?, of old: ModelVersion?
    ) -> MetricRow {
        var row = MetricRow(name: metric.name, data: metric.data, tendency: .unknown)
        row.new = metric.value.map { ReviewNumber(value: $0, interval: metric.interval, isClaim: false) }
        row.old = their?.value.map { ReviewNumber(value: $0, interval: their?.interval, isClaim: false) }
        let baseline = metric.baseline.flatMap { $0.version == old?.id.description ? $0 : nil }
        if let baseline, baseline.lower <= baseline.upper {
            row.old = row.old ?? ReviewNumber(value: baseline.value, interval: nil, isClaim: false)
            row.difference = baseline.lower...baseline.upper
        }
        row.tendency = tendency(row)
        return row
    }

    private static func claims(_ old: ModelVersion?, _ new: ModelVersion, measured: Set<String>) -> [MetricRow] {
        let (was, now) = (old?.metrics ?? [:], new.metrics)
        return Set(was.keys).union(now.keys).sorted().compactMap { name in
            if let known = MetricName.recognised(name), measured.contains(known.rawValue) { return nil }
            var row = MetricRow(name: name, tendency: .unknown)
            row.old = was[name].map { ReviewNumber(value: $0, isClaim: true) }
            row.new = now[name].map { ReviewNumber(value: $0, isClaim: true) }
            row.tendency = tendency(row)
            return row
        }
    }

    private static func tendency(_ row: MetricRow) -> Tendency {
        if let difference = row.difference {
            if difference.lowerBound > 0 { return .better }
            return difference.upperBound < 0 ? .worse : .notApart
        }
        return .of(row.name, old: row.old, new: row.new)
    }
}

extension Tendency {
    static func of(_ metric: String, old: ReviewNumber?, new: ReviewNumber?) -> Tendency {
        guard let old, let new, let direction = MetricName.recognised(metric)?.direction else { return .unknown }
        if old.value == new.value { return .notApart }
        if let was = old.interval, let now = new.interval, was.overlaps(now) { return .notApart }
        return direction.oriented(new.value) > direction.oriented(old.value) ? .better : .worse
    }
}

/// A metric of one group of rows, old and new.
package struct SliceRow: Hashable, Sendable {
    package var metric: String
    package var by: String
    package var data: String
    /// Nil for the rows without a text.
    package var name: String?
    package var count: Int
    package var old: ReviewNumber?
    package var new: ReviewNumber?
    package var tendency: Tendency
    package var verdict: Verdict
    /// How much better the new one is by its value alone; nil when one of them has none.
    package var gain: Double?

    static func rows(_ theirs: [EvidenceReport], _ mine: [EvidenceReport]) -> [SliceRow] {
        var rows: [SliceRow] = []
        var seen: Set<String> = []
        for slices in mine.slices where seen.insert("\(slices.metric)\n\(slices.by)\n\(slices.data)").inserted {
            let their = theirs.slices.first {
                $0.metric == slices.metric && $0.by == slices.by && $0.data == slices.data
            }
            rows += slices.slices.map { row(slices, $0, Self.find($0.name, in: their)) }
        }
        return rows.enumerated().sorted { left, right in
            let (one, other) = (left.element.rank, right.element.rank)
            return one == other ? left.offset < right.offset : one < other
        }.map(\.element)
    }

    private static func find(
        _ name: String?, in their: EvidenceReport.Slices?
    ) -> EvidenceReport.Slices.Slice? {
        their?.slices.first { $0.name == name }
    }

    private static func row(
        _ slices: EvidenceReport.Slices, _ slice: EvidenceReport.Slices.Slice,
        _ their: EvidenceReport.Slices.Slice?
    ) -> SliceRow {
        let old = their?.value.map { ReviewNumber(value: $0, interval: their?.interval, isClaim: false) }
        let new = slice.value.map { ReviewNumber(value: $0, interval: slice.interval, isClaim: false) }
        var gain: Double?
        if let old, let new, let direction = MetricName(rawValue: slices.metric)?.direction {
            gain = direction.oriented(new.value) - direction.oriented(old.value)
        }
        return SliceRow(
            metric: slices.metric, by: slices.by, data: slices.data, name: slice.name, count: slice.count, old: old,
            new: new, tendency: .of(slices.metric, old: old, new: new), verdict: slice.verdict, gain: gain)
    }

    /// Lower comes first: what did not pass, then what lost most.
    private var rank: Double {
        let loss = min(max(gain ?? 0, -1e9), 1e9)
        return verdict == .passed ? loss : loss - 1e10
    }
}

extension [EvidenceReport] {
    fileprivate var metrics: [EvidenceReport.Metric] { flatMap(\.gates).compactMap(\.metric) }
    fileprivate var slices: [EvidenceReport.Slices] { flatMap(\.gates).compactMap(\.slices) }
}

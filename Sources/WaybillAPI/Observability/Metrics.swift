import Synchronization

/// What a metric measures, fixed when it is declared.
package struct MetricDescription: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable { case counter, gauge, histogram }

    /// `waybill_` and lower-case words; a counter ends in `_total`, a time in `_seconds`.
    package var name: String
    package var help: String
    package var kind: Kind
    /// Upper bounds of a histogram's buckets, ascending, without infinity.
    package var bounds: [Double]

    package init(_ name: String, _ kind: Kind, help: String, bounds: [Double] = []) {
        self.name = name
        self.kind = kind
        self.help = help
        self.bounds = bounds
    }

    /// Bounds for things that take milliseconds to minutes.
    package static let durations: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
    ]
}

/// Counts, levels and distributions of one process, written out as Prometheus reads them.
///
/// Label values come from small fixed sets (outcomes, phases), never from requests or names in git: past
/// `mostSeries` series of one metric, further label values are counted together under `other`.
package final class Metrics: Sendable {
    package typealias Labels = [String: String]

    package static let mostSeries = 200

    private struct Series: Sendable {
        var value: Double = 0
        /// Observations by bucket, not summed up; one more than there are bounds.
        var buckets: [UInt64] = []
        var count: UInt64 = 0
    }

    private struct Family: Sendable {
        var description: MetricDescription
        var series: [Labels: Series] = [:]
    }

    private let families: Mutex<[String: Family]>

    /// - Parameter descriptions: every metric there is; an undeclared one is not recorded.
    package init(_ descriptions: [MetricDescription] = MetricDescription.catalogue) {
        families = Mutex(
            Dictionary(descriptions.map { ($0.name, Family(description: $0)) }, uniquingKeysWith: { first, _ in first })
        )
    }

    /// Adds to a counter.
    package func count(_ name: String, _ labels: Labels = [:], by amount: Double = 1) {
        change(name, labels) { series, _ in series.value += max(0, amount) }
    }

    /// Sets a gauge.
    package func set(_ name: String, _ labels: Labels = [:], to value: Double) {
        change(name, labels) { series, _ in series.value = value }
    }

    /// Drops the series of a gauge that `keep` refuses, as when a phase has nothing in it any more.
    package func drop(_ name: String, where isGone: (Labels) -> Bool) {
        families.withLock { families in
            guard let series = families[name]?.series else { return }
            families[name]?.series = series.filter { !isGone($0.key) }
        }
    }

    /// Adds an observation to a histogram.
    package func observe(_ name: String, _ value: Double, _ labels: Labels = [:]) {
        change(name, labels) { series, bounds in
            if series.buckets.isEmpty { series.buckets = Array(repeating: 0, count: bounds.count + 1) }
            series.buckets[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
            series.value += value
            series.count += 1
        }
    }

    /// Adds a duration in seconds.
    package func observe(_ name: String, _ duration: Duration, _ labels: Labels = [:]) {
        observe(name, duration / .seconds(1), labels)
    }

    private func change(_ name: String, _ labels: Labels, _ body: (inout Series, [Double]) -> Void) {
        families.withLock { families in
            guard var family = families[name] else { return }
            // Let go of the stored copy, so that the change below is made in place.
            families[name] = nil
            defer { families[name] = family }
            let isNew = family.series[labels] == nil
            let known = !isNew || family.series.count < Self.mostSeries
            body(
                &family.series[known ? labels : labels.mapValues { _ in "other" }, default: Series()],
                family.description.bounds)
        }
    }
}

extension Metrics {
    /// The text exposition format of Prometheus, version 0.0.4; families and series in the order of their names.
    package var prometheusText: String {
        let families = families.withLock { $0.values.sorted { $0.description.name < $1.description.name } }
        var text = ""
        for family in families where !family.series.isEmpty {
            let description = family.description
            text += "# HELP \(description.name) \(Self.escape(description.help, quote: false))\n"
            text += "# TYPE \(description.name) \(description.kind.rawValue)\n"
            let ordered = family.series.map { (Self.pairs($0.key), $0.value) }
                .sorted { $0.0.lexicographicallyPrecedes($1.0) }
            for (pairs, series) in ordered { Self.write(series, pairs, description, into: &text) }
        }
        return text
    }

    private static func write(
        _ series: Series, _ pairs: [String], _ description: MetricDescription, into text: inout String
    ) {
        guard description.kind == .histogram else {
            text += "\(description.name)\(braces(pairs)) \(number(series.value))\n"
            return
        }
        var sum: UInt64 = 0
        let bounds = description.bounds.map(number) + ["+Inf"]
        for (bound, count) in zip(bounds, series.buckets) {
            sum += count
            text += "\(description.name)_bucket\(braces(pairs + ["le=\"\(bound)\""])) \(sum)\n"
        }
        text += "\(description.name)_sum\(braces(pairs)) \(number(series.value))\n"
        text += "\(description.name)_count\(braces(pairs)) \(series.count)\n"
    }

    private static func pairs(_ labels: Labels) -> [String] {
        labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escape($0.value, quote: true))\"" }
    }

    private static func braces(_ pairs: [String]) -> String { pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}" }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
    }

    private static func escape(_ text: String, quote: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quote: escaped += "\\\""
            case _: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

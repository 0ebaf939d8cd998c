import WaybillCore

extension LatencyValues {
    /// The percentiles of the candidate on a line; empty when there are none.
    var summary: String {
        LatencyCheck.Percentile.allCases.compactMap { percentile in
            candidate?.quantiles[percentile].map { "\(percentile.rawValue) \(LatencyCheck.text($0.value))" }
        }.joined(separator: ", ")
    }

    var blocks: [Document.Block] {
        guard let candidate else { return [] }
        var named: [(who: [Document.Inline], answers: Answers)] = [(["candidate"], candidate)]
        if let baseline, let version { named.append(([.code(version.description), " serves"], baseline)) }
        let rows = named.map { who, answers -> [[Document.Inline]] in
            [who]
                + LatencyCheck.Percentile.allCases.map { percentile in
                    [.text(answers.quantiles[percentile].map(Self.text) ?? "")]
                } + [[.text("\(answers.answered) of \(answers.planned)")]]
        }
        let names = LatencyCheck.Percentile.allCases.map(\.rawValue)
        var blocks: [Document.Block] = [
            .table(Document.Table(["latency, 95 % interval"] + names + ["answered"], rows, numbers: [1, 2, 3, 4]))
        ]
        if let figure { blocks.append(.figure(figure)) }
        return blocks
    }

    private static func text(_ quantile: Quantile) -> String {
        "\(LatencyCheck.text(quantile.value)) (\(LatencyCheck.text(quantile.lower)) to \(LatencyCheck.text(quantile.upper)))"
    }

    /// Which share of requests was answered within which time, on a scale of time whose steps are tenfold.
    private var figure: Document.Figure? {
        guard let candidate, let first = candidate.curve.points.first?.upTo else { return nil }
        let curves = [candidate.curve, baseline?.curve].compactMap(\.self)
        let longest = curves.compactMap(\.points.last?.upTo).max() ?? first
        let shortest = curves.compactMap(\.points.first?.upTo).min() ?? first
        let scale = TimeScale(shortest, longest)
        let (left, top, width, height) = (46.0, 12.0, 420.0, 220.0)
        var chart = Chart(width: left + width + 24, height: top + height + 44, title: "Latency distribution")
        func x(_ microseconds: Int64) -> Double { left + width * scale.place(microseconds) }
        func y(_ share: Double) -> Double { top + height * (1 - share) }
        for step in 0...5 {
            chart.line("grid", left, y(Double(step) / 5), left + width, y(Double(step) / 5))
            chart.label("\(step * 20) %", left - 6, y(Double(step) / 5) + 4, .end)
        }
        for tick in scale.ticks {
            chart.line("grid", x(tick), y(0), x(tick), y(1))
            chart.label(Self.tick(tick), x(tick), y(0) + 15, .middle)
        }
        chart.line("axis", left, y(0), left + width, y(0))
        chart.line("axis", left, y(0), left, y(1))
        if let baseline { chart.path("ideal", Self.steps(baseline.curve, x, y)) }
        chart.path("curve", Self.steps(candidate.curve, x, y))
        if let p99 = candidate.quantiles[.p99] {
            chart.line("bound", x(p99.value), y(0), x(p99.value), y(1))
            chart.label("p99", x(p99.value) - 4, y(0.06), .end, "bound-text")
        }
        chart.label("answered within", left + width / 2, y(0) + 34, .middle, "label")
        let dashed = version.map { "; dashed: \($0)" } ?? ""
        return chart.figure(
            "Latency of \(candidate.answered) answers, each counted from the moment at which its request was due\(dashed)"
        )
    }

    private static func steps(
        _ curve: LatencyCurve, _ x: (Int64) -> Double, _ y: (Double) -> Double
    ) -> [(x: Double, y: Double)] {
        let all = Double(max(1, curve.points.reduce(0) { $0 &+ $1.count }))
        var seen = 0
        var line: [(x: Double, y: Double)] = curve.points.first.map { [(x($0.upTo), y(0))] } ?? []
        for point in curve.points {
            seen &+= point.count
            line.append((x(point.upTo), y(Double(seen) / all)))
        }
        return line
    }

    private static func tick(_ microseconds: Int64) -> String {
        switch microseconds {
        case ..<1000: "\(microseconds) µs"
        case ..<1_000_000: "\(microseconds / 1000) ms"
        default: "\(microseconds / 1_000_000) s"
        }
    }

    /// A scale of time whose steps are tenfold, marked at 1, 2 and 5.
    private struct TimeScale {
        private let low: Int64
        private let high: Int64
        let ticks: [Int64]

        init(_ shortest: Int64, _ longest: Int64) {
            var all: [Int64] = []
            var power: Int64 = 1
            // Up to an hour, the longest that is counted.
            while power <= 10_000_000_000 {
                all += [power, 2 * power, 5 * power]
                power *= 10
            }
            let from = all.last { $0 <= max(shortest, 1) } ?? 1
            let to = all.first { $0 >= longest } ?? all[all.count - 1]
            (low, high) = (from, max(to, from + 1))
            ticks = all.filter { $0 >= from && $0 <= to }
        }

        func place(_ microseconds: Int64) -> Double {
            let (from, to) = (Self.log(low), Self.log(high))
            return min(max((Self.log(microseconds) - from) / (to - from), 0), 1)
        }

        private static func log(_ microseconds: Int64) -> Double {
            // Base 2 by hand: the exponent, and how far into it.
            let value = Double(max(microseconds, 1))
            var (result, rest) = (Double(value.exponent), value.significand)
            var part = 0.5
            for _ in 0..<20 {
                rest *= rest
                if rest >= 2 {
                    result += part
                    rest /= 2
                }
                part /= 2
            }
            return result
        }
    }
}

import WaybillCore

/// A plot as inline SVG. Colours come from the page's style, so that it reads on light and on dark.
struct Chart {
    private var parts: [String] = []
    private let width: Double
    private let height: Double
    private let title: String

    init(width: Double, height: Double, title: String) {
        (self.width, self.height, self.title) = (width, height, title)
    }

    func figure(_ caption: String) -> Document.Figure {
        let (across, down) = (Self.text(width), Self.text(height))
        return Document.Figure(
            svg: "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"\(across)\" height=\"\(down)\" "
                + "viewBox=\"0 0 \(across) \(down)\"><title>\(title.asHTML)</title>\n\(parts.joined(separator: "\n"))\n</svg>",
            caption: caption)
    }

    mutating func line(_ style: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) {
        parts.append(
            "<line class=\"\(style)\" x1=\"\(Self.text(x1))\" y1=\"\(Self.text(y1))\" x2=\"\(Self.text(x2))\" "
                + "y2=\"\(Self.text(y2))\"/>")
    }

    mutating func bar(_ style: String, x: Double, y: Double, width: Double, height: Double) {
        parts.append(
            "<rect class=\"\(style)\" x=\"\(Self.text(x))\" y=\"\(Self.text(y))\" width=\"\(Self.text(max(width, 0)))\" "
                + "height=\"\(Self.text(max(height, 0)))\"/>")
    }

    mutating func dot(_ x: Double, _ y: Double) {
        parts.append("<circle class=\"dot\" cx=\"\(Self.text(x))\" cy=\"\(Self.text(y))\" r=\"3.5\"/>")
    }

    mutating func path(_ style: String, _ points: [(x: Double, y: Double)], isClosed: Bool = false) {
        let steps = points.map { "\(Self.text($0.x)) \(Self.text($0.y))" }.joined(separator: "L")
        parts.append("<path class=\"\(style)\" d=\"M\(steps)\(isClosed ? "Z" : "")\"/>")
    }

    enum Anchor: String { case start, middle, end }

    mutating func label(_ text: String, _ x: Double, _ y: Double, _ anchor: Anchor = .start, _ style: String = "") {
        parts.append(
            "<text class=\"\(style)\" x=\"\(Self.text(x))\" y=\"\(Self.text(y))\" text-anchor=\"\(anchor.rawValue)\">"
                + "\(text.asHTML)</text>")
    }

    /// Along the left edge, read from below.
    mutating func upright(_ text: String, _ x: Double, _ y: Double) {
        parts.append(
            "<text x=\"\(Self.text(x))\" y=\"\(Self.text(y))\" text-anchor=\"middle\" "
                + "transform=\"rotate(-90 \(Self.text(x)) \(Self.text(y)))\">\(text.asHTML)</text>")
    }

    /// Tenths; a number that no plot has is 0.
    private static func text(_ number: Double) -> String {
        guard number.isFinite, abs(number) < 1e6 else { return "0" }
        let tenths = Int64((number * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
    }
}

/// A square from 0 to 1 both ways, with its grid and the names of its axes.
private struct UnitSquare {
    static let (left, top, side) = (46.0, 12.0, 270.0)

    static func x(_ share: Double) -> Double { left + side * share }
    static func y(_ share: Double) -> Double { top + side * (1 - share) }

    static func chart(_ title: String, across: String, up: String, extra: Double = 0) -> Chart {
        var chart = Chart(width: left + side + 18, height: top + side + 44 + extra, title: title)
        for step in 0...5 {
            let share = Double(step) / 5
            chart.line("grid", x(share), y(0), x(share), y(1))
            chart.line("grid", x(0), y(share), x(1), y(share))
            chart.label(Numbers.text(share), x(share), y(0) + 15, .middle)
            chart.label(Numbers.text(share), left - 6, y(share) + 4, .end)
        }
        chart.line("ideal", x(0), y(0), x(1), y(1))
        chart.line("axis", x(0), y(0), x(1), y(0))
        chart.line("axis", x(0), y(0), x(0), y(1))
        chart.label(across, x(0.5), y(0) + 34 + extra, .middle, "label")
        chart.upright(up, 12, y(0.5))
        return chart
    }
}

extension RocCurve {
    func figure(_ metric: EvidenceReport.Metric) -> Document.Figure {
        var chart = UnitSquare.chart(
            "ROC curve", across: "false positive rate", up: "true positive rate")
        let corners = points.map {
            (
                x: UnitSquare.x(Double($0.falsePositives) / Double(negatives)),
                y: UnitSquare.y(Double($0.truePositives) / Double(positives))
            )
        }
        guard let last = corners.last else { return chart.figure("ROC: no points") }
        chart.path("area", corners + [(last.x, UnitSquare.y(0))], isClosed: true)
        chart.path("curve", corners)
        let isArea = metric.name == MetricName.rocAuc.rawValue
        let area = isArea ? ", AUC \(Numbers.text(metric.value, metric.interval))" : ""
        return chart.figure("ROC\(area): \(positives) positive and \(negatives) negative rows of \(metric.data)")
    }
}

extension CalibrationCurve {
    func figure(_ metric: EvidenceReport.Metric) -> Document.Figure {
        let strip = 52.0
        var chart = UnitSquare.chart(
            "Calibration", across: "how sure the model was", up: "how often it was right", extra: strip)
        let wide = 1 / Double(bins.count)
        let most = Double(max(1, bins.map(\.rows).max() ?? 1))
        let floor = UnitSquare.y(0) + 20 + strip - 8
        for (place, bin) in bins.enumerated() where bin.rows > 0 {
            let (from, share) = (Double(place) * wide, Double(bin.hits) / Double(bin.rows))
            let width = UnitSquare.side * wide - 2
            chart.bar(
                "bar", x: UnitSquare.x(from) + 1, y: UnitSquare.y(share), width: width,
                height: UnitSquare.y(0) - UnitSquare.y(share))
            chart.dot(UnitSquare.x(bin.confidence), UnitSquare.y(share))
            let tall = max(1, (strip - 14) * Double(bin.rows) / most)
            chart.bar("count", x: UnitSquare.x(from) + 1, y: floor - tall, width: width, height: tall)
        }
        chart.label("rows", UnitSquare.left - 6, floor - 4, .end)
        let rows = bins.reduce(0) { $0 &+ $1.rows }
        return chart.figure(
            "Calibration in \(bins.count) bins, \(rows) rows of \(metric.data): on the dashed line the model is right as often as "
                + "it is sure. Below: how many rows each bin has.")
    }
}

extension EvidenceReport.Slices {
    private static let most = 40

    var figure: Document.Figure? {
        let shown = slices.filter { $0.value != nil }.prefix(Self.most)
        guard !shown.isEmpty else { return nil }
        let (left, width, row, top) = (150.0, 330.0, 26.0, 22.0)
        let bottom = top + row * Double(shown.count)
        var chart = Chart(width: left + width + 150, height: bottom + 26, title: "Groups of rows")
        let scale = scale(shown)
        func x(_ value: Double) -> Double {
            left + width * min(max((value - scale.lowerBound) / (scale.upperBound - scale.lowerBound), 0), 1)
        }
        for step in 0...4 {
            let value = scale.lowerBound + (scale.upperBound - scale.lowerBound) * Double(step) / 4
            chart.line("grid", x(value), top, x(value), bottom)
            chart.label(Numbers.text(value), x(value), bottom + 15, .middle)
        }
        for (place, slice) in shown.enumerated() {
            let y = top + row * Double(place)
            let value = slice.value ?? 0
            chart.label(Self.short(slice.name ?? "(no \(by))"), left - 8, y + row / 2 + 4, .end, "label")
            chart.bar(
                slice.verdict == .passed ? "bar" : "bar \(slice.verdict.tone.rawValue)",
                x: x(min(value, max(0, scale.lowerBound))),
                y: y + 5, width: x(value) - x(min(value, max(0, scale.lowerBound))), height: row - 10)
            if let range = slice.interval {
                chart.line("whisker", x(range.lowerBound), y + row / 2, x(range.upperBound), y + row / 2)
                for end in [range.lowerBound, range.upperBound] {
                    chart.line("whisker", x(end), y + row / 2 - 4, x(end), y + row / 2 + 4)
                }
            }
            chart.label("\(Numbers.text(value)), \(slice.count) rows", left + width + 8, y + row / 2 + 4)
        }
        if let bound {
            chart.line("bound", x(bound), top - 4, x(bound), bottom)
            chart.label("asked: \(Numbers.text(bound))", x(bound), top - 8, .middle, "bound-text")
        }
        let more = slices.count > shown.count ? "; \(slices.count - shown.count) more are in the table" : ""
        return chart.figure("\(metric) of each \(by) in \(data), the worst first, with 95 % intervals\(more)")
    }

    /// From 0 to 1 where all fits in there, else what is needed.
    private func scale(_ shown: ArraySlice<Slice>) -> ClosedRange<Double> {
        let all = shown.flatMap { [$0.value, $0.interval?.lowerBound, $0.interval?.upperBound, bound] }
            .compactMap(\.self).filter { abs($0) < 1e12 }
        let (low, high) = (min(all.min() ?? 0, 0), max(all.max() ?? 1, 0))
        if low >= 0, high <= 1 { return 0...1 }
        return low < high ? low...high : 0...1
    }

    private static func short(_ text: String) -> String {
        text.count > 20 ? text.prefix(19) + "…" : text
    }
}

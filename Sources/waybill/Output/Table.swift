/// Text in aligned columns, as wide as their widest cell in a terminal's columns.
struct Table {
    struct Cell: Hashable, Sendable, ExpressibleByStringLiteral {
        var text: String
        var tone: Tone

        /// Made harmless: cells show what others wrote.
        init(_ text: String?, _ tone: Tone = .plain) {
            let shown = (text ?? "").harmless
            self.text = shown.isEmpty ? "-" : shown
            self.tone = tone
        }

        init(stringLiteral text: String) { self.init(text) }
    }

    var titles: [String]
    var rows: [[Cell]]
    /// Columns whose cells end at the same place, as numbers do.
    var rightAligned: Set<Int> = []

    private static let gap = "   "

    func text(_ style: Style, withTitles: Bool = true) -> String {
        let widths = titles.indices.map { column in
            (rows.map { $0[column].text.displayWidth } + [titles[column].displayWidth]).max() ?? 0
        }
        let head = withTitles ? [titles.map { Cell($0, .quiet) }] : []
        return (head + rows).map { line($0, widths, style) + "\n" }.joined()
    }

    private func line(_ cells: [Cell], _ widths: [Int], _ style: Style) -> String {
        let parts = cells.enumerated().map { column, cell in
            let fill = String(repeating: " ", count: widths[column] - cell.text.displayWidth)
            let painted = style.paint(cell.text, cell.tone)
            if rightAligned.contains(column) { return fill + painted }
            return column == cells.count - 1 ? painted : painted + fill
        }
        return parts.joined(separator: Self.gap)
    }
}

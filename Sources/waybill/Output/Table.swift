import WaybillCore

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

    /// Columns are at least this wide, so that tables shown one after the other line up.
    var leastWidths: [Int] = []

    var widths: [Int] {
        titles.indices.map { column in
            let least = column < leastWidths.count ? leastWidths[column] : 0
            return rows.map { $0[column].text.displayWidth }.reduce(max(least, titles[column].displayWidth), max)
        }
    }

    func text(_ style: Style, withTitles: Bool = true) -> String {
        let widths = widths
        let head = withTitles ? [titles.map { Cell($0, .quiet) }] : []
        return (head + rows).map { line($0, widths, style) + "\n" }.joined()
    }

    /// The table with its last column cut so that lines fit into `columns`, if that leaves the column some room.
    func fitting(_ columns: Int?) -> Table {
        guard let columns, let last = titles.indices.last else { return self }
        let before = widths.dropLast().reduce(0) { $0 + $1 + Self.gap.count }
        let room = max(20, columns - before)
        var table = self
        for row in rows.indices where rows[row][last].text.displayWidth > room {
            // Wide characters take two columns each; cutting by characters and again by half keeps to the room.
            let text = rows[row][last].text.cut(to: room)
            table.rows[row][last].text = text.displayWidth <= room ? text : text.cut(to: max(10, room / 2))
        }
        return table
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

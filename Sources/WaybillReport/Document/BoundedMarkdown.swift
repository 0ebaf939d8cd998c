/// A page that is written as one comment of a forge. Where there is no room, lists are shortened, then the last sections are left out,
/// and the end counts what.
package struct BoundedMarkdown {
    /// Characters of the whole comment at most: forges refuse one that is too long (GitHub's limit is 65,536).
    package static let limit = 60_000
    /// Kept free for what closes the comment.
    private static let tail = 8000

    /// What decides; each of its lists has at most so many rows.
    private let opening: (_ rows: Int) -> [Document.Block]
    /// The most important first, each with lists of at most so many rows.
    private let sections: [(_ rows: Int) -> [Document.Block]]
    private let closing: (_ rows: Int) -> [Document.Block]
    private let title: String
    /// How long the lists of the opening are, and of what.
    private let counted: [(count: Int, what: String)]
    /// The same of the closing.
    private let closed: (count: Int, what: String)

    /// Rows of a section's lists that are written out, and of a section that is shortened.
    package static let (full, brief) = (60, 5)
    /// Rows of the closing's list.
    private static let mostClosing = 20

    package init(
        title: String, counted: [(count: Int, what: String)],
        closed: (count: Int, what: String) = (0, ""),
        opening: @escaping (_ rows: Int) -> [Document.Block],
        sections: [(_ rows: Int) -> [Document.Block]],
        closing: @escaping (_ rows: Int) -> [Document.Block] = { _ in [] }
    ) {
        (self.title, self.counted, self.closed) = (title, counted, closed)
        (self.opening, self.sections, self.closing) = (opening, sections, closing)
    }

    /// At most `limit` characters. Equal pages give equal text.
    package var text: String {
        let opening = [200, 60, 15].lazy.map { rows in
            (rows: rows, text: MarkdownWriter.text(Document(title: title, self.opening(rows))))
        }.first { $0.text.unicodeScalars.count <= Self.limit / 2 }
        var text = opening?.text ?? "### \(title.asMarkdown)\n"
        var size = text.unicodeScalars.count
        var (shortened, omitted) = (0, 0)
        for blocks in sections {
            let room = Self.limit - Self.tail - size
            // What is known not to fit is not written at all.
            guard room > 1000 else {
                omitted += 1
                continue
            }
            let written = [Self.full, Self.brief].lazy.enumerated().map { level, rows in
                (level, blocks(rows).map(MarkdownWriter.text).joined())
            }.first { $0.1.unicodeScalars.count <= room }
            guard let (level, section) = written else {
                omitted += 1
                continue
            }
            shortened += level
            text += section
            size += section.unicodeScalars.count
        }
        let closing = [Self.mostClosing, 5, 0].lazy.map { rows in
            self.closing(rows).map(MarkdownWriter.text).joined()
        }.first { $0.unicodeScalars.count <= Self.tail - 1000 }
        return text + (closing ?? "") + leftOut(rows: opening?.rows ?? 0, shortened, omitted)
    }

    private func leftOut(rows: Int, _ shortened: Int, _ omitted: Int) -> String {
        let lists =
            counted.map { (max(0, $0.count - rows), $0.what) } + [
                (max(0, closed.count - Self.mostClosing), closed.what)
            ]
        let left = (lists + [(shortened, "shortened sections"), (omitted, "sections")]).filter {
            $0.0 > 0
        }
        .map { "\($0.0) \($0.1)" }
        guard !left.isEmpty else { return "" }
        return
            "\nLeft out, for a comment is bounded: \(left.joined(separator: ", ")). `waybill plan -o html` or `-o json` has everything.\n"
    }
}

import WaybillCore

extension ReviewPlan {
    /// Characters of the whole comment at most: forges refuse one that is too long (GitHub's limit is 65,536).
    package static let limit = 60_000
    /// Kept free for what closes the comment.
    private static let tail = 8000

    /// The plan as one comment of at most `limit` characters. Where there is no room, lists are shortened, then the last groups are left
    /// out, and the end says what.
    package var markdown: String {
        let opening = [200, 60, 15].lazy.map { rows in
            (rows: rows, text: Self.text(title, self.opening(rows: rows)))
        }.first { $0.text.unicodeScalars.count <= Self.limit / 2 }
        var text = opening?.text ?? "### \(title.asMarkdown)\n"
        var size = text.unicodeScalars.count
        var (shortened, omitted) = (0, 0)
        let writers: [(ReviewDetail) -> [Document.Block]] =
            [approvalBlocks] + groups.map { group in { group.section($0) } }
        for blocks in writers {
            let room = Self.limit - Self.tail - size
            // What is known not to fit is not written at all.
            guard room > 1000 else {
                omitted += 1
                continue
            }
            let written = [ReviewDetail.full, .brief].lazy.enumerated().map { level, detail in
                (level, blocks(detail).map(MarkdownWriter.text).joined())
            }.first { $0.1.unicodeScalars.count <= room }
            guard let (level, section) = written else {
                omitted += 1
                continue
            }
            shortened += level
            text += section
            size += section.unicodeScalars.count
        }
        let closing = [20, 5, 0].lazy.map { rows in
            self.closing(problems: rows).map(MarkdownWriter.text).joined()
        }.first { $0.unicodeScalars.count <= Self.tail - 1000 }
        return text + (closing ?? "") + leftOut(rows: opening?.rows ?? 0, shortened, omitted)
    }

    private static func text(_ title: String, _ blocks: [Document.Block]) -> String {
        MarkdownWriter.text(Document(title: title, blocks))
    }

    private func leftOut(rows: Int, _ shortened: Int, _ omitted: Int) -> String {
        let left = [
            (max(0, groups.count - rows), "rows of the table"), (max(0, missing.count - rows), "missing things"),
            (max(0, attention.count - rows), "things to look at"), (max(0, problems.count - 20), "problems"),
            (shortened, "shortened sections"), (omitted, "sections"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        guard !left.isEmpty else { return "" }
        return
            "\nLeft out, for a comment is bounded: \(left.joined(separator: ", ")). `waybill plan -o html` or `-o json` has everything.\n"
    }
}

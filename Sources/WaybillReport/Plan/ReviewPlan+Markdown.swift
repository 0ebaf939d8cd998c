extension ReviewPlan {
    /// The plan as one comment of a forge, of at most `BoundedMarkdown.limit` characters.
    package var markdown: String {
        let writers: [(Int) -> [Document.Block]] =
            [{ approvalBlocks(ReviewDetail(rows: $0)) }]
            + groups.map { group in { group.section(ReviewDetail(rows: $0)) } }
        return BoundedMarkdown(
            title: title,
            counted: [
                (groups.count, "rows of the table"), (missing.count, "missing things"),
                (attention.count, "things to look at"),
            ], closed: (problems.count, "problems"), opening: { opening(rows: $0) }, sections: writers,
            closing: { closing(problems: $0) }
        ).text
    }
}

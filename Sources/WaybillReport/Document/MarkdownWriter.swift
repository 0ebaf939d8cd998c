import WaybillCore

/// Writes documents as the Markdown that forges read (GitHub's, GitLab's, Gitea's).
package enum MarkdownWriter {
    package static func text(_ document: Document) -> String {
        "### \(document.title.asMarkdown)\n" + document.blocks.map(text).joined()
    }

    /// A block with the empty line before it.
    package static func text(_ block: Document.Block) -> String {
        switch block {
        case .heading(let level, let inlines):
            "\n\(String(repeating: "#", count: min(max(level, 2), 4) + 2)) \(text(inlines))\n"
        case .paragraph(let inlines): "\n\(text(inlines))\n"
        case .notice(let tone, let inlines): "\n> **\(tone.word)** \(text(inlines))\n"
        case .items(let items): "\n" + items.map { "- \(text($0))\n" }.joined()
        case .steps(let steps): "\n" + steps.enumerated().map { "\($0 + 1). \(text($1))\n" }.joined()
        case .table(let table): text(table)
        case .details(let summary, let blocks):
            "\n<details><summary>\(summary.asHTMLInMarkdown)</summary>\n\(blocks.map(text).joined())\n</details>\n"
        case .figure: ""
        }
    }

    private static func text(_ table: Document.Table) -> String {
        func line(_ cells: [String]) -> String { "| \(cells.joined(separator: " | ")) |\n" }
        let rules = table.titles.indices.map { table.numbers.contains($0) ? "---:" : "---" }
        return "\n" + line(table.titles.map(\.asMarkdown)) + line(rules)
            + table.rows.map { line($0.map(text)) }.joined()
    }

    static func text(_ inlines: [Document.Inline]) -> String { inlines.map(text).joined() }

    private static func text(_ inline: Document.Inline) -> String {
        switch inline {
        case .text(let text): spaced(text)
        case .strong(let text): text.isEmpty ? "" : "**\(text.asMarkdown)**"
        case .code(let text): isPlain(text) ? "`\(text)`" : text.asMarkdown
        case .mark(let tone, let text): tone.sign + text.asMarkdown
        case .newline: "<br>"
        }
    }

    /// A space before the text parts it from what stands before.
    private static func spaced(_ text: String) -> String {
        (text.first == " " ? " " : "") + text.asMarkdown
    }

    /// What stands in a code span as it is, and in which nothing is looked for.
    private static func isPlain(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 200 && text.first != " " && text.last != " "
            && text.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || "./_-+:@,=~%() ".utf8.contains(byte)
            }
    }
}

extension Document.Tone {
    fileprivate var word: String {
        switch self {
        case .good, .plain: "Note"
        case .bad: "Stop"
        case .unsure: "Look"
        }
    }
}

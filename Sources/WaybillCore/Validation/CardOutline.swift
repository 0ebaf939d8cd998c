/// What a model card has: the fields of its front matter and its headings. Both in the form that the Hugging Face hub reads.
package struct CardOutline: Hashable, Sendable {
    /// Names of fields of the front matter that are not empty.
    package var fields: [String]
    /// Headings in order, and whether there is text below each before the next of its level or above.
    package var sections: [Section]

    package struct Section: Hashable, Sendable {
        package var title: String
        package var level: Int
        package var hasText: Bool

        package init(title: String, level: Int, hasText: Bool) {
            self.title = title
            self.level = level
            self.hasText = hasText
        }
    }

    package init(fields: [String], sections: [Section]) {
        self.fields = fields
        self.sections = sections
    }

    /// Reads Markdown: `#` headings outside fenced code, and the top-level keys between two lines `---` at the very top.
    package init(markdown text: String) {
        fields = []
        sections = []
        var lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }[...]
        if lines.first == "---" { readFrontMatter(&lines) }
        var fence: Substring?
        for line in lines {
            let trimmed = line.drop { $0 == " " }
            if let open = fence {
                if trimmed.hasPrefix(open) { fence = nil }
                continue
            }
            if trimmed.hasPrefix("```") || trimmed.hasPrefix("~~~") {
                fence = trimmed.prefix(3)
                markText()
            } else if let heading = Self.heading(trimmed) {
                sections.append(heading)
            } else if trimmed.contains(where: { !$0.isWhitespace }) {
                markText()
            }
        }
    }

    /// Text stands below the last heading, and below each that holds it.
    private mutating func markText() {
        var level = Int.max
        for index in sections.indices.reversed() where sections[index].level < level {
            sections[index].hasText = true
            level = sections[index].level
        }
    }

    /// A field is empty when nothing stands behind it and no indented line or item below it.
    private mutating func readFrontMatter(_ lines: inout ArraySlice<Substring>) {
        let inside = lines.dropFirst()
        guard let end = inside.firstIndex(where: { $0 == "---" }) else { return }
        var open: String?
        for line in inside[..<end] {
            guard let first = line.first, first != "#" else { continue }
            if first == " " || first == "-" {
                if let name = open, line.contains(where: { $0 != " " && $0 != "-" }) {
                    fields.append(name)
                    open = nil
                }
                continue
            }
            open = nil
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = String(line[..<colon])
            let rest = line[line.index(after: colon)...].drop { $0 == " " }
            if rest.isEmpty {
                open = name
            } else if !["null", "~", "\"\"", "''", "[]", "{}"].contains(rest), rest.first != "#" {
                fields.append(name)
            }
        }
        lines = lines[(end + 1)...]
    }

    private static func heading(_ line: Substring) -> Section? {
        let marks = line.prefix { $0 == "#" }.count
        guard (1...6).contains(marks) else { return nil }
        let rest = line.dropFirst(marks)
        guard rest.first == " " else { return nil }
        var title = rest.drop { $0 == " " }
        while let last = title.last, last == " " || last == "#" { title = title.dropLast() }
        return title.isEmpty ? nil : Section(title: String(title), level: marks, hasText: false)
    }
}

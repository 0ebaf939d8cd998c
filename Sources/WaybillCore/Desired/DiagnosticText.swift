/// The one renderer of diagnostics for people. Nothing from a file reaches a terminal as a control character.
package enum DiagnosticText {
    /// `path:line:column: error: what`, the offending line, a caret, the hint, and the other place.
    package static func text(_ diagnostic: Diagnostic) -> String {
        var lines = [headline(diagnostic)]
        if !diagnostic.line.isEmpty { lines += excerpt(diagnostic) }
        if let hint = diagnostic.hint { lines.append("  hint: \(harmless(hint))") }
        if let related = diagnostic.related { lines.append("  see also: \(place(related))") }
        return lines.joined(separator: "\n")
    }

    /// All of them in the order of their places, an empty line between, and how many there are.
    package static func text(_ diagnostics: [Diagnostic]) -> String {
        guard !diagnostics.isEmpty else { return "" }
        let count = diagnostics.count
        return diagnostics.sorted(by: Diagnostic.inOrder).map { text($0) }.joined(separator: "\n\n")
            + "\n\n\(count) problem\(count == 1 ? "" : "s")\n"
    }

    /// The first line alone: where and what.
    package static func headline(_ diagnostic: Diagnostic) -> String {
        "\(place(diagnostic.location)): \(diagnostic.severity.rawValue): \(harmless(diagnostic.message))"
    }

    private static func place(_ location: SourceLocation) -> String {
        "\(harmless(location.path)):\(location.line):\(location.column)"
    }

    /// The part of the line around the column, and a caret under it.
    private static func excerpt(_ diagnostic: Diagnostic) -> [String] {
        let scalars = Array(diagnostic.line.unicodeScalars)
        let column = diagnostic.location.column - 1
        guard column <= scalars.count else { return [] }
        let start = column > 100 ? column - 60 : 0
        let end = min(scalars.count, start + 120)
        let shown = harmless(scalars[start..<end])
        let number = String(diagnostic.location.line)
        // What is marked, in columns of a terminal: a character takes none, one or two.
        let marked = harmless(scalars[min(column, end)..<max(min(column + diagnostic.length, end), min(column, end))])
        let room = max(1, marked.displayWidth)
        let margin = String(repeating: " ", count: number.utf8.count)
        let before = harmless(scalars[start..<min(column, end)]).displayWidth
        let caret = String(repeating: " ", count: before) + "^" + String(repeating: "~", count: room - 1)
        return ["  \(number) | \(shown)", "  \(margin) | \(caret)"]
    }

    private static func harmless(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        harmless(String(String.UnicodeScalarView(scalars)))
    }

    /// `text` with each tab as a space and each other control or invisible formatting character as U+FFFD.
    package static func harmless(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 > 0x7e }) else { return text }
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == "\t" {
                shown.append(" ")
            } else {
                shown.append(isHarmless(scalar) ? scalar : "\u{fffd}")
            }
        }
        return String(shown)
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
        case _: true
        }
    }
}

import WaybillCore

/// Text under titles, names aligned, as `describe` and `status` show it.
struct Sections {
    private let style: Style
    private(set) var text = ""

    init(_ style: Style) { self.style = style }

    mutating func title(_ text: String) {
        if !self.text.isEmpty { self.text += "\n" }
        self.text += style.paint(text.harmless, .strong) + "\n"
    }

    /// Names and values; those without a value are left out.
    mutating func facts(_ facts: [(name: String, value: String?, tone: Tone)]) {
        let known = facts.compactMap { fact in fact.value.map { (fact.name, $0.harmless, fact.tone) } }
        let width = known.map { $0.0.count }.max() ?? 0
        for (name, value, tone) in known {
            let fill = String(repeating: " ", count: width - name.count + 2)
            text += "  " + style.paint("\(name):", .quiet) + fill + style.paint(value, tone) + "\n"
        }
    }

    mutating func facts(_ facts: [(String, String?)]) {
        self.facts(facts.map { ($0.0, $0.1, Tone.plain) })
    }

    /// A table, indented.
    mutating func table(_ table: Table) {
        for line in table.text(style).split(separator: "\n") { text += "  \(line)\n" }
    }

    /// Lines that others wrote, indented.
    mutating func lines(_ lines: [String], _ tone: Tone = .plain) {
        for line in lines { text += "  " + style.paint(line.harmless, tone) + "\n" }
    }
}

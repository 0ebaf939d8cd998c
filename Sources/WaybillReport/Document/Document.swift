/// A page that people read, before it is Markdown or HTML. Text in it is untrusted wherever it stands: only the writers make
/// characters of it, so that nothing that a manifest says can be markup.
package struct Document: Hashable, Sendable {
    package var title: String
    package var blocks: [Block]

    package init(title: String, _ blocks: [Block]) {
        self.title = title
        self.blocks = blocks
    }

    package enum Block: Hashable, Sendable {
        /// Levels 2 to 4: the title is 1.
        case heading(Int, [Inline])
        case paragraph([Inline])
        /// A sentence that must not be missed.
        case notice(Tone, [Inline])
        case items([[Inline]])
        case steps([[Inline]])
        case table(Table)
        case details(String, [Block])
        /// Only HTML has it.
        case figure(Figure)
    }

    package struct Table: Hashable, Sendable {
        package var titles: [String]
        package var rows: [[[Inline]]]
        /// Columns of numbers.
        package var numbers: Set<Int>

        package init(_ titles: [String], _ rows: [[[Inline]]], numbers: Set<Int> = []) {
            self.titles = titles
            self.rows = rows
            self.numbers = numbers
        }
    }

    package enum Inline: Hashable, Sendable {
        case text(String)
        case strong(String)
        /// A name, a digest, a number: shown in letters of one width.
        case code(String)
        /// A verdict or the like.
        case mark(Tone, String)
        case newline
    }

    package enum Tone: String, Hashable, Sendable { case good, bad, unsure, plain }

    package struct Figure: Hashable, Sendable {
        /// SVG that this module made.
        let svg: String
        let caption: String
    }
}

extension Document.Inline: ExpressibleByStringInterpolation {
    package init(stringLiteral text: String) { self = .text(text) }
}

extension Document.Tone {
    var sign: String {
        switch self {
        case .good: "✓ "
        case .bad: "✗ "
        case .unsure: "? "
        case .plain: ""
        }
    }
}

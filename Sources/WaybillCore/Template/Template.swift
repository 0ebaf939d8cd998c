/// Text of a `ServingRuntime` with `{{ name }}` in it, filled in when a replica starts.
///
/// A variable that is not known is an error, never an empty text. `\{{` stands for two literal braces; `}}` alone is text.
package struct Template: Hashable, Sendable {
    private enum Piece: Hashable, Sendable {
        case text(String)
        case variable(String)
    }

    private var pieces: [Piece] = []

    /// - Throws: `InvalidInput` for `{{` without its end, or for an empty name.
    package init(parsing text: String) throws(InvalidInput) {
        var rest = text[...]
        while let open = rest.firstRange(of: "{{") {
            let before = rest[..<open.lowerBound]
            if before.last == "\\" {
                pieces.append(.text(before.dropLast() + "{{"))
                rest = rest[open.upperBound...]
                continue
            }
            guard let close = rest[open.upperBound...].firstRange(of: "}}") else {
                throw InvalidInput(
                    "'{{' has no '}}' in \(text.quotedForMessage); write '\\{{' for two literal braces")
            }
            let name = rest[open.upperBound..<close.lowerBound].trimmed
            guard !name.isEmpty else { throw InvalidInput("'{{ }}' names no variable in \(text.quotedForMessage)") }
            pieces += [.text(String(before)), .variable(name)]
            rest = rest[close.upperBound...]
        }
        pieces.append(.text(String(rest)))
    }

    /// Names of the variables in it, in order of appearance.
    package var names: [String] {
        pieces.compactMap { if case .variable(let name) = $0 { name } else { nil } }
    }

    /// The text with each variable replaced by its value.
    /// - Throws: `InvalidInput` that names a variable without a value and the nearest that has one.
    package func rendered(with values: [String: String]) throws(InvalidInput) -> String {
        var text = ""
        for piece in pieces {
            switch piece {
            case .text(let literal): text += literal
            case .variable(let name):
                guard let value = values[name] else { throw Self.unknown(name, among: Array(values.keys)) }
                text += value
            }
        }
        return text
    }

    /// - Throws: `InvalidInput` for the first variable that `known` does not have. For checks before anything runs.
    package func check(against known: [String]) throws(InvalidInput) {
        for name in names where !known.contains(name) { throw Self.unknown(name, among: known) }
    }

    private static func unknown(_ name: String, among known: [String]) -> InvalidInput {
        let hint = Suggestion.nearest(to: name, in: known).map { "did you mean '\($0)'?" }
        let list = "known are \(known.sorted().joined(separator: ", "))"
        return InvalidInput("\(name.quotedForMessage) is not a variable; \(hint ?? list)")
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

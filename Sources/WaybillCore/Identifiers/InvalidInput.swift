/// Text that is not what its place asks for; the message names the text, what was expected and, where it helps, how to mend it.
package struct InvalidInput: Error, Equatable, Sendable, CustomStringConvertible {
    package let message: String

    package init(_ message: String) { self.message = message }

    package var description: String { message }
}

extension StringProtocol {
    /// The text shortened for a message, so that a hostile value cannot flood a terminal or a log, control characters made visible.
    package var quotedForMessage: String {
        let visible = unicodeScalars.prefix(80).map { scalar -> String in
            let hidden = scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
            return hidden ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }
        return "'\(visible.joined())\(unicodeScalars.count > 80 ? "…" : "")'"
    }
}

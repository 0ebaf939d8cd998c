package import WaybillCore

/// A name with `*` for any letters.
package struct NamePattern: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// - Throws: `InvalidInput` that says what a pattern may hold.
    package init(parsing text: String) throws(InvalidInput) {
        let isSound = text.utf8.allSatisfy {
            (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "-") || $0 == Wildcard.star
        }
        guard isSound, (1...63).contains(text.utf8.count) else {
            throw InvalidInput(
                "\(text.quotedForMessage) names no models; use 1 to 63 lowercase letters, digits, '-' and '*', as in 'risk-*'"
            )
        }
        self.text = text
    }

    package var description: String { text }

    package func matches(_ name: Name) -> Bool { Wildcard.matches(text, name.text) }
}

package import WaybillCore

/// A name with `*` for any letters.
package struct NamePattern: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// - Throws: `InvalidInput` that says what a pattern may hold.
    package init(parsing text: String) throws(InvalidInput) {
        let isSound = text.utf8.allSatisfy {
            (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "-") || $0 == Self.star
        }
        guard isSound, (1...63).contains(text.utf8.count) else {
            throw InvalidInput(
                "\(text.quotedForMessage) names no models; use 1 to 63 lowercase letters, digits, '-' and '*', as in 'risk-*'"
            )
        }
        self.text = text
    }

    private static let star = UInt8(ascii: "*")

    package var description: String { text }

    package func matches(_ name: Name) -> Bool {
        let (pattern, name) = (Array(text.utf8), Array(name.text.utf8))
        var (at, place) = (0, 0)
        var retry: (at: Int, place: Int)?
        while place < name.count {
            if at < pattern.count, pattern[at] == Self.star {
                retry = (at, place)
                at += 1
            } else if at < pattern.count, pattern[at] == name[place] {
                (at, place) = (at + 1, place + 1)
            } else if let last = retry {
                retry = (last.at, last.place + 1)
                (at, place) = (last.at + 1, last.place + 1)
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == Self.star }
    }
}

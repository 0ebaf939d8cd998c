/// A resource's name: an RFC 1123 label, 1 to 63 of `a-z`, `0-9` and `-`, that begins and ends with a letter or digit.
package struct Name: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let text: String

    /// - Throws: `InvalidInput` that says what a name may hold.
    package init(parsing text: String) throws(InvalidInput) {
        let bytes = text.utf8
        guard (1...63).contains(bytes.count), bytes.allSatisfy(Self.isAllowed), bytes.first != Self.dash,
            bytes.last != Self.dash
        else {
            throw InvalidInput(
                "\(text.quotedForMessage) is not a name; use 1 to 63 lowercase letters, digits and '-', "
                    + "beginning and ending with a letter or digit")
        }
        self.text = text
    }

    /// A name that is written in this module, which is one.
    init(known text: StaticString) { self.text = "\(text)" }

    /// Stands in for an environment where a version is tried outside of all of them.
    package static let validation = Name(known: "validation")

    package static func < (left: Name, right: Name) -> Bool { left.text < right.text }
    package var description: String { text }

    private static let dash = UInt8(ascii: "-")

    private static func isAllowed(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || byte == dash
    }
}

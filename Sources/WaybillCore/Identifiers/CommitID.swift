/// A git object id of a commit: 40 lowercase hexadecimal digits (SHA-1 repositories).
package struct CommitID: Hashable, Sendable, CustomStringConvertible {
    package let hex: String

    /// - Throws: `InvalidInput` that shows the expected form.
    package init(parsing text: String) throws(InvalidInput) {
        guard text.utf8.count == 40, text.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
            throw InvalidInput("\(text.quotedForMessage) is not a commit id; expected 40 lowercase hex digits")
        }
        hex = text
    }

    /// The id that stands for the `number`th of something that git does not know.
    package init(number: UInt64) {
        let digits = String(number, radix: 16)
        hex = String(repeating: "0", count: 40 - digits.utf8.count) + digits
    }

    package var short: String { String(hex.prefix(10)) }
    package var description: String { hex }
}

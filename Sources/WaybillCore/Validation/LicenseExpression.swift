/// An SPDX license expression (SPDX 2.3, annex D): identifiers with `WITH`, `AND`, `OR` and parentheses; `AND` binds tighter.
package indirect enum LicenseExpression: Hashable, Sendable {
    /// An identifier, with its exception if it has one.
    case license(String)
    case and(LicenseExpression, LicenseExpression)
    case or(LicenseExpression, LicenseExpression)

    /// Most words of an expression that is read: a real one has a handful.
    private static let longest = 100

    package init(parsing text: String) throws(InvalidInput) {
        let spaced = text.replacing("(", with: " ( ").replacing(")", with: " ) ")
        var words = spaced.split(separator: " ")[...]
        guard words.count <= Self.longest else { throw InvalidInput("a license of more than \(Self.longest) words") }
        self = try Self.either(&words)
        if let left = words.first { throw Self.unexpected(left, text) }
    }

    /// Whether somebody who takes only `allowed` may use what is under this license. Identifiers are equal in any case.
    package func isAllowed(by allowed: [String]) -> Bool {
        switch self {
        case .license(let id): allowed.contains { $0.lowercased() == id.lowercased() }
        case .and(let left, let right): left.isAllowed(by: allowed) && right.isAllowed(by: allowed)
        case .or(let left, let right): left.isAllowed(by: allowed) || right.isAllowed(by: allowed)
        }
    }

    private static func either(_ words: inout ArraySlice<Substring>) throws(InvalidInput) -> LicenseExpression {
        var left = try both(&words)
        while words.first == "OR" {
            words.removeFirst()
            left = .or(left, try both(&words))
        }
        return left
    }

    private static func both(_ words: inout ArraySlice<Substring>) throws(InvalidInput) -> LicenseExpression {
        var left = try one(&words)
        while words.first == "AND" {
            words.removeFirst()
            left = .and(left, try one(&words))
        }
        return left
    }

    private static func one(_ words: inout ArraySlice<Substring>) throws(InvalidInput) -> LicenseExpression {
        guard let word = words.popFirst() else { throw InvalidInput("the license expression ends too early") }
        if word == "(" {
            let inner = try either(&words)
            guard words.popFirst() == ")" else { throw InvalidInput("a '(' of the license expression is not closed") }
            return inner
        }
        guard isIdentifier(word) else { throw unexpected(word, "the license expression") }
        guard words.first == "WITH" else { return .license(String(word)) }
        words.removeFirst()
        guard let exception = words.popFirst(), isIdentifier(exception) else {
            throw InvalidInput("'WITH' of the license expression names no exception")
        }
        return .license("\(word) WITH \(exception)")
    }

    private static func isIdentifier(_ word: Substring) -> Bool {
        !["AND", "OR", "WITH"].contains(word)
            && word.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
                    || [UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: ":")].contains($0)
            }
    }

    private static func unexpected(_ word: Substring, _ text: String) -> InvalidInput {
        InvalidInput("\(String(word).quotedForMessage) is not expected in \(text.quotedForMessage)")
    }
}

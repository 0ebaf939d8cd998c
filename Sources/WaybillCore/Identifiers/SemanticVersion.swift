/// A version of the form SemVer 2.0.0 (`1.4.0`, `2.0.0-rc.1+build.5`), ordered by its precedence rules.
package struct SemanticVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let major: UInt64
    package let minor: UInt64
    package let patch: UInt64
    package let preRelease: [String]
    package let build: [String]

    /// - Throws: `InvalidInput` that shows the expected form.
    package init(parsing text: String) throws(InvalidInput) {
        guard let parsed = Self.parse(text) else {
            throw InvalidInput(
                "\(text.quotedForMessage) is not a version; expected MAJOR.MINOR.PATCH as in '1.4.0' (SemVer 2.0)")
        }
        self = parsed
    }

    private init(core: InlineArray<3, UInt64>, preRelease: [String], build: [String]) {
        (major, minor, patch) = (core[0], core[1], core[2])
        self.preRelease = preRelease
        self.build = build
    }

    private static func parse(_ text: String) -> SemanticVersion? {
        if let core = plainCore(text) { return SemanticVersion(core: core, preRelease: [], build: []) }
        guard text.utf8.count <= 128 else { return nil }
        let plus = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        let dash = plus[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let core = dash[0].split(separator: ".", omittingEmptySubsequences: false).compactMap(number)
        guard core.count == 3, dash[0].utf8.filter({ $0 == UInt8(ascii: ".") }).count == 2 else { return nil }
        let preRelease = dash.count == 2 ? identifiers(dash[1]) : []
        let build = plus.count == 2 ? identifiers(plus[1]) : []
        guard let preRelease, let build, preRelease.allSatisfy(hasNoLeadingZero) else { return nil }
        return SemanticVersion(core: [core[0], core[1], core[2]], preRelease: preRelease, build: build)
    }

    /// Quickly, the usual form: three numbers of at most 18 digits and nothing else. Nil for every other form, right or wrong.
    private static func plainCore(_ text: String) -> InlineArray<3, UInt64>? {
        var core: InlineArray<3, UInt64> = [0, 0, 0]
        var (place, length) = (0, 0)
        for byte in text.utf8 {
            if byte == UInt8(ascii: ".") {
                guard length > 0, place < 2 else { return nil }
                (place, length) = (place + 1, 0)
            } else {
                guard (48...57).contains(byte), length < 18, length == 0 || core[place] > 0 else { return nil }
                core[place] = core[place] * 10 + UInt64(byte - 48)
                length += 1
            }
        }
        return place == 2 && length > 0 ? core : nil
    }

    private static func number(_ text: Substring) -> UInt64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }), hasNoLeadingZero(String(text)) else {
            return nil
        }
        return UInt64(text)
    }

    private static func identifiers(_ text: Substring) -> [String]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let allowed = parts.allSatisfy { part in !part.isEmpty && part.utf8.allSatisfy(isIdentifierByte) }
        return allowed ? parts : nil
    }

    private static func isIdentifierByte(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45
    }

    private static func hasNoLeadingZero(_ text: String) -> Bool {
        let numeric = text.utf8.allSatisfy { (48...57).contains($0) }
        return !(numeric && text.utf8.count > 1 && text.utf8.first == 48)
    }

    /// Precedence of SemVer 2.0.0 section 11; build metadata breaks ties so that the order is total.
    package static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
        let leftCore = [left.major, left.minor, left.patch]
        let rightCore = [right.major, right.minor, right.patch]
        if leftCore != rightCore { return leftCore.lexicographicallyPrecedes(rightCore) }
        if left.preRelease != right.preRelease {
            if left.preRelease.isEmpty || right.preRelease.isEmpty { return right.preRelease.isEmpty }
            return left.preRelease.lexicographicallyPrecedes(right.preRelease, by: identifierPrecedes)
        }
        return left.build.lexicographicallyPrecedes(right.build)
    }

    private static func identifierPrecedes(_ left: String, _ right: String) -> Bool {
        switch (UInt64(left), UInt64(right)) {
        case (let left?, let right?): left < right
        case (.some, nil): true
        case (nil, .some): false
        case (nil, nil): Array(left.utf8).lexicographicallyPrecedes(Array(right.utf8))
        }
    }

    package var description: String {
        "\(major).\(minor).\(patch)" + (preRelease.isEmpty ? "" : "-" + preRelease.joined(separator: "."))
            + (build.isEmpty ? "" : "+" + build.joined(separator: "."))
    }
}

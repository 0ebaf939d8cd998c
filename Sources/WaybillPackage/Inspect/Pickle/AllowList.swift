package import WaybillCore

/// The names that a pickle may import, each by module and name exactly. Anything else is dangerous.
package struct AllowList: Sendable {
    /// What a listed name may be used for.
    package enum Use: String, Hashable, Sendable {
        /// To be called, made and passed on.
        case call
        /// To be made without being called (its `__init__` does not run), and passed on.
        case new
    }

    /// By "module name".
    private(set) var entries: [String: Use]

    package var count: Int { entries.count }

    package init() { entries = [:] }

    /// Reads a list: a line is `module name`, or `module name new` for a class that may be made but not called; `#` begins
    /// a comment.
    /// - Throws: `InvalidInput` with the line and what is wrong with it.
    package init(parsing text: String, file: String) throws(InvalidInput) {
        self.init()
        guard text.utf8.count <= 4 << 20 else { throw InvalidInput("\(file): larger than 4 MB; that is no allow list") }
        var number = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            if words.isEmpty { continue }
            do throws(InvalidInput) { try add(words) } catch {
                throw InvalidInput("\(file):\(number): error: \(error.message)")
            }
        }
    }

    /// This list with the lines of `other`, which win.
    package func merging(_ other: AllowList) -> AllowList {
        var merged = self
        merged.entries.merge(other.entries) { _, theirs in theirs }
        return merged
    }

    /// What `name` of `module` may be used for; nil when it is not listed.
    func use(of name: String, in module: String) -> Use? { entries["\(module) \(name)"] }

    private mutating func add(_ words: [Substring]) throws(InvalidInput) {
        guard words.count == 2 || words.count == 3, let use = words.count == 3 ? Use(rawValue: String(words[2])) : .call
        else {
            throw InvalidInput(
                "expected 'module name', or 'module name new' for a class that is made without being called")
        }
        let (module, name) = (String(words[0]), String(words[1]))
        for part in module.split(separator: ".", omittingEmptySubsequences: false) {
            guard Self.isIdentifier(part), !Self.isDunder(part) else {
                throw InvalidInput("\(module.quotedForMessage) is no name of a module")
            }
        }
        guard Self.isIdentifier(name) else {
            throw InvalidInput("\(name.quotedForMessage) is no plain name; a name with a dot reaches inside another, and cannot be allowed")
        }
        guard !Self.isDunder(name) else {
            throw InvalidInput("\(name.quotedForMessage) begins and ends with '__', and cannot be allowed")
        }
        entries["\(module) \(name)"] = use
    }

    static func isIdentifier(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, !(48...57).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            byte == 95 || (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        }
    }

    static func isDunder(_ text: some StringProtocol) -> Bool {
        text.utf8.count > 4 && text.hasPrefix("__") && text.hasSuffix("__")
    }
}

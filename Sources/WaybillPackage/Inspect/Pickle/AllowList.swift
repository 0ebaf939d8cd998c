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

    /// What is wrong with one line, or odd about it.
    package struct Problem: Hashable, Sendable {
        /// From 1.
        package var line: Int
        /// Where the line begins, in bytes of UTF-8, and its length.
        package var offset: Int
        package var length: Int
        package var message: String
        package var hint: String?
        /// The list can be read nevertheless.
        package var isWarning = false
    }

    /// Reads a list: a line is `module name`, or `module name new` for a class that may be made but not called; `#` begins
    /// a comment.
    /// - Throws: `InvalidInput` with the line and what is wrong with it.
    package init(parsing text: String, file: String) throws(InvalidInput) {
        guard text.utf8.count <= Self.longest else {
            throw InvalidInput("\(file): larger than 4 MB; that is no allow list")
        }
        let (list, problems) = Self.read(text)
        if let problem = problems.first(where: { !$0.isWarning }) {
            throw InvalidInput("\(file):\(problem.line): error: \(problem.message)")
        }
        self = list
    }

    /// Bytes of the longest list.
    package static let longest = 4 << 20

    /// What can be read of a list, and all that is wrong with it; at most 100 problems.
    package static func read(_ text: String) -> (list: AllowList, problems: [Problem]) {
        var list = AllowList()
        var problems: [Problem] = []
        var lines: [String: Int] = [:]
        var offset = 0
        for (number, bytes) in text.utf8.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
            guard problems.count < 100 else { break }
            let line = Substring(bytes.last == 13 ? bytes.dropLast() : bytes)
            let words = line.utf8.prefix { $0 != UInt8(ascii: "#") }.split { $0 == 32 || (9...13).contains($0) }
                .map(Substring.init)
            var place = Problem(line: number + 1, offset: offset, length: line.utf8.count, message: "")
            offset += bytes.count + 1
            if words.isEmpty { continue }
            do throws(InvalidInput) {
                let (name, before) = try list.add(words)
                guard let oddity = Oddity(name, before, first: lines[name], use: list.entries[name]) else {
                    lines[name] = number + 1
                    continue
                }
                (place.message, place.hint, place.isWarning) = (oddity.message, oddity.hint, true)
            } catch { place.message = error.message }
            problems.append(place)
        }
        return (list, problems)
    }

    /// This list with the lines of `other`, which win.
    package func merging(_ other: AllowList) -> AllowList {
        var merged = self
        merged.entries.merge(other.entries) { _, theirs in theirs }
        return merged
    }

    /// What `name` of `module` may be used for; nil when it is not listed.
    func use(of name: String, in module: String) -> Use? { entries["\(module) \(name)"] }

    /// The entry's name, and its use until now.
    private mutating func add(_ words: [Substring]) throws(InvalidInput) -> (name: String, before: Use?) {
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
            throw InvalidInput(
                "\(name.quotedForMessage) is no plain name; a name with a dot reaches inside another, and cannot be allowed"
            )
        }
        guard !Self.isDunder(name) else {
            throw InvalidInput("\(name.quotedForMessage) begins and ends with '__', and cannot be allowed")
        }
        let entry = "\(module) \(name)"
        return (entry, entries.updateValue(use, forKey: entry))
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

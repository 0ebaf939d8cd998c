/// Lines of a requirements file as pip reads them: one that ends in `\` goes on in the next.
struct LogicalLine {
    /// From 1.
    var number: Int
    /// Bytes of UTF-8, of its first physical line.
    var offset: Int
    var length: Int
    var text: String
    /// The physical line with a character that pip takes for the end of a line, or that hides something in one.
    var hidden: String?
    /// False when the file ends before the line does.
    var isEnded = true

    static func lines(of text: String) -> [LogicalLine] {
        var lines: [LogicalLine] = []
        var open: LogicalLine?
        var offset = 0
        for (number, scalars) in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            let line = Substring(scalars.last == "\r" ? scalars.dropLast() : scalars)
            var whole =
                open ?? LogicalLine(number: number + 1, offset: offset, length: line.utf8.count, text: "")
            offset += scalars.reduce(1) { $0 + UTF8.width($1) }
            if line.unicodeScalars.contains(where: isHidden) { whole.hidden = whole.hidden ?? String(line) }
            // As pip reads it: a comment is never continued.
            let isComment = line.first { !$0.isWhitespace } == "#"
            if line.last == "\\", !isComment {
                whole.text += line.dropLast() + " "
                open = whole
                continue
            }
            whole.text += (isComment && open != nil ? " " : "") + line
            lines.append(whole)
            open = nil
        }
        if var open {
            open.isEnded = false
            lines.append(open)
        }
        return lines
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        scalar != "\t" && (scalar.properties.generalCategory == .control || [0x2028, 0x2029].contains(scalar.value))
    }
}

/// A line `name[extras]==version ; marker --hash=…`.
struct LockedRequirement {
    /// Normalised.
    let name: String
    let version: String
    /// Without its hashes.
    let text: String
    let isHashed: Bool

    private static let algorithms = ["sha256": 64, "sha384": 96, "sha512": 128]

    init(_ words: [String]) throws(InvalidLine) {
        let text = words.prefix { !$0.hasPrefix("--") }.joined(separator: " ")
        let options = words.drop { !$0.hasPrefix("--") }
        let requirement = text.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)[0]
        if requirement.contains("/") || requirement.contains("@") { throw .source(text) }
        guard options.allSatisfy({ $0.hasPrefix("--hash=") }) else {
            throw InvalidLine("\(text.quotedForMessage) is followed by more than hashes")
        }
        for option in options where !Self.isHash(option.dropFirst(7)) {
            throw InvalidLine("\(String(option.dropFirst(7)).quotedForMessage) is no SHA-256, -384 or -512")
        }
        let parts = requirement.split(separator: "=", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
        guard parts.count == 3, parts[1].isEmpty, Self.isVersion(parts[2]), let name = Self.name(parts[0]) else {
            throw InvalidLine("\(text.quotedForMessage) has no exact version")
        }
        self.name = LockedPackage.normalised(name)
        version = parts[2]
        self.text = text
        isHashed = !options.isEmpty
    }

    private static func isHash(_ text: Substring) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let length = algorithms[String(parts[0])] else { return false }
        return parts[1].utf8.count == length
            && parts[1].utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    /// The name without its extras.
    private static func name(_ text: String) -> Substring? {
        let name = text.prefix { $0 != "[" }
        let extras = text.dropFirst(name.count)
        let isName = !name.isEmpty && name.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
        let areExtras = extras.isEmpty || extras.last == "]"
        return isName && areExtras ? name : nil
    }

    private static func isVersion(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { isAlphanumeric($0) || ".!+-_".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
}

/// Lines that begin with `-`.
enum LockOption {
    static func check(_ words: [String]) throws(InvalidLine) {
        let parts = words.joined(separator: " ").split(maxSplits: 1, whereSeparator: { "= ".contains($0) }).map(
            String.init)
        let value = parts.count == 2 ? parts[1] : ""
        switch parts[0] {
        case "-i", "--index-url", "--extra-index-url":
            if Redaction.hidesSomething(value) {
                throw InvalidLine(
                    "\(parts[0]) holds credentials", remedy: "keep them in the pip.conf of the controller's user")
            }
        case "--only-binary", "--no-binary", "--prefer-binary", "--require-hashes": return
        default: throw InvalidLine("\(parts[0].quotedForMessage) is not allowed in a lock")
        }
    }
}

import WaybillCore

/// A requirements lock: every package by exact version, so that one digest stands for one environment.
///
/// Lines are `name==version`, with extras, a marker and `--hash` where wanted; `--index-url`, `--extra-index-url`, `--only-binary`,
/// `--no-binary` and `--prefer-binary`; and comments. The comment `# waybill:omit NAME` says that a package that another asks
/// for is left out on purpose.
struct RequirementsLock: Hashable, Sendable {
    /// Normalised names.
    private(set) var packages: [String] = []
    private(set) var omitted: Set<String> = []
    /// As pip is given it.
    let text: String

    /// - Throws: `LockInvalid`, stalling, with file, line, what is wrong and how to make a lock.
    init(parsing text: String, path: String) throws(Failure) {
        self.text = text
        var pending = ""
        var start = 0
        for (number, scalars) in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            let line = Substring(scalars.last == "\r" ? scalars.dropLast() : scalars)
            if pending.isEmpty { start = number + 1 }
            guard !line.unicodeScalars.contains(where: Self.isHidden) else {
                throw Self.invalid(
                    "\(line.quotedForMessage) has a character that cannot be seen", path: path, line: number + 1)
            }
            // As pip reads it: a comment is never continued.
            let isComment = line.first { !$0.isWhitespace } == "#"
            if line.last == "\\", !isComment {
                pending += line.dropLast() + " "
                continue
            }
            do {
                try read(pending + (isComment ? " " : "") + line)
            } catch {
                throw Self.invalid(error.message, path: path, line: start)
            }
            pending = ""
        }
        guard pending.isEmpty else { throw Self.invalid("the last line ends in '\\'", path: path, line: start) }
    }

    /// What pip takes for the end of a line, or hides something in one.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        scalar != "\t" && (scalar.properties.generalCategory == .control || [0x2028, 0x2029].contains(scalar.value))
    }

    static func normalised(_ name: some StringProtocol) -> String { LockedPackage.normalised(name) }

    private mutating func read(_ line: String) throws(InvalidInput) {
        let comment = "# waybill:omit "
        let trimmed = line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        if trimmed.hasPrefix(comment) {
            omitted.formUnion(
                trimmed.dropFirst(comment.count).split(whereSeparator: { " ,".contains($0) }).map(Self.normalised))
            return
        }
        let words = trimmed.split(separator: " ").prefix { !$0.hasPrefix("#") }.map(String.init)
        guard let first = words.first else { return }
        if first.hasPrefix("-") {
            try Self.checkOption(words)
        } else {
            packages.append(try Self.package(words))
        }
    }

    private static func package(_ words: [String]) throws(InvalidInput) -> String {
        let text = words.prefix { !$0.hasPrefix("--") }.joined(separator: " ")
        let options = words.drop { !$0.hasPrefix("--") }
        guard
            options.allSatisfy({
                $0.hasPrefix("--hash=sha256:") || $0.hasPrefix("--hash=sha384:") || $0.hasPrefix("--hash=sha512:")
            })
        else { throw InvalidInput("\(text.quotedForMessage) is followed by more than hashes") }
        let requirement = text.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)[0]
        let parts = requirement.split(separator: "=", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
        guard parts.count == 3, parts[1].isEmpty, isVersion(parts[2]), let name = name(parts[0]) else {
            throw InvalidInput("\(text.quotedForMessage) has no exact version")
        }
        return normalised(name)
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

    private static func checkOption(_ words: [String]) throws(InvalidInput) {
        let parts = words.joined(separator: " ").split(maxSplits: 1, whereSeparator: { "= ".contains($0) }).map(
            String.init)
        let value = parts.count == 2 ? parts[1] : ""
        switch parts[0] {
        case "-i", "--index-url", "--extra-index-url":
            if Redaction.hidesSomething(value) {
                throw InvalidInput("\(parts[0]) holds credentials; keep them in the pip.conf of the controller's user")
            }
        case "--only-binary", "--no-binary", "--prefer-binary": return
        default:
            throw InvalidInput(
                "\(parts[0].quotedForMessage) is not allowed in a lock; write each package as name==version")
        }
    }

    private static func invalid(_ problem: String, path: String, line: Int) -> Failure {
        Failure(
            .stall, reason: "LockInvalid",
            message:
                "\(path):\(line): \(problem); make a lock with 'pip-compile --output-file=\(path) requirements.in', or with "
                + "'pip freeze > \(path)' in an environment that works")
    }
}

/// Takes user names and passwords out of URLs.
enum Redaction {
    /// `https://user:secret@host/` becomes `https://…@host/`.
    static func redacted(_ line: String) -> String {
        var text = ""
        var rest = line[...]
        while let scheme = rest.range(of: "://") {
            text += rest[..<scheme.upperBound]
            rest = rest[scheme.upperBound...]
            let authority = rest.prefix { !"/?# \t\"'<>".contains($0) }
            if let at = authority.lastIndex(of: "@") {
                text += "…"
                rest = rest[at...]
            }
        }
        return text + rest
    }

    static func hidesSomething(_ text: String) -> Bool { redacted(text) != text }
}

extension Substring {
    /// The first place of `text`.
    fileprivate func range(of text: String) -> Range<Index>? { firstRange(of: text) }
}

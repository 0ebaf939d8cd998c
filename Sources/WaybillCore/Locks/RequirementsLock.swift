/// A requirements lock: every package by exact version and by the hashes of its files, so that one digest stands for one
/// environment.
///
/// Lines are `name==version` with `--hash`, and extras and a marker where wanted; `--index-url`, `--extra-index-url`,
/// `--only-binary`, `--no-binary`, `--prefer-binary` and `--require-hashes`; and comments. The comment `# waybill:omit NAME` says that a package that
/// another asks for is left out on purpose.
package struct RequirementsLock: Hashable, Sendable {
    /// Why a line locks nothing.
    package struct Problem: Hashable, Sendable {
        /// From 1.
        package var line: Int
        /// Where the line begins, in bytes of UTF-8, and its length.
        package var offset: Int
        package var length: Int
        package var message: String
        /// What to do where no command would help.
        package var remedy: String?
    }

    /// Normalised names.
    package private(set) var packages: [String] = []
    /// The versions that it locks, by the name of their package: several where its markers part them.
    package private(set) var versions: [String: [String]] = [:]
    package private(set) var omitted: Set<String> = []
    /// Lines that name indexes, as pip is given them.
    package private(set) var indexes: [String] = []
    /// Lines that cannot stand in a lock, in their order; at most 100.
    package private(set) var problems: [Problem] = []
    /// The first of the packages that have no hashes, and how many there are.
    package private(set) var unhashed: Problem?
    /// As pip is given it.
    package let text: String

    private static let most = 100

    package init(reading text: String) {
        self.text = text
        var bare: [(name: String, problem: Problem)] = []
        for line in LogicalLine.lines(of: text) where problems.count < Self.most {
            let problem = Problem(line: line.number, offset: line.offset, length: line.length, message: "")
            do throws(InvalidLine) {
                if let hidden = line.hidden {
                    throw InvalidLine("\(hidden.quotedForMessage) has a character that cannot be seen")
                }
                guard line.isEnded else { throw InvalidLine("the last line ends in '\\'") }
                if let name = try read(line.text) { bare.append((name, problem)) }
            } catch {
                problems.append(problem.saying(error.message, error.remedy))
            }
        }
        guard let first = bare.first else { return }
        let name = first.name.quotedForMessage
        unhashed = first.problem.saying(
            bare.count == 1
                ? "\(name) has no hashes, so its bytes are not locked"
                : "\(name) and \(bare.count - 1) more have no hashes, so their bytes are not locked")
    }

    /// Everything that is wrong with it, in order.
    package var allProblems: [Problem] { (problems + [unhashed].compactMap { $0 }).sorted { $0.line < $1.line } }

    /// Locks in place what a list names, for one version of Python.
    package func command(path: String, python: String) -> String {
        let left = omitted.sorted().map { "--no-emit-package \($0) " }.joined()
        let file = path.shellQuoted
        return
            "uv pip compile --universal --generate-hashes --python-version \(python) \(left)--output-file \(file) \(file)"
    }

    /// How to mend a problem, with the command that locks.
    package func remedy(_ problem: Problem, path: String, python: String) -> String {
        if let remedy = problem.remedy { return remedy }
        let comments = omitted.isEmpty ? "" : ", and write its 'waybill:omit' comments again"
        return "lock it with '\(command(path: path, python: python))'\(comments)"
    }

    /// As a controller refuses it: `LockInvalid`, stalling, with file, line, what is wrong and how to lock.
    package func failure(_ problem: Problem, path: String, python: String) -> Failure {
        Failure(
            .stall, reason: "LockInvalid",
            message:
                "\(path):\(problem.line): \(problem.message); \(remedy(problem, path: path, python: python))")
    }

    /// The name of a package that has no hashes.
    private mutating func read(_ line: String) throws(InvalidLine) -> String? {
        let comment = "# waybill:omit "
        let trimmed = line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        if trimmed.hasPrefix(comment) {
            omitted.formUnion(
                trimmed.dropFirst(comment.count).split(whereSeparator: { " ,".contains($0) }).map {
                    LockedPackage.normalised($0)
                })
            return nil
        }
        let words = trimmed.split(separator: " ").prefix { !$0.hasPrefix("#") }.map(String.init)
        guard let first = words.first else { return nil }
        if first == "-e" || first.hasPrefix("--editable") { throw InvalidLine.source(trimmed) }
        if first.hasPrefix("-") {
            try LockOption.check(words)
            if first == "-i" || first.contains("index-url") { indexes.append(words.joined(separator: " ")) }
            return nil
        }
        let requirement = try LockedRequirement(words)
        packages.append(requirement.name)
        versions[requirement.name, default: []].append(requirement.version)
        return requirement.isHashed ? nil : requirement.text
    }
}

extension RequirementsLock.Problem {
    fileprivate func saying(_ message: String, _ remedy: String? = nil) -> Self {
        var problem = self
        problem.message = message
        problem.remedy = remedy
        return problem
    }
}

/// What is wrong with a line, and what to do where locking again would not help.
struct InvalidLine: Error, Hashable {
    var message: String
    var remedy: String?

    init(_ message: String, remedy: String? = nil) {
        self.message = message
        self.remedy = remedy
    }

    /// Of a package that comes from a folder, an address or a repository.
    static func source(_ text: String) -> InvalidLine {
        InvalidLine(
            "\(text.quotedForMessage) comes from no index",
            remedy: "build a wheel of it, publish that on an index of your own, and lock its name")
    }
}

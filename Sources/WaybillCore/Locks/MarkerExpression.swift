/// What a lock's markers are judged against: one interpreter on one machine.
package struct MarkerEnvironment: Hashable, Sendable {
    /// By the names of PEP 508, such as `python_version`.
    package var variables: [String: String]

    /// CPython on Linux.
    /// - Parameters:
    ///   - version: as in `3.11.2`.
    ///   - machine: as in `x86_64`.
    package init(python version: String, machine: String) {
        let short = version.split(separator: ".").prefix(2).joined(separator: ".")
        variables = [
            "python_version": short, "python_full_version": version, "implementation_version": version,
            "implementation_name": "cpython", "platform_python_implementation": "CPython", "os_name": "posix",
            "sys_platform": "linux", "platform_system": "Linux", "platform_machine": machine,
            "platform_release": "", "platform_version": "", "extra": "", "extras": "", "dependency_groups": "",
        ]
    }
}

/// Judges a marker of PEP 508, such as `python_version >= '3.9' and sys_platform == 'linux'`.
package struct MarkerExpression {
    private static let longest = 4096
    private static let deepest = 32

    private let environment: MarkerEnvironment
    private var words: ArraySlice<Word>

    private enum Word: Hashable {
        case name(String)
        case text(String)
        case sign(String)
    }

    /// Whether `marker` holds.
    /// - Throws: `InvalidInput` for what is no marker, and for a variable that nobody knows.
    package static func holds(_ marker: String, in environment: MarkerEnvironment) throws(InvalidInput) -> Bool {
        do throws(InvalidInput) {
            var expression = MarkerExpression(environment: environment, words: try words(of: marker)[...])
            let holds = try expression.alternatives(depth: 0)
            guard expression.words.isEmpty else { throw InvalidInput("more than one expression") }
            return holds
        } catch {
            throw InvalidInput("the marker \(marker.quotedForMessage) cannot be judged: \(error.message)")
        }
    }

    private mutating func alternatives(depth: Int) throws(InvalidInput) -> Bool {
        guard depth < Self.deepest else { throw InvalidInput("it is too deep") }
        var holds = try conjunction(depth)
        while words.first == .name("or") {
            words.removeFirst()
            let next = try conjunction(depth)
            holds = holds || next
        }
        return holds
    }

    private mutating func conjunction(_ depth: Int) throws(InvalidInput) -> Bool {
        var holds = try comparison(depth)
        while words.first == .name("and") {
            words.removeFirst()
            let next = try comparison(depth)
            holds = holds && next
        }
        return holds
    }

    private mutating func comparison(_ depth: Int) throws(InvalidInput) -> Bool {
        if words.first == .sign("(") {
            words.removeFirst()
            let holds = try alternatives(depth: depth + 1)
            guard words.popFirst() == .sign(")") else { throw InvalidInput("a parenthesis is not closed") }
            return holds
        }
        let (left, isVersion) = try operand()
        let sign = try sign()
        let (right, isOtherVersion) = try operand()
        return try Self.compare(left, sign, right, asVersions: isVersion || isOtherVersion)
    }

    private mutating func operand() throws(InvalidInput) -> (text: String, isVersion: Bool) {
        switch words.popFirst() {
        case .text(let text): return (text, false)
        case .name(let name):
            guard let text = environment.variables[name] else {
                throw InvalidInput("\(name.quotedForMessage) is no variable that is known")
            }
            return (text, name.hasSuffix("_version") && name != "platform_version")
        case .sign, nil: throw InvalidInput("something to compare is missing")
        }
    }

    private mutating func sign() throws(InvalidInput) -> String {
        switch words.popFirst() {
        case .sign(let sign) where sign != "(" && sign != ")": return sign
        case .name("in"): return "in"
        case .name("not") where words.first == .name("in"):
            words.removeFirst()
            return "not in"
        case .name, .sign, .text, nil: throw InvalidInput("an operator is missing")
        }
    }

    private static func compare(
        _ left: String, _ sign: String, _ right: String, asVersions: Bool
    ) throws(InvalidInput) -> Bool {
        if sign == "in" { return right.contains(left) }
        if sign == "not in" { return !right.contains(left) }
        if asVersions, let order = try versionOrder(left, sign, right) { return order }
        switch sign {
        case "==", "===": return left == right
        case "!=": return left != right
        case "<": return left < right
        case "<=": return left <= right
        case ">": return left > right
        case ">=": return left >= right
        case _: throw InvalidInput("\(sign.quotedForMessage) does not compare texts")
        }
    }

    /// Nil when either side is no plain release number.
    private static func versionOrder(_ left: String, _ sign: String, _ right: String) throws(InvalidInput) -> Bool? {
        let isPrefix = right.hasSuffix(".*")
        guard let one = release(left), let other = release(isPrefix ? String(right.dropLast(2)) : right) else {
            return nil
        }
        if isPrefix {
            let holds = Array(padded(one, to: other.count).prefix(other.count)) == other
            if sign == "==" { return holds }
            if sign == "!=" { return !holds }
            throw InvalidInput("'.*' goes with '==' and '!='")
        }
        let length = max(one.count, other.count)
        let (first, second) = (padded(one, to: length), padded(other, to: length))
        switch sign {
        case "==", "===": return first == second
        case "!=": return first != second
        case "<": return first.lexicographicallyPrecedes(second)
        case "<=": return !second.lexicographicallyPrecedes(first)
        case ">": return second.lexicographicallyPrecedes(first)
        case ">=": return !first.lexicographicallyPrecedes(second)
        case "~=":
            guard other.count >= 2 else { throw InvalidInput("'~=' needs two numbers") }
            return !first.lexicographicallyPrecedes(second) && first.starts(with: other.dropLast())
        case _: return nil
        }
    }

    private static func release(_ text: String) -> [UInt64]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { part in
            part.utf8.allSatisfy { (48...57).contains($0) } ? UInt64(part) : nil
        }
        let numbers = parts.compactMap { $0 }
        return numbers.count == parts.count ? numbers : nil
    }

    private static func padded(_ numbers: [UInt64], to count: Int) -> [UInt64] {
        numbers + [UInt64](repeating: 0, count: max(0, count - numbers.count))
    }

    private static func words(of marker: String) throws(InvalidInput) -> [Word] {
        guard marker.utf8.count <= longest else { throw InvalidInput("it is too long") }
        var words: [Word] = []
        var rest = Array(marker.utf8)[...]
        while let byte = rest.first {
            switch byte {
            case 0x20, 0x09: rest.removeFirst()
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                let inside = rest.dropFirst().prefix { $0 != byte }
                guard inside.endIndex < rest.endIndex else { throw InvalidInput("a text has no end") }
                words.append(.text(String(decoding: inside, as: UTF8.self)))
                rest = rest[(inside.endIndex + 1)...]
            case UInt8(ascii: "("), UInt8(ascii: ")"):
                words.append(.sign(String(UnicodeScalar(byte))))
                rest.removeFirst()
            case _:
                let name = rest.prefix { isName($0) }
                let run = name.isEmpty ? rest.prefix { "<>=!~".utf8.contains($0) } : name
                guard !run.isEmpty else { throw InvalidInput("a character that no marker has") }
                let text = String(decoding: run, as: UTF8.self)
                words.append(name.isEmpty ? .sign(text) : .name(text))
                rest = rest[run.endIndex...]
            }
        }
        return words
    }

    private static func isName(_ byte: UInt8) -> Bool {
        (97...122).contains(byte) || (65...90).contains(byte) || (48...57).contains(byte) || byte == 95
    }
}

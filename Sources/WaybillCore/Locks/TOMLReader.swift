/// Reads TOML 1.0 into values, within bounds. Dates and times stay the text that they are; nothing else of TOML is left out.
///
/// A table that is defined twice, a key that is written twice, and a table inside what was closed are errors, each with its line.
package struct TOMLReader {
    /// Bytes, and how deep tables and arrays may stand in each other.
    static let longest = 16 << 20
    static let deepest = 64

    let bytes: [UInt8]
    var place = 0
    private(set) var line = 1
    private let root = TOMLTable()

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// - Throws: `InvalidInput` that begins with the line, as in `line 7: …`.
    package static func read(_ bytes: [UInt8]) throws(InvalidInput) -> Value {
        guard bytes.count <= longest else { throw InvalidInput("line 1: larger than 16 MiB") }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw InvalidInput("line 1: is not UTF-8 text") }
        var reader = TOMLReader(bytes)
        do throws(InvalidInput) {
            try reader.document()
            return try reader.root.value(depth: 0)
        } catch {
            throw InvalidInput("line \(reader.line): \(error.message)")
        }
    }

    private mutating func document() throws(InvalidInput) {
        var table = root
        while true {
            skipBlanks()
            guard let byte = peek else { return }
            switch byte {
            case Self.newline, Self.carriage, Self.hash: try endLine()
            case UInt8(ascii: "["):
                table = try header()
                try endLine()
            case _:
                try pair(into: table, depth: 0)
                try endLine()
            }
        }
    }

    /// `[a.b]` or `[[a.b]]`.
    private mutating func header() throws(InvalidInput) -> TOMLTable {
        place += 1
        let isList = peek == UInt8(ascii: "[")
        if isList { place += 1 }
        let path = try keys()
        try expect("]")
        if isList {
            guard peek == UInt8(ascii: "]") else { throw InvalidInput("expected ']]'") }
            place += 1
        }
        var table = root
        for key in path.dropLast() { table = try table.entered(key) }
        guard let last = path.last else { throw InvalidInput("a table has no name") }
        return isList ? try table.appended(last) : try table.defined(last)
    }

    /// `a.b = value`.
    mutating func pair(into table: TOMLTable, depth: Int) throws(InvalidInput) {
        let path = try keys()
        try expect("=")
        let value = try value(depth: depth + 1)
        var place = table
        for key in path.dropLast() { place = try place.dotted(key) }
        guard let last = path.last else { throw InvalidInput("a value has no name") }
        try place.set(last, value)
    }

    /// Names with dots between them.
    private mutating func keys() throws(InvalidInput) -> [String] {
        var path: [String] = []
        repeat {
            if !path.isEmpty { place += 1 }
            skipBlanks()
            path.append(try key())
            skipBlanks()
        } while peek == UInt8(ascii: ".") && path.count < Self.deepest
        return path
    }

    private mutating func key() throws(InvalidInput) -> String {
        switch peek {
        case UInt8(ascii: "\""): return try basicString()
        case UInt8(ascii: "'"): return try literalString()
        case _:
            let start = place
            while let byte = peek, Self.isBare(byte) { place += 1 }
            guard place > start else { throw InvalidInput("expected a name") }
            return String(decoding: bytes[start..<place], as: UTF8.self)
        }
    }

    // MARK: Pieces

    static let newline = UInt8(ascii: "\n")
    static let carriage = UInt8(ascii: "\r")
    static let hash = UInt8(ascii: "#")

    var peek: UInt8? { place < bytes.count ? bytes[place] : nil }

    mutating func skipBlanks() { while peek == 0x20 || peek == 0x09 { place += 1 } }

    mutating func expect(_ text: Character) throws(InvalidInput) {
        skipBlanks()
        guard let wanted = text.asciiValue, peek == wanted else { throw InvalidInput("expected '\(text)'") }
        place += 1
    }

    /// A comment, if there is one, and the end of the line or of the file.
    mutating func endLine() throws(InvalidInput) {
        skipBlanks()
        if peek == Self.hash {
            while let byte = peek, byte != Self.newline {
                if byte != 0x09, byte < 0x20, byte != Self.carriage {
                    throw InvalidInput("a comment has a control character")
                }
                place += 1
            }
        }
        if peek == Self.carriage { place += 1 }
        guard let byte = peek else { return }
        guard byte == Self.newline else { throw InvalidInput("expected the end of the line") }
        nextLine()
    }

    mutating func nextLine() {
        place += 1
        line += 1
    }

    /// White space, comments and ends of lines, as between the items of an array.
    mutating func skipLines() throws(InvalidInput) {
        while true {
            skipBlanks()
            guard let byte = peek, byte == Self.newline || byte == Self.carriage || byte == Self.hash else { return }
            try endLine()
        }
    }

    static func isBare(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 95
    }
}

/// A table while it is being read.
final class TOMLTable {
    private enum Item {
        case value(Value)
        case table(TOMLTable)
        case list([TOMLTable])
    }

    private var items: [String: Item] = [:]
    /// Its own header was read.
    private var isDefined = false
    /// It came about by a dotted key, so no header may open it.
    private var isDotted = false

    /// The table at `key` on the way to another; the last one of a list.
    func entered(_ key: String) throws(InvalidInput) -> TOMLTable {
        switch items[key] {
        case nil: return make(key)
        case .table(let table): return table
        case .list(let tables):
            guard let last = tables.last else { throw Self.twice(key) }
            return last
        case .value: throw Self.twice(key)
        }
    }

    /// The table that the header `[… key]` opens.
    func defined(_ key: String) throws(InvalidInput) -> TOMLTable {
        switch items[key] {
        case nil:
            let table = make(key)
            table.isDefined = true
            return table
        case .table(let table) where !table.isDefined && !table.isDotted:
            table.isDefined = true
            return table
        case .table, .list, .value: throw Self.twice(key)
        }
    }

    /// The table that the header `[[… key]]` opens.
    func appended(_ key: String) throws(InvalidInput) -> TOMLTable {
        let table = TOMLTable()
        switch items.removeValue(forKey: key) {
        case nil: items[key] = .list([table])
        case .list(var tables):
            tables.append(table)
            items[key] = .list(tables)
        case .table, .value: throw Self.twice(key)
        }
        return table
    }

    /// The table at `key` in a dotted key.
    func dotted(_ key: String) throws(InvalidInput) -> TOMLTable {
        switch items[key] {
        case nil:
            let table = make(key)
            table.isDotted = true
            return table
        case .table(let table) where !table.isDefined: return table
        case .table, .list, .value: throw Self.twice(key)
        }
    }

    func set(_ key: String, _ value: Value) throws(InvalidInput) {
        guard items[key] == nil else { throw Self.twice(key) }
        items[key] = .value(value)
    }

    func value(depth: Int) throws(InvalidInput) -> Value {
        guard depth <= TOMLReader.deepest else { throw InvalidInput("tables stand too deep in each other") }
        var members: [String: Value] = [:]
        for (key, item) in items {
            switch item {
            case .value(let value): members[key] = value
            case .table(let table): members[key] = try table.value(depth: depth + 1)
            case .list(let tables):
                members[key] = .list(
                    try tables.map { table throws(InvalidInput) in try table.value(depth: depth + 1) })
            }
        }
        return .object(Members(members))
    }

    private func make(_ key: String) -> TOMLTable {
        let table = TOMLTable()
        items[key] = .table(table)
        return table
    }

    private static func twice(_ key: String) -> InvalidInput {
        InvalidInput("\(key.quotedForMessage) is written twice")
    }
}

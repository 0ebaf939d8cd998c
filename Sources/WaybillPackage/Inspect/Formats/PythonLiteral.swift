/// A Python literal as the header of npy holds one: strings, whole numbers, `True`, `False`, `None`, tuples, lists, dictionaries.
///
/// Nothing is evaluated: no names, no operators, no calls.
indirect enum PythonLiteral: Hashable {
    case string(String)
    case integer(UInt64)
    case bool(Bool)
    case nothing
    /// A tuple or a list.
    case items([PythonLiteral])
    case dictionary([String: PythonLiteral])

    /// - Throws: when `text` is anything but one literal with space around it.
    init(parsing text: [UInt8]) throws(InspectionError) {
        var parser = Parser(rest: text[...])
        self = try parser.literal(depth: 0)
        parser.space()
        guard parser.rest.isEmpty else { throw parser.problem("something follows the literal") }
    }

    private struct Parser {
        var rest: ArraySlice<UInt8>

        func problem(_ words: String) -> InspectionError {
            .malformed("\(words) at byte \(rest.startIndex) of the header")
        }

        mutating func space() { rest = rest.drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 } }

        mutating func take(_ scalar: Unicode.Scalar) -> Bool {
            space()
            guard rest.first == UInt8(ascii: scalar) else { return false }
            rest = rest.dropFirst()
            return true
        }

        mutating func literal(depth: Int) throws(InspectionError) -> PythonLiteral {
            guard depth < 16 else { throw problem("more than 16 levels") }
            space()
            switch rest.first {
            case UInt8(ascii: "{"): return .dictionary(try dictionary(depth))
            case UInt8(ascii: "("): return .items(try items("(", ")", depth))
            case UInt8(ascii: "["): return .items(try items("[", "]", depth))
            case UInt8(ascii: "'"), UInt8(ascii: "\""): return .string(try string())
            case nil: throw problem("the literal ends too early")
            case let byte?: return (0x30...0x39).contains(byte) ? .integer(try integer()) : try word()
            }
        }

        private mutating func items(
            _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ depth: Int
        ) throws(InspectionError) -> [PythonLiteral] {
            var items: [PythonLiteral] = []
            _ = take(open)
            while !take(close) {
                items.append(try literal(depth: depth + 1))
                if take(",") { continue }
                guard take(close) else { throw problem("',' or '\(close)' is expected") }
                break
            }
            return items
        }

        private mutating func dictionary(_ depth: Int) throws(InspectionError) -> [String: PythonLiteral] {
            var members: [String: PythonLiteral] = [:]
            _ = take("{")
            while !take("}") {
                guard case .string(let name) = try literal(depth: depth + 1) else {
                    throw problem("a name is expected")
                }
                guard take(":") else { throw problem("':' is expected") }
                guard members.updateValue(try literal(depth: depth + 1), forKey: name) == nil else {
                    throw problem("the name '\(name.prefix(80))' stands twice")
                }
                if take(",") { continue }
                guard take("}") else { throw problem("',' or '}' is expected") }
                break
            }
            return members
        }

        private mutating func string() throws(InspectionError) -> String {
            let quote = rest.first
            rest = rest.dropFirst()
            let content = rest.prefix { $0 != quote }
            guard content.count < rest.count else { throw problem("a string does not end") }
            guard !content.contains(UInt8(ascii: "\\")), let text = String(validating: content, as: UTF8.self) else {
                throw problem("a string with escapes or without UTF-8")
            }
            rest = rest.dropFirst(content.count + 1)
            return text
        }

        private mutating func integer() throws(InspectionError) -> UInt64 {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard let number = UInt64(String(decoding: digits, as: UTF8.self)) else {
                throw problem("a number is out of range")
            }
            rest = rest.dropFirst(digits.count)
            // Python 2 wrote long numbers so.
            if rest.first == UInt8(ascii: "L") { rest = rest.dropFirst() }
            return number
        }

        private mutating func word() throws(InspectionError) -> PythonLiteral {
            for (word, literal) in [("True", PythonLiteral.bool(true)), ("False", .bool(false)), ("None", .nothing)]
            where rest.starts(with: word.utf8) {
                rest = rest.dropFirst(word.utf8.count)
                return literal
            }
            throw problem("no literal")
        }
    }
}

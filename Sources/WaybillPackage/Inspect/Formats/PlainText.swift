/// UTF-8 text without control characters, such as a model card: data to every loader, unless it also reads as a pickle.
enum PlainText {
    static let limit: Int64 = 16 << 20

    static func isText(_ source: any ByteSource) throws(InspectionError) -> Bool {
        guard source.size > 0, source.size <= limit else { return false }
        let bytes = try source.head(Int(source.size))
        guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 || $0 == 0x0C })
        else {
            return false
        }
        return String(validating: bytes, as: UTF8.self) != nil
    }

    /// Whether an unpickler that is given this text would get as far as importing something, or to an end.
    ///
    /// Protocols 0 and 1 have no magic number. This walks the operations that text can hold and errs towards a pickle: what is on the
    /// stack is counted, not known.
    static func readsAsPickle(_ source: any ByteSource) throws(InspectionError) -> Bool {
        var walk = PickleWalk(cursor: ByteCursor(source))
        do {
            return try walk.reachesImportOrEnd()
        } catch {
            if case .unreadable = error { throw error }
            return false
        }
    }
}

/// A count of what is on an unpickler's stack, for as long as the bytes can be a pickle.
private struct PickleWalk {
    var cursor: ByteCursor
    private var depth = 0
    private var marks = 0

    init(cursor: ByteCursor) { self.cursor = cursor }

    mutating func reachesImportOrEnd() throws(InspectionError) -> Bool {
        while true {
            switch try cursor.byte() {
            case UInt8(ascii: "c"), UInt8(ascii: "i"):
                let (module, name) = (try line(), try line())
                return Self.isPath(module) && Self.isPath(name)
            case UInt8(ascii: "P"), UInt8(ascii: "Q"), UInt8(ascii: "R"), UInt8(ascii: "b"), UInt8(ascii: "o"):
                return depth > 0 || marks > 0
            case UInt8(ascii: "."): return depth > 0
            case UInt8(ascii: "("): marks += 1
            case UInt8(ascii: "I"), UInt8(ascii: "L"), UInt8(ascii: "F"): try push(number: try line())
            case UInt8(ascii: "S"): try push(quoted: try line())
            case UInt8(ascii: "V"): try push(line: try line())
            case UInt8(ascii: "J"): try push(skipping: 4)
            case UInt8(ascii: "K"), UInt8(ascii: "h"): try push(skipping: 1)
            case UInt8(ascii: "M"): try push(skipping: 2)
            case UInt8(ascii: "G"): try push(skipping: 8)
            case UInt8(ascii: "g"): try push(line: try line())
            case UInt8(ascii: "j"): try push(skipping: 4)
            case UInt8(ascii: "U"), UInt8(ascii: "C"): try push(skipping: UInt64(try cursor.byte()))
            case UInt8(ascii: "T"), UInt8(ascii: "X"), UInt8(ascii: "B"):
                try push(skipping: UInt64(try cursor.little(UInt32.self)))
            case UInt8(ascii: "N"), UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: "2"):
                depth += 1
            case UInt8(ascii: "t"), UInt8(ascii: "l"), UInt8(ascii: "d"), UInt8(ascii: "e"), UInt8(ascii: "u"),
                UInt8(ascii: "1"):
                try takeMark()
            case UInt8(ascii: "0"), UInt8(ascii: "a"), UInt8(ascii: "s"): try need()
            case UInt8(ascii: "p"):
                try need()
                guard Int(try line()) != nil else { throw notPickle }
            case UInt8(ascii: "q"): try cursor.skip(1)
            case UInt8(ascii: "r"): try cursor.skip(4)
            case _: throw notPickle
            }
        }
    }

    private var notPickle: InspectionError { .malformed("no pickle") }

    private func need() throws(InspectionError) { if depth + marks == 0 { throw notPickle } }

    private mutating func takeMark() throws(InspectionError) {
        guard marks > 0 else { throw notPickle }
        marks -= 1
        depth += 1
    }

    private mutating func push(skipping count: UInt64) throws(InspectionError) {
        try cursor.skip(count)
        depth += 1
    }

    private mutating func push(line: String) throws(InspectionError) { depth += 1 }

    private mutating func push(number: String) throws(InspectionError) {
        let text = number.hasSuffix("L") ? String(number.dropLast()) : number
        guard Double(text.trimmingPrefix(while: \.isWhitespace)) != nil else { throw notPickle }
        depth += 1
    }

    private mutating func push(quoted: String) throws(InspectionError) {
        guard quoted.utf8.count >= 2, let first = quoted.utf8.first, first == quoted.utf8.last,
            first == 0x27 || first == 0x22
        else { throw notPickle }
        depth += 1
    }

    /// Up to the line end.
    private mutating func line() throws(InspectionError) -> String {
        var bytes: [UInt8] = []
        while true {
            let byte = try cursor.byte()
            if byte == 0x0A { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
    }

    /// Whether Python could import by this name.
    private static func isPath(_ text: String) -> Bool {
        !text.isEmpty
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
                part.first.map { $0 == "_" || $0.isLetter } ?? false
                    && part.allSatisfy { $0 == "_" || $0.isLetter || $0.isNumber }
            }
    }
}

package import WaybillCore

/// The bytes of one file with what is needed to say where in it something stands.
///
/// Lines end at LF, CR LF or a lone CR; columns count characters (Unicode scalars) from 1. Offsets count bytes of the whole
/// file, a byte order mark included.
package struct SourceText: Sendable {
    package let path: String
    package let bytes: [UInt8]
    /// Where the text begins: 3 after a byte order mark.
    package let textStart: Int
    package let isASCII: Bool
    /// The byte offset of every 64th character from `textStart`; empty for ASCII.
    private let characterIndex: [Int]

    /// The byte offset of every line.
    private let lineStarts: [Int32]
    /// Lines that begin with `%`.
    let directiveCount: Int

    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
        textStart = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
        (lineStarts, directiveCount, isASCII) = Self.scan(bytes, from: textStart)
        characterIndex = isASCII ? [] : Self.indexCharacters(bytes, from: textStart)
    }

    private static func scan(_ bytes: [UInt8], from start: Int) -> (lines: [Int32], directives: Int, isASCII: Bool) {
        bytes.withUnsafeBufferPointer { all in
            var lines = [Int32(start)]
            lines.reserveCapacity(all.count / 16)
            var directives = start < all.count && all[start] == UInt8(ascii: "%") ? 1 : 0
            var combined: UInt8 = 0
            for at in start..<max(start, all.count) {
                let byte = all[at]
                combined |= byte
                guard byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") else { continue }
                let next = at + 1 < all.count ? all[at + 1] : 0
                if byte == UInt8(ascii: "\r"), next == UInt8(ascii: "\n") { continue }
                lines.append(Int32(at + 1))
                if next == UInt8(ascii: "%") { directives += 1 }
            }
            return (lines, directives, combined < 0x80 && start == 0)
        }
    }

    private static func indexCharacters(_ bytes: [UInt8], from start: Int) -> [Int] {
        var index: [Int] = []
        var count = 0
        for offset in start..<max(start, bytes.count) where bytes[offset] & 0xc0 != 0x80 {
            if count % 64 == 0 { index.append(offset) }
            count += 1
        }
        return index
    }

    /// The byte offset of a character, counted from `textStart`, as libyaml's marks do.
    func offset(ofCharacter character: Int) -> Int {
        guard !isASCII else { return min(textStart + character, bytes.count) }
        guard character / 64 < characterIndex.count else { return bytes.count }
        var offset = characterIndex[character / 64]
        var rest = character % 64
        while offset < bytes.count {
            if bytes[offset] & 0xc0 != 0x80 {
                if rest == 0 { return offset }
                rest -= 1
            }
            offset += 1
        }
        return bytes.count
    }

    /// The byte offset of the first byte that is not part of well-formed UTF-8.
    func firstInvalidByte() -> Int? {
        guard !isASCII else { return nil }
        var decoder = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var offset = 0
        while true {
            switch decoder.parseScalar(from: &iterator) {
            case .valid(let encoded): offset += encoded.count
            case .error: return offset
            case .emptyInput: return nil
            }
        }
    }

    /// Line and column of a byte offset.
    package func location(ofOffset offset: Int) -> SourceLocation {
        let end = min(max(offset, textStart), bytes.count)
        let line = lineNumber(ofOffset: end)
        return SourceLocation(
            path: path, line: line + 1, column: characters(from: Int(lineStarts[line]), to: end) + 1)
    }

    /// The last line that begins at or before `offset`, from 0.
    private func lineNumber(ofOffset offset: Int) -> Int {
        var (low, high) = (0, lineStarts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if Int(lineStarts[middle]) <= offset { low = middle } else { high = middle }
        }
        return low
    }

    func characters(from start: Int, to end: Int) -> Int {
        guard start < end else { return 0 }
        return isASCII ? end - start : bytes[start..<end].reduce(0) { $0 + ($1 & 0xc0 == 0x80 ? 0 : 1) }
    }

    /// The line that holds a byte offset, without its end, at most 500 characters.
    func line(atOffset offset: Int) -> String {
        let start = Int(lineStarts[lineNumber(ofOffset: min(max(offset, textStart), bytes.count))])
        var end = start
        while end < bytes.count, end - start < 2000, !Self.isBreak(bytes[end]) { end += 1 }
        let text = String(decoding: bytes[start..<end], as: UTF8.self)
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(500)))
    }

    /// The first line from number `line` on, and after the byte `offset`, that begins a document with `---`.
    func documentMarker(after offset: Int, fromLine line: Int) -> Int? {
        lineStarts.dropFirst(max(0, line - 1)).lazy.map(Int.init).first { start in
            guard start > offset, bytes[start...].starts(with: "---".utf8) else { return false }
            let next = start + 3 < bytes.count ? bytes[start + 3] : UInt8(ascii: "\n")
            return " \t\r\n".utf8.contains(next)
        }
    }

    private static func isBreak(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

    /// A problem at the bytes `start..<end`, of which the part on the first line is underlined.
    package func diagnostic(
        _ rule: DiagnosticRule, _ start: Int, _ end: Int, _ message: String, hint: String? = nil,
        related: SourceLocation? = nil
    ) -> Diagnostic {
        var stop = min(max(start, 0), bytes.count)
        while stop < min(end, bytes.count), !Self.isBreak(bytes[stop]) { stop += 1 }
        return Diagnostic(
            location: location(ofOffset: start), rule: rule.rawValue, message: message, hint: hint,
            line: line(atOffset: start), length: max(1, characters(from: max(start, 0), to: stop)), related: related)
    }
}

/// Reads a labelled set piece by piece: only the columns asked for are kept, and of the rest one record at a time.
///
/// Feed it the file in pieces of any size, then take what `finish` gives. After an error it is of no more use.
package struct LabelledSetReader: Sendable {
    private enum Parser: Sendable {
        case csv(CSVParser)
        case jsonLines(JSONLinesParser)
    }

    private let file: String
    private let limits: LabelledSetLimits
    private var parser: Parser
    private var total: Int64 = 0
    /// The first bytes, until there are enough to know a byte order mark and a wrong format.
    private var head: [UInt8]? = []

    /// - Parameters:
    ///   - file: as errors name it.
    ///   - columns: each name once; of a name that comes again the first request counts.
    package init(
        file: String, format: LabelledSetFormat, columns: [ColumnRequest], limits: LabelledSetLimits = .init()
    ) {
        (self.file, self.limits) = (file, limits)
        let table = TableBuilder(file: file, columns: columns, limits: limits)
        switch format {
        case .csv: parser = .csv(CSVParser(table))
        case .jsonLines: parser = .jsonLines(JSONLinesParser(table))
        }
    }

    package mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(LabelledSetError) {
        total += Int64(bytes.count)
        guard total <= limits.total else {
            throw LabelledSetError(
                .overLimit, file, "larger than \(limits.total) bytes", hint: "validate on a sample of the rows")
        }
        guard var first = head else { return try parse(bytes) }
        first.append(contentsOf: bytes)
        head = first
        if first.count >= 4 { try start() }
    }

    /// - Throws: also for a column that was asked for and is not there.
    package consuming func finish() throws(LabelledSetError) -> LabelledSet {
        if head != nil { try start() }
        switch parser {
        case .csv(var parser): return try parser.finish()
        case .jsonLines(var parser): return try parser.finish()
        }
    }

    private mutating func start() throws(LabelledSetError) {
        let first = head ?? []
        head = nil
        if let wrong = Self.recognise(first) {
            throw LabelledSetError(
                .unsupported, file, "is \(wrong.what), which is not read here", hint: wrong.hint(file))
        }
        let mark = first.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        try first[mark...].withUnsafeBufferPointer { (bytes) throws(LabelledSetError) in
            try parse(UnsafeRawBufferPointer(bytes))
        }
    }

    private mutating func parse(_ bytes: UnsafeRawBufferPointer) throws(LabelledSetError) {
        // Taken out and put back, so that the parser's arrays are never copied.
        switch parser {
        case .csv(var taken):
            parser = .csv(CSVParser.none)
            try taken.feed(bytes)
            parser = .csv(taken)
        case .jsonLines(var taken):
            parser = .jsonLines(JSONLinesParser.none)
            try taken.feed(bytes)
            parser = .jsonLines(taken)
        }
    }

    /// Formats that people have instead, by their first bytes.
    private static func recognise(_ head: [UInt8]) -> (what: String, hint: (String) -> String)? {
        if head.starts(with: [0x50, 0x41, 0x52, 0x31]) {
            return ("Parquet", { _ in LabelledSetFormat.parquetHint })
        }
        if head.starts(with: [0x1F, 0x8B]) { return ("gzip", { "unpack it: gunzip \($0)" }) }
        if head.starts(with: [0x50, 0x4B, 3, 4]) { return ("a zip archive", { "unpack it: unzip \($0)" }) }
        if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) {
            return ("UTF-16", { "convert it: iconv -f utf-16 -t utf-8 \($0)" })
        }
        return nil
    }
}

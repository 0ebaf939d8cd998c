import Foundation
import Testing
import WaybillEvaluate
import WaybillTestSupport

@Suite struct LabelledSetTests {
    static let columns: [ColumnRequest] = [.init("y", .label), .init("score", .number), .init("town", .text)]

    static func read(
        _ bytes: [UInt8], _ format: LabelledSetFormat = .csv, _ columns: [ColumnRequest] = columns,
        limits: LabelledSetLimits = .init(), piece: Int = 7
    ) throws(LabelledSetError) -> LabelledSet {
        var reader = LabelledSetReader(file: "set", format: format, columns: columns, limits: limits)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            try Array(bytes[start..<min(start + piece, bytes.count)]).withUnsafeBufferPointer {
                (part) throws(LabelledSetError) in try reader.feed(UnsafeRawBufferPointer(part))
            }
        }
        return try reader.finish()
    }

    /// Each cell as text; missing ones as nil.
    static func rows(_ set: LabelledSet) -> [[String?]] {
        (0..<set.rowCount).map { row in
            let number = set.numbers("score").flatMap { $0.missingRows.contains(row) ? nil : "\($0.values[row])" }
            return [set.labels("y")?[row], number, set.labels("town")?[row]]
        }
    }

    @Test(
        arguments: [
            ("plain", "y,score,town\n1,0.5,Bern\n0,-2e3,Ulm\n", [["1", "0.5", "Bern"], ["0", "-2000.0", "Ulm"]]),
            (
                "CRLF, and no end of the last line", "y,score,town\r\n1,0.5,Bern\r\n0,1,Ulm",
                [["1", "0.5", "Bern"], ["0", "1.0", "Ulm"]]
            ),
            (
                "quotes, commas, line feeds", "\"y\",score,town\n\"1\",\"0.5\",\"a \"\"b\"\", c\r\nd\"\n",
                [["1", "0.5", "a \"b\", c\r\nd"]]
            ),
            ("a byte order mark", "\u{feff}y,score,town\n1,1,x\n", [["1", "1.0", "x"]]),
            ("missing cells", "y,score,town\n,,\n\"\",\"\",\"\"\n", [[nil, nil, nil], [nil, nil, nil]]),
            ("blank lines", "\ny,score,town\n\n1,1,x\r\n\r\n\n", [["1", "1.0", "x"]]),
            (
                "other columns and another order", "id,town,y,score\n7,x,1,1\n8,z,0,\n",
                [["1", "1.0", "x"], ["0", nil, "z"]]
            ),
            (
                "whole numbers as labels", "y,score,town\n1.0,1.0,1.0\n-3.00,1,x\n1.5,1,1.\n",
                [["1", "1.0", "1.0"], ["-3", "1.0", "x"], ["1.5", "1.0", "1."]]
            ),
            ("blanks around numbers", "y,score,town\n1, 2 , x\n", [["1", "2.0", " x"]]),
            ("an index without a name, twice", ",,y,score,town\n0,0,1,1,x\n", [["1", "1.0", "x"]]),
            ("numbers that are not finite are no missing ones", "y,score,town\n1,inf,x\n", [["1", "inf", "x"]]),
            ("a header alone", "y,score,town\n", []),
        ] as [(String, String, [[String?]])])
    func `CSV is read cell by cell`(_ name: String, _ text: String, _ expected: [[String?]]) throws {
        for piece in [1, 3, 1000] { #expect(Self.rows(try Self.read(Array(text.utf8), piece: piece)) == expected) }
    }

    @Test(arguments: [
        ("", "set: error: is empty\n  hint: the first line names the columns"),
        ("y,score\n1,2\n", "set: error: there is no column 'town'\n  hint: the columns are 'y', 'score'"),
        ("y,score,twon\n", "set: error: there is no column 'town'\n  hint: did you mean 'twon'?"),
        ("y;score;town\n", "set: error: there is no column 'y'\n  hint: cells are separated by commas, not by ';'"),
        ("y,score,town,y\n", "set:1:14: error: the column 'y' is named twice"),
        (
            "y,score,town\n1,0.5\n",
            "set:2:1: error: the row has 2 cells; the header names 3 columns\n"
                + "  hint: put cells with a comma or a line feed in quotes"
        ),
        (
            "y,score,town\n1,zwei,x\n",
            "set:2:3: error: 'zwei' in 'score' is not a number\n  hint: leave the cell empty where the value is missing"
        ),
        (
            "y,score,town\n1,0x10,x\n",
            "set:2:3: error: '0x10' in 'score' is not a number\n  hint: leave the cell empty where the value is missing"
        ),
        ("y,score,town\n1,2,\"a\nb\n", "set:2:5: error: the quote that opens here is never closed"),
        (
            "y,score,town\n1,2,a\"b\n",
            "set:2:6: error: a quote within a field that does not begin with one\n"
                + "  hint: put the whole field in quotes and double those within"
        ),
        (
            "y,score,town\n1,2,\"a\"b\n",
            "set:2:8: error: text after the closing quote of a field\n  hint: double a quote that is part of the text"
        ),
        (
            "y,score,town\r1,2,a\r",
            "set:1:14: error: a carriage return without a line feed\n  hint: end lines with LF or CRLF"
        ),
        ("y,score,town\n1,2,a\0\n", "set:2:6: error: a NUL byte\n  hint: is this a text file in UTF-8?"),
    ])
    func `what is wrong with CSV is said where it stands`(_ text: String, _ message: String) throws {
        let error = try #require(throws: LabelledSetError.self) { try Self.read(Array(text.utf8)) }
        #expect(error.description == message)
    }

    @Test(
        arguments: [
            ("plain", #"{"y":1,"score":0.5,"town":"Bern"}"#, [["1", "0.5", "Bern"]]),
            (
                "any order, blanks, others", #" { "town" : "x" , "other" : null, "score":-1E-2,"y" : "0" } "#,
                [["0", "-0.01", "x"]]
            ),
            (
                "missing and null", "{\"y\":null}\n{\"score\":1}\n\n{\"town\":\"\"}",
                [[nil, nil, nil], [nil, "1.0", nil], [nil, nil, ""]]
            ),
            (
                "escapes", #"{"y":true,"score":1,"town":"a\"\\\/\n\u00e9\ud83d\ude00"}"#,
                [["true", "1.0", "a\"\\/\né😀"]]
            ),
            ("a whole number as a label", #"{"y":2.0,"score":1,"town":false}"#, [["2", "1.0", "false"]]),
            ("what Python writes", #"{"y":1,"score":-Infinity,"town":"x"}"#, [["1", "-inf", "x"]]),
        ] as [(String, String, [[String?]])])
    func `JSON Lines are read member by member`(_ name: String, _ text: String, _ expected: [[String?]]) throws {
        // The names of all columns must be somewhere.
        let text = text + "\r\n{\"y\":9,\"score\":9,\"town\":\"z\"}\n"
        for piece in [1, 5, 1000] {
            let set = try Self.read(Array(text.utf8), .jsonLines, piece: piece)
            #expect(Self.rows(set) == expected + [["9", "9.0", "z"]])
        }
    }

    @Test(arguments: [
        ("", "set: error: is empty\n  hint: each line is one JSON object"),
        ("{\"y\":1,\"score\":1,\"towm\":2}", "set: error: there is no column 'town'\n  hint: did you mean 'towm'?"),
        ("{}\n[1]", "set:2:1: error: expected '{'\n  hint: each line is one JSON object"),
        (
            "{\"y\":[1]}",
            "set:1:6: error: a value within a value\n  hint: members are numbers, texts, true, false or null"
        ),
        ("{\"y\":1,\"y\":2}", "set:1:8: error: the object names 'y' twice"),
        (
            "{\"score\":\"1\"}",
            "set:1:10: error: 'score' is a text where a number is expected\n"
                + "  hint: write numbers without quotes, and null where the value is missing"
        ),
        ("{\"score\":true}", "set:1:10: error: 'score' is true where a number is expected\n  hint: write 1 and 0"),
        ("{\"y\":1 \"score\":2}", "set:1:8: error: expected ','"),
        ("{\"y\":1}}", "set:1:8: error: something follows the object"),
        ("{\"y\":1", "set:1:7: error: expected ','"),
        ("{\"y\":tru}", "set:1:6: error: expected a value"),
        ("{\"y\":\"a", "set:1:8: error: the text is never closed"),
        ("{\"y\":\"\\q\"}", "set:1:8: error: an unknown escape"),
        ("{\"y\":\"\\ud800\"}", "set:1:13: error: half of a surrogate pair"),
        ("{\"y\":\"a\tb\"}", "set:1:8: error: a control character in a text\n  hint: write it as \\u00.."),
    ])
    func `what is wrong with JSON Lines is said where it stands`(_ text: String, _ message: String) throws {
        let error = try #require(throws: LabelledSetError.self) { try Self.read(Array(text.utf8), .jsonLines) }
        #expect(error.description == message)
    }

    @Test(
        arguments: [
            ([0x50, 0x41, 0x52, 0x31, 0x15], "is Parquet, which is not read here", "pandas.read_parquet"),
            ([0x1F, 0x8B, 8, 0], "is gzip, which is not read here", "gunzip set"),
            ([0x50, 0x4B, 3, 4], "is a zip archive, which is not read here", "unzip set"),
            ([0xFF, 0xFE, 0x79, 0], "is UTF-16, which is not read here", "iconv -f utf-16 -t utf-8 set"),
        ] as [([UInt8], String, String)])
    func `another format is named, with the way to convert it`(_ head: [UInt8], _ problem: String, _ hint: String)
        throws
    {
        for piece in [1, 100] {
            let error = try #require(throws: LabelledSetError.self) { try Self.read(head, piece: piece) }
            #expect(error.code == .unsupported && error.problem == problem)
            #expect(try #require(error.hint).contains(hint))
        }
    }

    @Test(arguments: [
        (
            "rows", "y,score,town\n1,1,x\n1,1,x\n1,1,x\n",
            "set:4:1: error: more than 2 rows\n  hint: validate on a sample of them"
        ),
        ("columns", "y,score,town,a,b\n", "set:1:16: error: more than 4 columns"),
        (
            "bytes of a record", "y,score,town\n1,1,\"0123456789abcdefghij\"\n",
            "set:2:21: error: a record of more than 20 bytes\n  hint: is a quote open?"
        ),
        (
            "texts", "y,score,town\n1,1,x\n1,1,z\n",
            "set:3:5: error: more than 1 different texts, or 16777216 bytes of them, in 'town'\n  hint: labels and slices are few; is this the right column?"
        ),
        (
            "bytes", "y,score,town\n1,1,x\n" + String(repeating: "\n", count: 50),
            "set: error: larger than 60 bytes\n  hint: validate on a sample of the rows"
        ),
    ])
    func `a set has bounds`(_ name: String, _ text: String, _ message: String) throws {
        var limits = LabelledSetLimits()
        (limits.rows, limits.columns, limits.line, limits.total, limits.texts) = (2, 4, 20, 60, 1)
        let error = try #require(throws: LabelledSetError.self) { try Self.read(Array(text.utf8), limits: limits) }
        #expect(error.description == message)
    }

    @Test func `text that is not UTF-8 is refused where it is read, and passed over where it is not`() throws {
        let bytes = Array("y,score,town\n1,1,".utf8) + [0xE9, 0x0A]
        let error = try #require(throws: LabelledSetError.self) { try Self.read(bytes) }
        #expect(
            error.description == "set:2:5: error: the text is not UTF-8\n  hint: convert the file with iconv -t utf-8")
        #expect(try Self.read(bytes, .csv, [.init("y", .label)]).labels("y")?.names == ["1"])
    }

    @Test func `every number comes back as it was written`() throws {
        var numbers = [
            0, -0.0, 0.1, 1e22, 1e23,
            123456789012345680, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 2.2250738585072014e-308,
        ]
        var random = SystemRandomNumberGenerator()
        numbers += (0..<2000).map { _ in Double(bitPattern: random.next()) }.filter(\.isFinite)
        numbers += (0..<2000).map { _ in Double(Int.random(in: -99999...99999, using: &random)) / 1000 }
        let text = "score\n" + numbers.map { "\($0)" }.joined(separator: "\n")
        let read = try Self.read(Array(text.utf8), .csv, [.init("score", .number)], piece: 4096)
        #expect(read.numbers("score")?.values.map(\.bitPattern) == numbers.map(\.bitPattern))
    }

    @Test func `a file is known by its ending`() async throws {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "set.CSV").path
            try Data("y\n1\n".utf8).write(to: URL(filePath: file))
            #expect(try LabelledSet.read(path: file, columns: [.init("y", .label)]).rowCount == 1)
            #expect(throws: LabelledSetError.self) {
                try LabelledSet.read(path: folder.path + "/none.csv", columns: [])
            }
            let error = try #require(throws: LabelledSetError.self) {
                try LabelledSet.read(path: "a/b.parquet", columns: [])
            }
            #expect(
                error.description.hasPrefix(
                    "a/b.parquet: error: is Parquet, which is not read here\n  hint: convert it: "))
            let unknown = try #require(throws: LabelledSetError.self) {
                try LabelledSet.read(path: "a/csv", columns: [])
            }
            #expect(
                unknown.description
                    == "a/csv: error: has no known ending\n  hint: name it .csv, or .jsonl for one JSON object a line")
        }
    }

    /// `WAYBILL_FUZZ_SECONDS` is how long each format is tried; a fifth of a second without it.
    @Test(arguments: [LabelledSetFormat.csv, .jsonLines])
    func `changed bytes are read or refused, and the pieces they come in change nothing`(
        _ format: LabelledSetFormat
    ) throws {
        let seconds = ProcessInfo.processInfo.environment["WAYBILL_FUZZ_SECONDS"].flatMap(Double.init) ?? 0.2
        let texts: [LabelledSetFormat: String] = [
            .csv: "y,score,town\r\n1,0.5,\"a \"\"b\"\", c\"\n,,\n0,-1e3,é\n",
            .jsonLines:
                "{\"y\":1,\"score\":0.5,\"town\":\"a\\u00e9\\n\"}\n{\"y\":null}\n{\"town\":false,\"score\":-1e3}\n",
        ]
        let start = Array((texts[format] ?? "").utf8)
        let alphabet = Array("\",\n\r{}:\\e.-0u\u{0}é".utf8)
        var random = SystemRandomNumberGenerator()
        let end = ContinuousClock.now + .seconds(seconds)
        var read = 0
        repeat {
            var bytes = start
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.insert(alphabet.randomElement(using: &random) ?? 0, at: place)
                case _: if bytes.count > 1 { bytes.remove(at: place) }
                }
            }
            func outcome(_ piece: Int) -> Result<[[String?]], LabelledSetError> {
                Result { () throws(LabelledSetError) in Self.rows(try Self.read(bytes, format, piece: piece)) }
            }
            let whole = outcome(1000)
            #expect(outcome(1) == whole, "\(bytes)")
            if case .success = whole { read += 1 }
        } while ContinuousClock.now < end
        #expect(read > 0)
    }
}

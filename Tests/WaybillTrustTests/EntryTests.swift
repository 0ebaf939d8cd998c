import Testing
import WaybillCore
import WaybillTrust

@Suite struct EntryTests {
    static let header = EntryHeader(
        type: "replica.started", phase: .outcome, decision: "0123456789abcdef", cause: 12, time: 1_795_448_165_123,
        environment: "production", subject: "production/\"ch\\urn\"\n", outcome: "succeeded", actor: "controller")

    static func parse(_ text: String) -> EntryHeader? {
        Array(text.utf8).withUnsafeBytes { EntryHeader(parsing: $0) }
    }

    @Test func `a header has exactly the documented bytes`() {
        let text = String(decoding: Self.header.encoded, as: UTF8.self)
        #expect(
            text == #"{"type":"replica.started","phase":"outcome","decision":"0123456789abcdef","cause":12,"#
                + #""time":1795448165123,"environment":"production","subject":"production/\"ch\\urn\"\n","#
                + #""outcome":"succeeded","actor":"controller"}"#)
        #expect(Self.parse(text) == Self.header)
    }

    @Test func `absent members are left out`() {
        let header = EntryHeader(
            type: "t", phase: .fact, decision: "0000000000000000", time: 0, subject: "é😀", actor: "a")
        let text = String(decoding: header.encoded, as: UTF8.self)
        #expect(
            text == #"{"type":"t","phase":"fact","decision":"0000000000000000","time":0,"subject":"é😀","actor":"a"}"#)
        #expect(Self.parse(text) == header)
    }

    @Test(arguments: [
        "", "{}", #"{"phase":"fact"}"#,
        #"{"type":"t","phase":"fact","decision":"0","time":0,"subject":"s","actor":"a"} "#,
        #"{"type":"t","phase":"fact","decision":"0","time":0,"subject":"s","actor":"a","more":1}"#,
        #"{"type":"t","phase":"other","decision":"0","time":0,"subject":"s","actor":"a"}"#,
        #"{"type":"t","phase":"fact","decision":"0","cause":01,"time":0,"subject":"s","actor":"a"}"#,
        #"{"type":"t","phase":"fact","decision":"0","time":-1,"subject":"s","actor":"a"}"#,
        #"{"type":"t","phase":"fact","decision":"0","time":99999999999999999999,"subject":"s","actor":"a"}"#,
        #"{"type":"t", "phase":"fact","decision":"0","time":0,"subject":"s","actor":"a"}"#,
        #"{"phase":"fact","type":"t","decision":"0","time":0,"subject":"s","actor":"a"}"#,
    ])
    func `another form is no header`(text: String) {
        #expect(Self.parse(text) == nil)
    }

    struct Nonsense: Sendable {
        let problem: String
        let header: EntryHeader

        init(_ problem: String, _ change: (inout EntryHeader) -> Void) {
            self.problem = problem
            var header = EntryTests.header
            change(&header)
            self.header = header
        }
    }

    @Test(arguments: [
        Nonsense("its cause, entry 12, does not come before it") { _ in },
        Nonsense("its time lies after the year 9999") { $0.time = 253_402_300_800_000 },
        Nonsense("it has no type") { $0.type = "" },
        Nonsense("its decision is not 16 lowercase hexadecimal digits") { $0.decision = "0123456789ABCDEF" },
        Nonsense("it is an outcome and does not say which") { ($0.cause, $0.outcome) = (1, nil) },
        Nonsense("it is an outcome and names no intent") { $0.cause = nil },
        Nonsense("it is an intent and has an outcome") { ($0.cause, $0.phase) = (1, .intent) },
    ])
    func `nonsense is named`(_ nonsense: Nonsense) {
        #expect(nonsense.header.problem(at: 12) == nonsense.problem)
        #expect(Self.header.problem(at: 13) == nil)
    }

    @Test func `an entry is version, length, header, digest`() throws {
        var writer = ByteWriter()
        writer.append("\t")
        try #require(LedgerEntry.append(to: &writer, header: Self.header.append))
        LedgerEntry.setBodyDigest(.leaf([]), ofEntryBefore: writer.count, in: &writer)
        let bytes = writer.bytes
        let header = Self.header.encoded
        #expect(bytes == [9, 1, 0, UInt8(header.count)] + header + MerkleHash.leaf([]).bytes)
        bytes.dropFirst().withUnsafeBytes { bytes in
            guard case .readable(let parts) = LedgerEntry.parse(bytes) else {
                Issue.record("not readable")
                return
            }
            #expect(Array(parts.header) == header)
            #expect(parts.bodyDigest == .leaf([]))
        }
    }

    @Test func `an entry that no bundle can hold is not appended`() {
        var header = Self.header
        header.subject = ""
        let longest = 65_500 - header.encoded.count
        var bytes = ByteWriter()
        bytes.append("\t")
        header.subject = String(repeating: "a", count: longest + 1)
        let isTaken = LedgerEntry.append(to: &bytes, header: header.append)
        #expect(!isTaken)
        #expect(bytes.bytes == [9])
        header.subject.removeLast()
        let fits = LedgerEntry.append(to: &bytes, header: header.append)
        #expect(fits)
        #expect(bytes.count == 1 + 65_535)
    }

    @Test func `an unknown version is told from a malformed entry`() {
        func kind(_ bytes: [UInt8]) -> String {
            bytes.withUnsafeBytes { bytes in
                switch LedgerEntry.parse(bytes) {
                case .readable: "readable"
                case .unknownVersion(let version): "version \(version)"
                case .malformed: "malformed"
                }
            }
        }
        #expect(kind([2]) == "version 2")
        #expect(kind([]) == "malformed")
        #expect(kind([1, 0, 0]) == "malformed")
        #expect(kind([1, 0, 1] + MerkleHash.empty.bytes) == "malformed")
        #expect(kind([1, 0, 0] + MerkleHash.empty.bytes) == "readable")
    }

    @Test func `a sealed body is salt and body, and zeros when erased`() {
        var sealed = ByteWriter()
        SealedBody.append(salt: (1, 2), to: &sealed) { $0.append("body") }
        #expect(sealed.count == 20)
        sealed.withBytes {
            #expect(Array(SealedBody.body(of: $0)) == Array("body".utf8))
            #expect(!SealedBody.isErased($0))
        }
        [UInt8](repeating: 0, count: 20).withUnsafeBytes { #expect(SealedBody.isErased($0)) }
    }
}

@Suite struct JSONScannerTests {
    @Test(
        arguments: [
            ("null", .null), (" [1, -2, 3.5, 1e3] ", [1, -2, .number(3.5), .number(1000)]),
            (#"{"a":{"b":[true,false]},"c":""}"#, ["a": ["b": [true, false]], "c": ""]),
            (#""\u00e9\ud83d\ude00\n\/""#, "é😀\n/"), ("0", 0), ("-0", 0), ("1.0", .number(1)),
            ("9223372036854775807", .integer(.max)), ("9223372036854775808", .number(9_223_372_036_854_775_808)),
        ] as [(String, Value)])
    func `documents are read`(text: String, value: Value) {
        #expect(Value(json: text.utf8) == value)
    }

    @Test(arguments: [
        "", "nul", "01", "1.", "1e", "-", "+1", "[1,]", "[1 2]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{a:1}",
        "\"\u{1}\"", "\"a",
        "\"\\x\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\u12g4\"", "1 2", "1e999",
        "[" + String(repeating: "[", count: 100_000),
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(Value(json: text.utf8) == nil)
    }

    @Test func `what is written is read again`() {
        let value: Value = [
            "text": "a\"\\\n\u{7f}é😀", "list": [1, .number(1.5), .number(1e300), true, .null], "empty": [:], "none": [],
        ]
        #expect(Value(json: value.json.utf8) == value)
        #expect(Value(json: value.prettyJSON.utf8) == value)
        var bytes = ByteWriter()
        JSONWriter.append(value, to: &bytes)
        #expect(String(decoding: bytes.bytes, as: UTF8.self) == value.json)
    }

    @Test(arguments: (0...0x7F).map { UInt8($0) } + [0xC3])
    func `the ledger writes each byte at each place as JSON does`(_ byte: UInt8) {
        let character = byte == 0xC3 ? "é" : String(decoding: [byte], as: UTF8.self)
        for length in 0..<20 {
            for place in 0...length {
                let text =
                    String(repeating: "a", count: place) + character + String(repeating: "z", count: length - place)
                var bytes = ByteWriter()
                JSONWriter.append(string: text, to: &bytes)
                #expect(String(decoding: bytes.bytes, as: UTF8.self) == Value.string(text).json)
            }
        }
    }

    @Test func `members stand in the order of their names' bytes`() {
        let value: Value = [
            "é": 1, "z": -20, "a long name of more than fifteen": .integer(.min), "a": .integer(.max), "": 0, "A": 105,
        ]
        var bytes = ByteWriter()
        JSONWriter.append(value, to: &bytes)
        #expect(
            String(decoding: bytes.bytes, as: UTF8.self)
                == #"{"":0,"A":105,"a":9223372036854775807,"a long name of more than fifteen":-9223372036854775808,"z":-20,"é":1}"#
        )
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        #expect(Value(json: [0x22, 0xFF, 0x22]) == nil)
        #expect(Value(json: [0x22, 0x5C, 0x6E, 0xFF, 0x22]) == nil)
    }
}

@Suite struct ByteWriterTests {
    @Test func `bytes stand as they were appended, however much room was expected`() {
        var expected: [UInt8] = []
        var writer = ByteWriter(capacity: 0)
        for number in 0..<300 {
            let piece = [UInt8](repeating: UInt8(number & 255), count: number % 70)
            piece.withUnsafeBytes { writer.append($0) }
            writer.append("é")
            writer.append(UInt8(ascii: "x"))
            writer.append(utf8: "\(number)")
            writer.leaveRoom(2)
            [UInt8(1), 2].withUnsafeBytes { writer.set($0, at: writer.count - 2) }
            expected += piece + Array("éx\(number)".utf8) + [1, 2]
            #expect(writer.count == expected.count)
        }
        #expect(writer.bytes == expected)
        writer.truncate(to: 5)
        writer.append("z")
        #expect(writer.bytes == Array(expected.prefix(5)) + [UInt8(ascii: "z")])
    }
}

import Testing
import WaybillCore

/// TOML, as far as locks need it and a little further.
@Suite struct TOMLTests {
    private func read(_ text: String) throws(InvalidInput) -> Value { try TOMLReader.read(Array(text.utf8)) }

    @Test(
        arguments: [
            ("a = 1", ["a": 1]), ("a = -17\nb = 0x1F\nc = 1_000", ["a": -17, "b": 31, "c": 1000]),
            ("a = 1.5\nb = 2e3", ["a": .number(1.5), "b": .number(2000)]),
            ("a = true\r\nb = false", ["a": true, "b": false]),
            (#"a = "x\ty\u00e9\"" # said"#, ["a": "x\tyé\""]), (#"a = 'C:\no'"#, ["a": #"C:\no"#]),
            ("a = \"\"\"\none \\\n   two\n\"\"\"", ["a": "one two\n"]), ("a = '''x\n''y'''", ["a": "x\n''y"]),
            ("a = [1, [2,\n # why\n 3],]", ["a": [1, [2, 3]]]),
            ("a = {b = 1, c.d = 'x'}", ["a": ["b": 1, "c": ["d": "x"]]]),
            ("a.b = 1\na.c = 2", ["a": ["b": 1, "c": 2]]),
            ("[a.b]\nc = 1\n[a]\nd = 2", ["a": ["b": ["c": 1], "d": 2]]),
            ("[[a]]\nb = 1\n[[a]]\nb = 2\n[a.c]\nd = 3", ["a": [["b": 1], ["b": 2, "c": ["d": 3]]]]),
            (
                "a = 1979-05-27T07:32:00Z\nb = 1979-05-27 07:32:00",
                ["a": "1979-05-27T07:32:00Z", "b": "1979-05-27 07:32:00"]
            ),
            ("\"a b\".'c' = 1", ["a b": ["c": 1]]), ("", [:]), ("# only\n\n", [:]),
        ] as [(String, Value)])
    func `values are read`(_ text: String, _ value: Value) throws {
        #expect(try read(text) == value)
    }

    @Test(
        arguments: [
            ("a = 1\na = 2", "line 2: 'a' is written twice"), ("[a]\n[a]", "line 2: 'a' is written twice"),
            ("a = 1\n[a.b]", "line 2: 'a' is written twice"), ("[[a]]\n[a]", "line 2: 'a' is written twice"),
            ("a = {b = 1}\n[a.c]", "line 2: 'a' is written twice"), ("a", "line 1: expected '='"),
            ("a =", "line 1: expected a value"), ("= 1", "line 1: expected a name"),
            ("a = 1 b = 2", "line 1: expected the end of the line"), ("a = \"x", "line 1: a text has no end"),
            ("a = \"x\ny\"", "line 1: a text has no end"), ("\n\na = '''x", "line 3: a text has no end"),
            (#"a = "\q""#, "line 1: an escape in a text is none"),
            (#"a = "\uD800""#, "line 1: an escape in a text is none"),
            ("a = [1", "line 1: expected ']'"), ("a = {b = 1", "line 1: expected '}'"), ("[a", "line 1: expected ']'"),
            ("[[a]\n", "line 1: expected ']]'"), ("a = 01", "line 1: '01' is no value"),
            ("a = 1__0", "line 1: '1__0' is no value"),
            ("a = 99999999999999999999", "line 1: '99999999999999999999' is no value"),
            ("a = maybe", "line 1: 'maybe' is no value"), ("a = \"\u{1}\"", "line 1: a text has a control character"),
        ])
    func `what is wrong is said with its line`(_ text: String, _ message: String) {
        #expect(throws: InvalidInput(message)) { try read(text) }
    }

    @Test func `depth is bounded`() {
        for text in [
            "a = " + String(repeating: "[", count: 100_000), "a = " + String(repeating: "{b = ", count: 10_000),
            "[" + String(repeating: "a.", count: 10_000) + "a]",
            (0..<100).map { "[" + String(repeating: "a.", count: $0) + "a]" }.joined(separator: "\n"),
        ] {
            #expect(throws: InvalidInput.self) { try read(text) }
        }
    }

    @Test func `bytes that are no text are refused`() {
        #expect(throws: InvalidInput("line 1: is not UTF-8 text")) { try TOMLReader.read([0x61, 0xFF]) }
    }
}

import Testing
import WaybillCore

struct DiagnosticTextTests {
    @Test(
        arguments: [
            ("模型: b", 5, 1, "  1 | 模型: b\n    |       ^"),
            ("a: 模型", 4, 2, "  1 | a: 模型\n    |    ^~~~"),
            ("e\u{301}e\u{301}: b", 7, 1, "  1 | e\u{301}e\u{301}: b\n    |     ^"),
            ("a: ｂ😀c", 6, 1, "  1 | a: ｂ😀c\n    |        ^"),
            ("a:\tb", 4, 1, "  1 | a: b\n    |    ^"),
            ("ab", 3, 1, "  1 | ab\n    |   ^"),
        ])
    func `the caret stands under what it means`(_ line: String, _ column: Int, _ length: Int, _ expected: String) {
        let diagnostic = Diagnostic(
            location: SourceLocation(path: "a", line: 1, column: column), rule: "limit", message: "m", line: line,
            length: length)
        #expect(DiagnosticText.text(diagnostic) == "a:1:\(column): error: m\n" + expected)
    }
}

import Testing
import WaybillCore

@testable import WaybillManifest

/// What is promised to be read is read to its last byte, level, node and document; one more is refused.
@Suite struct YAMLBoundsTests {
    struct Bound: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var limit: Int
        /// A file that has so many of it.
        var file: @Sendable (Int) -> String
        /// Of the file with one more.
        var refusal: String
    }

    static let bounds = [
        Bound(
            testDescription: "bytes", limit: 1_048_576, file: { "a: b\n" + String(repeating: "#", count: $0 - 5) },
            refusal: "the file has 1048577 bytes; at most 1048576 are read"),
        Bound(
            testDescription: "levels", limit: 64,
            file: { String(repeating: "[", count: $0) + String(repeating: "]", count: $0) },
            refusal: "the document is nested more than 64 levels deep"),
        Bound(
            testDescription: "nodes", limit: 10_000,
            file: { "[" + Array(repeating: "a", count: $0 - 1).joined(separator: ",") + "]" },
            refusal: "the document has more than 10000 nodes"),
        Bound(
            testDescription: "nodes by aliases", limit: 10_000,
            file: {
                "- &a [" + Array(repeating: "x", count: $0 / 2 - 1).joined(separator: ",") + "]\n- *a\n- *a\n"
                    + ($0 % 2 == 0 ? "" : "- &b y\n- *b\n")
            },
            refusal: "the document's aliases stand for more than 10000 nodes"),
        Bound(
            testDescription: "documents", limit: 10_000, file: { String(repeating: "--- a\n", count: $0) },
            refusal: "the file has more than 10000 documents"),
        Bound(
            testDescription: "directives", limit: 64,
            file: { (0..<$0).map { "%TAG !a\($0)! b\n" }.joined() + "---\na\n" },
            refusal: "the file has 65 lines that begin with '%'; at most 64 are read"),
    ]

    @Test(arguments: bounds) func `the last one is read, one more is refused`(_ bound: Bound) {
        var documents = 0
        let problems = Self.read(bound.file(bound.limit)) { documents += 1 }
        #expect(problems == [])
        #expect(documents > 0)
        #expect(Self.read(bound.file(bound.limit + 1)) {} == [bound.refusal])
    }

    private static func read(_ text: String, _ body: () -> Void) -> [String] {
        YAMLReader.read(SourceText(path: "a.yaml", bytes: Array(text.utf8)), YAMLLimits()) { _ in body() }.map(
            \.message)
    }
}

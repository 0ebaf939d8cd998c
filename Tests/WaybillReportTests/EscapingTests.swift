import Foundation
import Testing
import WaybillCore
import WaybillReport
import WaybillTestSupport

/// Text that others wrote, in Markdown that a real reader reads and in HTML.
@Suite struct EscapingTests {
    struct Hostile: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var text: String

        init(_ name: String, _ text: String) { (testDescription, self.text) = (name, text) }
    }

    static let samples = [
        Hostile("a mention", "@root and @org/team"),
        Hostile("an issue", "#12, GH-12, org/repo#12, !12, ~label, %3, $7"),
        Hostile("a link", "[x](https://evil.example)"), Hostile("a reference link", "[x]: https://evil.example"),
        Hostile("an image", "![x](https://evil.example/p.png)"),
        Hostile("an address", "https://evil.example www.evil.example"),
        Hostile("an address in angles", "<https://evil.example>"),
        Hostile("mail", "a@evil.example mailto:a@evil.example"),
        Hostile("HTML", "<img src=x onerror=alert(1)><b>x</b><!-- x -->"),
        Hostile("the end of folding", "</details></summary>"), Hostile("an entity", "&lt;b&gt; &#64;root &amp;"),
        Hostile("a heading", "# head"), Hostile("an underlined heading", "===="), Hostile("a line across", "---"),
        Hostile("an item", "- x"), Hostile("an item with a plus", "+ x"), Hostile("a star", "* x"),
        Hostile("a number", "1. x"), Hostile("a number with a bracket", "12) x"), Hostile("a task", "- [x] done"),
        Hostile("a quote", "> x"), Hostile("code", "`x` ``y`` ```z"), Hostile("indented code", "        x"),
        Hostile("a fence", "~~~\nx"), Hostile("the end of a cell", "a | b || c"), Hostile("a backslash", "a\\| b \\"),
        Hostile("bold", "**b** __b__ *i* _i_ ~~s~~"), Hostile("a formula", "$x$ $$y$$"),
        Hostile("lines", "a\n\n# b\r\n| c |\u{2028}d\u{85}e"), Hostile("a direction", "a\u{202E}b\u{2066}c\u{200F}"),
        Hostile("controls", "a\u{0}b\u{1B}[31mc\u{7}"), Hostile("an emoji's name", ":tada:"),
        Hostile("a table", "a | b\n--- | ---"),
        Hostile("a footnote", "[^1] [^1]: x"), Hostile("an invisible mention", "\u{200B}@root\u{FEFF}"),
        Hostile("attributes", "\" onmouseover=\"alert(1)' x='"),
        Hostile("a script", "</style><script>alert(1)</script>"),
    ]

    private struct Read: Decodable {
        var types: [String]
        var text: String
        var codes: [String]
    }

    private static let lock = """
        linkify-it-py==2.2.0
        markdown-it-py==4.3.0
        mdurl==0.1.2

        """

    private func read(_ texts: [String]) async throws -> [Read] {
        let python = try await PythonSuite.environment(lock: Self.lock).appending(path: "bin/python").path
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "render.py").path
        let lines = FileManager.default.temporaryDirectory.appending(path: "waybill-render-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: lines) }
        try Data(texts.map { Value.string($0).json + "\n" }.joined().utf8).write(to: lines)
        let run = try ChildProgram.runNow(
            ["/bin/sh", "-c", "exec \"$0\" \"$1\" < \"$2\"", python, script, lines.path],
            environment: ["PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8"])
        try #require(run.status == 0, "\(run.errors)")
        return try run.output.split(separator: "\n").map { try JSONDecoder().decode(Read.self, from: Data($0.utf8)) }
    }

    /// What a document of one paragraph, one item, one cell and one summary may come to.
    private static func document(_ text: String) -> Document {
        Document(
            title: text,
            [
                .paragraph([.text(text), " ", .strong(text), " ", .code(text), " ", .mark(.good, text)]),
                .items([[.text(text)]]),
                .steps([[.text(text)]]), .table(.init([text, "b"], [[[.text(text)], [.code(text)]]])),
                .notice(.bad, [.text(text)]), .details(text, [.paragraph([.text(text)])]),
            ])
    }

    @Test func `hostile text is plain text to a reader of Markdown`() async throws {
        let read = try await read(Self.samples.map(\.text.asMarkdown))
        try #require(read.count == Self.samples.count)
        for (sample, found) in zip(Self.samples, read) {
            let known = ["paragraph_open", "inline", "text", "paragraph_close", "text_special"]
            #expect(Set(found.types).subtracting(known) == [], "\(sample.testDescription): \(found.types)")
        }
    }

    @Test func `hostile text changes nothing in the shape of a document`() async throws {
        let (documents, plain) = (Self.samples.map { Self.document($0.text) }, Self.document("plain"))
        let read = try await read((documents + [plain]).map(MarkdownWriter.text))
        let shape = { (found: Read) in
            found.types.filter { !["text", "text_special", "code_inline"].contains($0) && !$0.hasPrefix("html:") }
        }
        let expected = shape(try #require(read.last))
        for (sample, found) in zip(Self.samples, read) {
            let differs = zip(shape(found), expected).map { "\($0) \($1)" }.first {
                $0.split(separator: " ")[0] != $0.split(separator: " ")[1]
            }
            #expect(shape(found) == expected, "\(sample.testDescription): \(differs ?? "")")
            let html = Set(
                found.types.filter { $0.hasPrefix("html:") }.flatMap {
                    $0.matches(of: /<\/?[a-z!]+/).map { String($0.output) }
                })
            #expect(html.isSubset(of: ["<details", "<summary", "</summary", "</details"]), "\(sample.testDescription)")
        }
    }

    @Test(arguments: samples)
    func `no reference that forges look for is left whole`(_ sample: Hostile) {
        let text = MarkdownWriter.text(Self.document(sample.text)).replacing(/`[^`\n]*`/, with: "")
        for pattern in [/@[A-Za-z]/, /#[0-9]/, /![0-9]/, /GH-[0-9]/, /https?:\/\//, /www\./, /mailto:[a-z]/] {
            #expect(text.firstMatch(of: pattern) == nil, "\(text)")
        }
        let wild = text.unicodeScalars.filter { scalar in
            let kind = scalar.properties.generalCategory
            return scalar != "\n" && scalar != "\u{200B}"
                && (kind == .control || kind == .format || kind == .lineSeparator)
        }
        #expect(wild.isEmpty)
    }

    @Test(arguments: samples)
    func `hostile text is plain text in HTML`(_ sample: Hostile) throws {
        let page = HTMLWriter.text(Self.document(sample.text))
        let plain = HTMLWriter.text(Self.document("plain"))
        let tags = { (text: String) in text.matches(of: /<[^>]*>/).map { String($0.output) } }
        #expect(tags(page) == tags(plain))
        #expect(!page.unicodeScalars.contains { $0.properties.generalCategory == .format })
    }

    @Test func `a page loads and runs nothing, and names the digest of its style`() throws {
        let page = HTMLWriter.text(Self.document("x"))
        let style = try #require(page.firstMatch(of: /<style>([\s\S]*)<\/style>/)).output.1
        var bytes = Data()
        var hex = Substring(Digest(of: style.utf8).hex)
        while let byte = UInt8(hex.prefix(2), radix: 16) {
            bytes.append(byte)
            hex = hex.dropFirst(2)
        }
        #expect(page.contains("content=\"default-src 'none'; style-src 'sha256-\(bytes.base64EncodedString())'; "))
        for word in ["<script", "src=", "href=", "url(", "http:", "https:", " style=", "@import"] {
            #expect(!page.contains(word), "\(word)")
        }
    }

    @Test func `what a reader sees is what was written`() {
        let hostile = "x | y\n# head @team #12 ![i](http://e) <b> `c` www.e.org **b**"
        #expect(
            hostile.asMarkdown.replacing("\u{200B}", with: "")
                == "x \\| y\\\\u{a}# head @team #12 \\!\\[i\\](http://e) &lt;b&gt; \\`c\\` www.e.org \\*\\*b\\*\\*")
        #expect("<a href='x'>\u{202E}".asHTML == "&lt;a href=&#39;x&#39;&gt;\\u{202e}")
    }
}

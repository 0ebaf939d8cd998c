import Testing
import WaybillCore

@Suite struct IdentifierTests {
    @Test(arguments: ["a", "churn-2", String(repeating: "a", count: 63)])
    func `names are RFC 1123 labels`(_ text: String) throws { #expect(try Name(parsing: text).text == text) }

    @Test(arguments: ["", "-a", "a-", "A", "a_b", "a.b", String(repeating: "a", count: 64), "é", "１"])
    func `other names are refused`(_ text: String) { #expect(throws: InvalidInput.self) { try Name(parsing: text) } }

    @Test(arguments: ["0.0.0", "1.4.0", "1.0.0-alpha.1", "1.0.0-0A.is.legal", "1.0.0+20130313144700", "1.0.0--.x+-.0"])
    func `versions are SemVer`(_ text: String) throws {
        #expect(try SemanticVersion(parsing: text).description == text)
    }

    @Test(arguments: [
        "", "1", "1.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0+", "v1.0.0", "1.0.0.0", "１.0.0", "1.0.0-a..b",
    ])
    func `other versions are refused`(_ text: String) {
        #expect(throws: InvalidInput.self) { try SemanticVersion(parsing: text) }
    }

    @Test func `versions are ordered as SemVer says`() throws {
        let ordered = [
            "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0",
            "1.9.0", "1.10.0",
        ]
        let versions = try ordered.map { try SemanticVersion(parsing: $0) }
        #expect(versions.shuffled().sorted() == versions)
    }

    @Test(arguments: [
        "sha256:", "sha256:" + String(repeating: "A", count: 64), "sha256:" + String(repeating: "０", count: 64),
        "md5:x",
    ])
    func `other digests are refused`(_ text: String) {
        #expect(throws: InvalidInput.self) { try Digest(parsing: text) }
    }

    @Test func `a digest is that of its bytes`() {
        #expect(Digest(of: []).description == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }
}

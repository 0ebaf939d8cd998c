import Testing
import WaybillCore

@testable import WaybillGateway

/// What is left out of bodies.
@Suite struct BodySelectionTests {
    private static func kept(
        _ body: String, redact: [String] = [], features: [String] = [], isRequest: Bool = true,
        speaking: String = "http"
    ) -> String? {
        let policy = RecordingPolicy(mode: .bestEffort, redact: redact, features: features)
        let selection = BodySelection(policy, speaking: speaking)
        guard var tree = JSONTree(Array(body.utf8)) else { return nil }
        selection.applied(to: &tree, isRequest: isRequest)
        return String(decoding: tree.text(of: tree.root), as: UTF8.self)
    }

    @Test(arguments: [
        ("{\"a\": 1, \"b\": [1.0, 2e3]}", ["/a"], "{\"a\":null,\"b\":[1.0,2e3]}"),
        ("{\"a\": 1, \"b\": [1.0, 2e3]}", ["/b/1"], "{\"a\":1,\"b\":[1.0,null]}"),
        (
            "{\"a\": 1, \"b\": [{\"n\": \"x\"}, {\"n\": \"y\"}]}", ["/b/*/n"],
            "{\"a\":1,\"b\":[{\"n\":null},{\"n\":null}]}"
        ),
        ("{\"a/b\": 1, \"c~d\": 2}", ["/a~1b", "/c~0d"], "{\"a/b\":null,\"c~d\":null}"),
        ("{\"\\u0061\": 1}", ["/a"], "{\"\\u0061\":null}"),
        ("{\"a\": 1, \"a\": 2}", ["/a"], "{\"a\":null,\"a\":null}"),
        ("{\"\": {\"x\": 1}}", ["//x"], "{\"\":{\"x\":null}}"),
        ("[1, 2]", ["/2", "/x", "/0/0"], "[1,2]"),
        ("12345678901234567890.5", ["/a"], "12345678901234567890.5"),
    ])
    func `what pointers name is null, all else byte for byte`(body: String, redact: [String], kept: String) {
        #expect(Self.kept(body, redact: redact) == kept)
    }

    @Test func `features are members of a request, or input tensors by name`() {
        let body = "{\"age\":1,\"name\":\"Ada\",\"city\":\"X\"}"
        #expect(Self.kept(body, features: ["age", "city"]) == "{\"age\":1,\"city\":\"X\"}")
        #expect(Self.kept(body, features: ["age"], isRequest: false) == body)
        let tensors = "{\"id\":\"7\",\"inputs\":[{\"name\":\"age\",\"data\":[1]},{\"name\":\"ssn\",\"data\":[2]}]}"
        #expect(
            Self.kept(tensors, features: ["age"], speaking: "oip-v2")
                == "{\"id\":\"7\",\"inputs\":[{\"name\":\"age\",\"data\":[1]}]}")
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "01", "1.", "+1", "nul", "\"a", "\"\u{1}\"", "[1] 2", "{a:1}", "-",
        "\"\\x\":1", String(repeating: "[", count: 5_000),
    ])
    func `what is no JSON is not taken for it`(text: String) {
        #expect(JSONTree(Array(text.utf8)) == nil)
    }

    @Test(arguments: [
        ("{\"inputs\":[{\"name\":\"a\",\"shape\":[3,2]}]}", 3), ("{\"inputs\":[{\"shape\" : [ 12 ]}]}", 12),
        ("{}", 1), ("{\"shape\":[]}", 1), ("{\"shape\":", 1), ("{\"shape", 1), ("\"shape\"", 1), ("", 1),
        ("{\"shape\":[99999999999999999999]}", 1_000_000_000),
    ])
    func `a batch is told by its first shape`(body: String, count: Int) {
        #expect(Array(body.utf8).withUnsafeBytes { TensorBatch.count($0) } == count)
    }
}

import Testing
import WaybillCore

@testable import WaybillPackage

@Suite struct `References of registries` {
    private static let digest = "sha256:" + String(repeating: "a", count: 64)

    @Test(
        arguments: [
            ("registry.example/team/churn", "registry.example", "team/churn", nil, false),
            ("localhost/churn:1.4.0", "localhost", "churn", "1.4.0", false),
            ("127.0.0.1:5000/churn:v1_2.3-x", "127.0.0.1:5000", "churn", "v1_2.3-x", false),
            ("[::1]:5000/a/b__c/d---e", "[::1]:5000", "a/b__c/d---e", nil, false),
            ("registry.example:443/churn:1.4.0@\(digest)", "registry.example:443", "churn", "1.4.0", true),
            ("registry.example/churn@\(digest)", "registry.example", "churn", nil, true),
        ] as [(String, String, String, String?, Bool)])
    func `sound references are read and written back`(
        _ text: String, _ registry: String, _ repository: String, _ tag: String?, _ hasDigest: Bool
    ) throws {
        let reference = try ImageReference(parsing: text)
        #expect(reference.registry == registry)
        #expect(reference.repository == repository)
        #expect(reference.tag == tag)
        #expect((reference.digest != nil) == hasDigest)
        #expect(reference.description == text)
    }

    @Test(arguments: [
        ("churn", "'churn' names no registry; expected REGISTRY/REPOSITORY as in 'registry.example/team/churn'"),
        (
            "team/churn",
            "'team/churn': 'team' is not the name of a registry; write its host first, as in 'registry.example/team'"
        ),
        (
            "registry.example/Team/churn",
            "'registry.example/Team/churn': 'Team/churn' is no repository; a repository has lowercase letters, digits, "
                + "'/', and '.', '_', '-' between them"
        ),
        (
            "registry.example/a..b",
            "'registry.example/a..b': 'a..b' is no repository; a repository has lowercase letters, digits, '/', and "
                + "'.', '_', '-' between them"
        ),
        (
            "registry.example/churn:-x",
            "'registry.example/churn:-x': '-x' is no tag; up to 128 letters, digits, '_', '.' and '-', the first none "
                + "of the last two"
        ),
        (
            "registry.example:99999/churn",
            "'registry.example:99999/churn': the port of 'registry.example:99999' is no number from 1 to 65535"
        ),
        (
            "registry.example/churn@sha256:12",
            "'sha256:12' is not a digest; expected 'sha256:' and 64 lowercase hex digits"
        ),
        (
            "user:secret@registry.example/churn",
            "'registry.example/churn' is not a digest; expected 'sha256:' and 64 lowercase hex digits"
        ),
    ])
    func `others are refused`(_ text: String, _ message: String) {
        #expect(throws: InvalidInput(message)) { try ImageReference(parsing: text) }
    }

    @Test func `a source names a file in an artifact`() throws {
        let address = try OCIAddress(parsing: "oci://registry.example/churn@\(Self.digest)#model/a.onnx")
        #expect(address.path == "model/a.onnx")
        #expect(!address.isMutable)
        #expect(address.description == "oci://registry.example/churn@\(Self.digest)#model/a.onnx")
        #expect(throws: InvalidInput("'../a' leads out of its folder by '..'")) {
            try OCIAddress(parsing: "oci://registry.example/churn@\(Self.digest)#../a")
        }
    }

    @Test func `a source that names a tag alone is refused with what mends it`() throws {
        let text = "oci://registry.example/churn:1.4.0#model.onnx"
        #expect(
            throws: InvalidInput(
                "'\(text)' names the tag '1.4.0', whose bytes can change; run 'waybill pin PATH', which writes the "
                    + "digest beside it")
        ) { try ArtifactSource(parsing: text) }
        let pinned = try OCIAddress(parsing: text).pinned(to: try Digest(parsing: Self.digest))
        #expect(pinned.description == "oci://registry.example/churn:1.4.0@\(Self.digest)#model.onnx")
        guard case .remote = try ArtifactSource(parsing: pinned.description) else {
            Issue.record("no remote source")
            return
        }
    }
}

@Suite struct `What registries say` {
    @Test(
        arguments: [
            (
                [
                    #"Bearer realm="https://auth.example/token",service="registry.example",scope="repository:churn:pull,push""#
                ],
                .bearer(
                    realm: "https://auth.example/token", service: "registry.example",
                    scope: "repository:churn:pull,push")
            ),
            ([#"Basic realm="a \"registry\"""#], .basic),
            (
                [#"basic realm=plain, BEARER realm=https://auth.example/t"#],
                .bearer(realm: "https://auth.example/t", service: nil, scope: nil)
            ),
            (["Negotiate", "Basic realm=\"x\""], .basic),
            (["Bearer service=\"no realm\""], nil),
            (["Bearer realm=\"no end"], nil),
            (["="], nil), ([], nil), ([String(repeating: "a", count: 9000)], nil),
        ] as [([String], Challenge?)])
    func `challenges are read`(_ headers: [String], _ expected: Challenge?) {
        #expect(Challenge.best(of: headers) == expected)
    }

    @Test(arguments: [
        ("[", "here: its manifest is no JSON"),
        (
            #"{"schemaVersion":1}"#,
            "here: its manifest is of schema version 1, which names no digests; push it again with a newer tool"
        ),
        (
            #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#,
            "here: the registry says that its manifest is 'application/vnd.oci.image.manifest.v1+json', and the manifest says "
                + "'application/vnd.oci.image.index.v1+json'"
        ),
        (
            #"{"schemaVersion":2,"config":{},"layers":[]}"#, "here: its manifest has no config"
        ),
        (
            #"{"schemaVersion":2,"layers":{}}"#, "here: its manifest has no list of layers, or more than 10000"
        ),
        (
            #"{"schemaVersion":2,"layers":[{"mediaType":"a","digest":"md5:00","size":1}]}"#,
            "here: an item of its manifest has no media type, digest (SHA-256) or size"
        ),
        (
            #"{"schemaVersion":2,"layers":[{"mediaType":"a","digest":"sha256:\#(String(repeating: "0", count: 64))","size":-1}]}"#,
            "here: an item of its manifest has no media type, digest (SHA-256) or size"
        ),
    ])
    func `unsound manifests are refused`(_ text: String, _ message: String) {
        #expect(throws: Failure(.stall, reason: "ManifestUnsound", message: message)) {
            try RegistryManifest(parsing: Array(text.utf8), mediaType: ModelPack.manifestType, place: "here")
        }
    }
}

import Foundation
import Testing
import WaybillCore

import enum Crypto.P256

@testable import WaybillTrust

@Suite struct Attestations {
    private static func message(_ body: () throws -> Void) -> String {
        do { try body() } catch { return "\(error)" }
        return "nothing was thrown"
    }

    private static func digest(_ text: String) -> Digest { Digest(of: text.utf8) }

    private static let files = ["a/b", "a-b", "a.txt"].map {
        ModelManifest.File(path: $0, digest: digest($0))
    }

    @Test func `the encoding is that of the specification`() {
        let bytes = Envelope.encoding(type: "http://example.com/HelloWorld", payload: Array("hello world".utf8))
        #expect(String(decoding: bytes, as: UTF8.self) == "DSSEv1 29 http://example.com/HelloWorld 11 hello world")
    }

    @Test func `either alphabet of base64 is read`() throws {
        let json = #"{"payloadType":"t","payload":"-_-_","signatures":[{"sig":"+/+/","keyid":null}]}"#
        let envelope = try Envelope(parsing: Array(json.utf8))
        #expect(envelope.payload == [0xFB, 0xFF, 0xBF])
        #expect(envelope.signatures == [Envelope.Signature(bytes: [0xFB, 0xFF, 0xBF])])
    }

    @Test(arguments: [
        ("", "not a DSSE envelope: no JSON document of at most 16 MiB"),
        ("{}", "not a DSSE envelope: it needs 'payloadType', 'payload' and 'signatures'"),
        (#"{"payloadType":"t","payload":"!","signatures":[]}"#, "not a DSSE envelope: its payload is not base64"),
        (
            #"{"payloadType":"t","payload":"","signatures":[]}"#,
            "not a DSSE envelope: it has 0 signatures; expected 1 to 64"
        ),
        (
            #"{"payloadType":"t","payload":"","signatures":[{"sig":""}]}"#,
            "not a DSSE envelope: a signature is not base64"
        ),
        (
            #"{"payloadType":"t","payload":"","payload":"","signatures":[]}"#,
            "not a DSSE envelope: no JSON document of at most 16 MiB"
        ),
    ])
    func `an envelope that is none is refused`(json: String, message: String) {
        #expect(Self.message { _ = try Envelope(parsing: Array(json.utf8)) } == message)
    }

    @Test(arguments: [
        ("[]", "not an in-toto statement: no JSON document with '_type'"),
        (
            #"{"_type":"https://in-toto.io/Statement/v0.1"}"#,
            "not an in-toto statement of version 1: its type is 'https://in-toto.io/Statement/v0.1'"
        ),
        (
            #"{"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"x"}"#,
            "not an in-toto statement: it needs 'subject' and 'predicateType'"
        ),
        (
            #"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"x"}],"predicateType":"x"}"#,
            "not an in-toto statement: a subject has no digest"
        ),
    ])
    func `a statement that is none is refused`(json: String, message: String) {
        #expect(Self.message { _ = try Statement(parsing: Array(json.utf8)) } == message)
    }

    @Test(arguments: [
        ("{}", "not a Sigstore bundle: no JSON document of at most 16 MiB with 'mediaType'"),
        (
            #"{"mediaType":"x"}"#,
            "a Sigstore bundle of the type 'x'; expected 'application/vnd.dev.sigstore.bundle.v0.3+json'"
        ),
        (
            #"{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}"#,
            "not a Sigstore bundle: 'verificationMaterial' is missing"
        ),
        (
            #"{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"certificate":{}}}"#,
            "this Sigstore bundle is signed with a certificate; only signatures by keys are read"
        ),
        (
            #"{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{}}}"#,
            "this Sigstore bundle holds no DSSE envelope"
        ),
    ])
    func `a Sigstore bundle that is none is refused`(json: String, message: String) {
        #expect(Self.message { _ = try SigstoreBundle(parsing: Array(json.utf8)) } == message)
    }

    @Test func `a model's signature survives its bytes on each curve`() throws {
        let manifest = ModelManifest(name: "churn", files: Self.files, bundle: Self.digest("manifest"))
        let keys: [ECPrivateKey] = [.p256(.init()), .p384(.init()), .p521(.init())]
        for key in keys {
            let bundle = try SigstoreBundle(signing: manifest.statement, by: key)
            let read = try SigstoreBundle(parsing: bundle.bytes)
            #expect(read == bundle)
            #expect(try ModelManifest(try read.verify(by: key.publicKey)) == manifest)
            let other = ECPrivateKey.p256(.init()).publicKey
            #expect(Self.message { _ = try read.verify(by: other) } == "it is signed by another key")
            var unhinted = read
            unhinted.keyHint = nil
            #expect(try unhinted.verify(by: key.publicKey) == manifest.statement)
            #expect(Self.message { _ = try unhinted.verify(by: other) } == "its signature does not fit its payload")
            var altered = read
            altered.envelope.payload[20] ^= 1
            #expect(
                Self.message { _ = try altered.verify(by: key.publicKey) } == "its signature does not fit its payload")
        }
    }

    @Test func `files are ordered as the specification says, and read as they are listed`() throws {
        let manifest = ModelManifest(name: "m", files: Self.files, bundle: nil)
        #expect(manifest.files.map(\.path) == ["a-b", "a.txt", "a/b"])
        #expect(manifest.order == .specified)
        var other = manifest
        other.files = Self.files
        #expect(try ModelManifest(other.statement) == other)
        #expect(other.order == .byComponents)
        #expect(other.statement.subjects != manifest.statement.subjects)
        other.files = [Self.files[2], Self.files[0], Self.files[1]]
        #expect(try ModelManifest(other.statement).order == .neither)
    }

    struct Hostile: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout Statement) -> Void
        let message: String
    }

    private static func resource(_ name: String, _ digest: String, _ algorithm: String = "sha256") -> Value {
        ["name": .string(name), "digest": .string(digest), "algorithm": .string(algorithm)]
    }

    private static func with(_ name: String, _ value: Value, in statement: inout Statement) {
        var predicate = statement.predicate.object ?? [:]
        predicate[name] = value
        statement.predicate = .object(predicate)
    }

    static let hostile: [Hostile] = [
        Hostile(
            testDescription: "another predicate", change: { $0.predicateType = "x" },
            message: "it signs 'x'; expected 'https://model_signing/signature/v1.0'"),
        Hostile(
            testDescription: "two subjects", change: { $0.subjects += $0.subjects },
            message: "a model's signature has one subject with a SHA-256 digest"),
        Hostile(
            testDescription: "shards", change: { with("serialization", ["method": "shards"], in: &$0) },
            message: "it signs shards or other hashes; only whole files by SHA-256 are compared with a bundle"),
        Hostile(
            testDescription: "no files", change: { with("resources", "none", in: &$0) },
            message: "it lists no files, or more than 100000"),
        Hostile(
            testDescription: "a short digest", change: { with("resources", [resource("a", "00")], in: &$0) },
            message: "it lists a file without name or SHA-256 digest"),
        Hostile(
            testDescription: "a way out",
            change: { with("resources", [resource("../a", digest("a").hex)], in: &$0) },
            message: "it lists a file that is none: '../a' leads out of its folder by '..'"),
        Hostile(
            testDescription: "a file twice",
            change: { with("resources", [resource("a", digest("a").hex), resource("a", digest("b").hex)], in: &$0) },
            message: "it lists a file twice"),
        Hostile(
            testDescription: "another root",
            change: { with("resources", [resource("a", digest("a").hex)], in: &$0) },
            message: "the digest of its subject is not that of the files that it lists"),
        Hostile(
            testDescription: "a bundle that is no digest", change: { with("waybillBundle", "x", in: &$0) },
            message: "'x' is not a digest; expected 'sha256:' and 64 lowercase hex digits"),
    ]

    @Test(arguments: hostile) func `a statement that is no model's signature is refused`(_ hostile: Hostile) {
        var statement = ModelManifest(name: "m", files: Self.files, bundle: nil).statement
        hostile.change(&statement)
        #expect(Self.message { _ = try ModelManifest(statement) } == hostile.message)
    }
}

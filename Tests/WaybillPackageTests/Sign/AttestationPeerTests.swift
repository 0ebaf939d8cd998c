import Crypto
import Foundation
import Testing
import WaybillCore
import WaybillTestSupport
import WaybillTrust

@testable import WaybillPackage

/// What other people's validators say of bills of materials and provenance.
@Suite struct `Statements beside bundles` {
    private func withBundle(_ body: (SignedBundle) async throws -> Void) async throws {
        try await withTemporaryFolder { (folder) async throws in try await body(try await SignedBundle(in: folder)) }
    }

    private func python(_ program: String, _ arguments: [String]) async throws -> (status: Int32, output: String) {
        try await SigningPeers.run([try await SigningPeers.python(), "-c", program] + arguments)
    }

    @Test func `the bill of materials is valid CycloneDX 1_6 and names everything`() async throws {
        try await withBundle { (signed) async throws in
            let bill = try await signed.content.attachBill(to: signed.bundle)
            #expect(try await signed.content.attachBill(to: signed.bundle) == bill)
            let file = signed.content.layout.blob(bill.layer.digest)
            let judged = try await python(Self.billProgram, [file])
            #expect(
                judged.output == """
                    valid
                    machine-learning-model churn 1.4.0
                    python 3.11
                    data test,train
                    file .waybill/card/churn.md,.waybill/code,.waybill/lock/train.lock,.waybill/modelversion.json,a-b,a.txt,a/b,\
                    model.joblib,tokenizer.json
                    library numpy 2.0.0,scikit-learn 1.5.0
                    hashes 2

                    """)
        }
    }

    @Test(arguments: [
        ("s3://data/churn.parquet", "s3://data/churn.parquet"), ("/srv/data", "/srv/data"), ("", ""),
        ("s3://data/a b?x=ü", "s3://data/a%20b?x=%C3%BC"), ("s3://a/%41%zz", "s3://a/%41%25zz"),
        ("a#b#c", "a#b%23c"), ("s3://[x]<y>", "s3://%5Bx%5D%3Cy%3E"), ("C:\\data", "C:%5Cdata"),
        ("1a:b", "./1a:b"), (":b", "./:b"), ("a/b:c", "a/b:c"), ("\u{1}", "%01"),
        ("git@git.example:team/churn.git", "ssh://git@git.example/team/churn.git"),
        ("ssh://git@git.example:22/x", "ssh://git@git.example:22/x"),
    ])
    func `an address becomes one that formats take`(_ written: String, _ address: String) {
        #expect(AddressText.reference(written) == address)
        #expect(AddressText.reference(address) == address)
    }

    @Test func `words and addresses that people write keep the bill of materials valid`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let addresses = ["s3://data/a b?x=ü#%zz#2", "C:\\data", "1a:[x]<y>", "git@host:x", "\u{7f} \"'"]
            let signed = try await SignedBundle(in: folder) { version in
                version.license = "Our \"own\" – see LICENSE"
                version.code?.repository = "git@git.example:team/churn.git"
                version.data = try addresses.enumerated().map { index, uri in
                    Dataset(
                        name: try Name(parsing: "set-\(index)"), uri: uri, digest: WaybillCore.Digest(of: uri.utf8))
                }
            }
            let bill = try await signed.content.attachBill(to: signed.bundle)
            let judged = try await python(Self.billProgram, [signed.content.layout.blob(bill.layer.digest)])
            #expect(judged.output.hasPrefix("valid\n"), "\(judged.output)")
        }
    }

    private static let billProgram = """
        import sys
        from cyclonedx.schema import SchemaVersion
        from cyclonedx.validation.json import JsonStrictValidator
        from cyclonedx.model.bom import Bom
        import json
        text = open(sys.argv[1]).read()
        problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
        print(problem or "valid")
        bom = json.loads(text)
        model = bom["metadata"]["component"]
        print(model["type"], model["name"], model["version"])
        def of(kind): return sorted((c for c in bom["components"] if c["type"] == kind), key=lambda c: c["name"])
        print("python", ",".join(c["version"] for c in of("platform")))
        print("data", ",".join(c["name"] for c in of("data")))
        print("file", ",".join(c["name"] for c in of("file")))
        print("library", ",".join(c["name"] + " " + c["version"] for c in of("library")))
        print("hashes", sum(len(r["hashes"]) for c in of("library") for r in c.get("externalReferences", [])))
        """

    @Test func `provenance is valid, and its envelope holds for other verifiers`() async throws {
        try await withBundle { (signed) async throws in
            let key = ECPrivateKey.p256(P256.Signing.PrivateKey())
            let statement = try await signed.content.provenance(of: signed.bundle, build: "1.2.3", finished: nil)
            #expect(
                try await signed.content.provenance(of: signed.bundle, build: "1.2.3", finished: nil) == statement)
            let referrer = try await signed.content.attach(
                try Attestation.envelope(statement, by: key), predicateType: Provenance.predicateType, to: signed.bundle
            )
            let pem = signed.folder.appending(path: "key.pub").path
            try Data(key.publicKey.pem.utf8).write(to: URL(filePath: pem))
            let judged = try await python(
                Self.provenanceProgram, [signed.content.layout.blob(referrer.layer.digest), pem])
            #expect(
                judged.output == """
                    valid
                    churn@1.4.0 \(signed.bundle.descriptor.digest.hex)
                    {'version': 'churn@1.4.0'}
                    .waybill/card/churn.md fleet:docs/churn.md
                    .waybill/code 
                    .waybill/lock/train.lock fleet:locks/train.lock
                    a-b fleet:models/churn/model.joblib
                    a.txt fleet:models/churn/model.joblib
                    a/b fleet:models/churn/model.joblib
                    data:test 
                    data:train s3://data/churn.parquet
                    model.joblib fleet:models/churn/model.joblib
                    tokenizer.json fleet:models/churn/tokenizer.json
                    train git+https://git.example/churn

                    """)
        }
    }

    private static let provenanceProgram = """
        import json, sys
        from google.protobuf.json_format import ParseDict
        from in_toto_attestation.v1.statement import Statement
        from in_toto_attestation.v1 import statement_pb2
        from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
        from securesystemslib.dsse import Envelope
        from securesystemslib.signer import SSlibKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
        document = json.load(open(sys.argv[1]))
        envelope = Envelope.from_dict(json.loads(json.dumps(document)))
        key = SSlibKey.from_crypto(load_pem_public_key(open(sys.argv[2], "rb").read()), keyid=document["signatures"][0]["keyid"])
        envelope.verify([key], 1)
        value = json.loads(envelope.payload)
        statement = ParseDict(value, statement_pb2.Statement())
        Statement.copy_from_pb(statement).validate()
        ParseDict(value["predicate"], provenance_pb2.Provenance())
        print("valid")
        print(value["subject"][0]["name"], value["subject"][0]["digest"]["sha256"])
        print(value["predicate"]["buildDefinition"]["externalParameters"])
        for found in sorted(value["predicate"]["buildDefinition"]["resolvedDependencies"], key=lambda d: d["name"]):
            print(found["name"], found.get("uri", ""))
        """

    @Test func `an SSH key signs a statement, and an altered one is by nobody`() async throws {
        try await withBundle { (signed) async throws in
            let key = try SignedBundle.key(1)
            let finished = try Timestamp(parsing: "2026-11-23T15:04:05Z")
            let statement = try await signed.content.provenance(of: signed.bundle, build: "1.2.3", finished: finished)
            let signature = try key.sign(
                Attestation.signedBytes(of: statement), namespace: Attestation.namespace)
            var envelope = Attestation.envelope(statement, with: signature)
            let read = try Envelope(parsing: envelope.value.jsonBytes)
            let found = try Attestation.verify(read, keys: [])
            #expect(found.statement == statement)
            #expect(found.signers == [key.publicKey])
            #expect(
                statement.predicate["runDetails"]?["metadata"]?["finishedOn"]?.string == "2026-11-23T15:04:05.000Z")
            envelope.payload[envelope.payload.count - 3] ^= 1
            #expect((try? Attestation.verify(envelope, keys: []))?.signers ?? [] == [])
        }
    }

    @Test func `of a bundle that is not ours nothing is said`() async throws {
        try await withBundle { (signed) async throws in
            var foreign = signed.bundle
            foreign.layers.removeAll { $0.path == BundleContent.versionPath }
            await #expect(
                throws: Failure(
                    .stall, reason: "BundleForeign",
                    message:
                        "\(foreign.descriptor.digest) has no sound .waybill/modelversion.json, so nothing can be said of how it "
                        + "was made; only bundles that Waybill built have one")
            ) { try await signed.content.attachBill(to: foreign) }
        }
    }
}

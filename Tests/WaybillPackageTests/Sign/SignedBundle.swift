import Crypto
import Foundation
import WaybillCore
import WaybillTestSupport
import WaybillTrust

@testable import WaybillPackage

/// A bundle in a store of its own, whose paths two orders sort differently.
struct SignedBundle {
    let fixture: BundleFixture
    let bundle: StoredBundle
    let model: ModelVersion

    var content: ContentStore { fixture.store.content }
    var folder: URL { fixture.store.folder }

    init(in folder: URL, changing: (inout ModelVersion) throws -> Void = { _ in }) async throws {
        var fixture = try BundleFixture(in: folder)
        fixture.store.tree.files["locks/train.lock"] = Array(
            """
            numpy==2.0.0 \\
                --hash=sha256:\(String(repeating: "a", count: 64)) \\
                --hash=sha256:\(String(repeating: "b", count: 64))
            # a comment
            Scikit_Learn[extra]==1.5.0 ; python_version >= "3.9"

            """.utf8)
        self.fixture = fixture
        var version = try fixture.version()
        let bytes = fixture.store.tree.files["models/churn/model.joblib"] ?? []
        version.artifacts += ["a/b", "a-b", "a.txt"].map { path in
            Artifact(
                path: path, source: .repository(path: "models/churn/model.joblib"),
                digest: WaybillCore.Digest(of: bytes), size: Int64(bytes.count))
        }
        try changing(&version)
        model = version
        try await fixture.build(version)
        bundle = try await fixture.store.content.bundle("churn@1.4.0")
    }

    static func key(_ seed: UInt8) throws -> SSHPrivateKey {
        SSHPrivateKey(try Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: seed, count: 32)))
    }

    @discardableResult
    func sign(_ key: SSHPrivateKey) async throws -> Referrer {
        let message = try await content.signedBytes(of: bundle)
        return try await content.attach(try key.sign(message, namespace: BundleSignature.namespace), to: bundle)
    }

    func check(
        _ access: Access?, keys: [SSHPublicKey] = [], seen: [WaybillCore.Digest: Timestamp] = [:],
        now: String = "2026-06-01"
    ) async throws -> [SignatureFinding] {
        try await SignatureCheck(
            content, access: access, keys: keys, firstSeen: seen, now: try Timestamp(parsing: now)
        ).run(bundle)
    }

    /// Each layer as a file, packed as it is.
    func copyOfLayers() throws -> URL {
        let tree = folder.appending(path: "tree")
        for layer in bundle.layers {
            let path = tree.appending(path: layer.path)
            try FileManager.default.createDirectory(
                at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: content.layout.blob(layer.digest), toPath: path.path)
        }
        return tree
    }

    /// One person, `ada`, who may sign.
    static func access(
        _ key: SSHPublicKey, models: String = "churn", from: String? = nil, until: String? = nil,
        revoked: String? = nil
    ) throws -> Access {
        func moment(_ text: String?) throws -> Timestamp? { try text.map { try Timestamp(parsing: $0) } }
        let ada = try Name(parsing: "ada")
        return Access(
            people: [
                Access.Person(
                    name: ada,
                    keys: [
                        Access.Key(
                            key: key, validFrom: try moment(from), validUntil: try moment(until),
                            revoked: try moment(revoked))
                    ])
            ], grants: [Access.Grant(role: .signer, models: [try NamePattern(parsing: models)], people: [ada])])
    }
}

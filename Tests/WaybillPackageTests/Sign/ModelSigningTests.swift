import Crypto
import Foundation
import Testing
import WaybillCore
import WaybillTestSupport
import WaybillTrust

@testable import WaybillPackage

/// OpenSSF Model Signing, beside its reference implementation.
@Suite struct `Model signing` {
    private func withBundle(_ body: (SignedBundle) async throws -> Void) async throws {
        try await withTemporaryFolder { (folder) async throws in try await body(try await SignedBundle(in: folder)) }
    }

    private static let curves = ["prime256v1", "secp384r1", "secp521r1"]

    /// Key files as OpenSSL writes them, parameters included.
    private static func key(_ curve: String, in folder: URL) async throws -> (file: String, key: ECPrivateKey) {
        let file = folder.appending(path: "\(curve).pem").path
        let made = try await SigningPeers.run([
            "sh", "-euc",
            "openssl ecparam -name $1 -genkey -out $2; openssl ec -in $2 -pubout -out $2.pub; chmod 600 $2",
            "sh", curve, file,
        ])
        #expect(made.status == 0, "\(made.output)")
        guard case .ec(let key) = try KeyFile.read(file) else { throw CancellationError() }
        return (file, key)
    }

    private static func peer(_ arguments: [String]) async throws -> (status: Int32, output: String) {
        try await SigningPeers.run([try await SigningPeers.python(), "-m", "model_signing"] + arguments)
    }

    @Test(arguments: curves) func `what we sign the reference implementation verifies`(curve: String) async throws {
        try await withBundle { (signed) async throws in
            let (file, key) = try await Self.key(curve, in: signed.folder)
            let referrer = try await signed.content.sign(signed.bundle, by: key)
            let tree = signed.folder.appending(path: "tree")
            _ = try await BundleUnpacking(signed.content).run(signed.bundle, to: tree.path)
            let blob = signed.content.layout.blob(referrer.layer.digest)
            let verify = ["verify", "key", tree.path, "--signature", blob, "--public_key", "\(file).pub"]
            let sound = try await Self.peer(verify)
            #expect(sound.status == 0, "\(sound.output)")
            try Data("more".utf8).write(to: tree.appending(path: "a-c"))
            let altered = try await Self.peer(verify)
            #expect(altered.status != 0)
            #expect(altered.output.contains("a-c"))
        }
    }

    @Test(arguments: curves) func `what the reference implementation signs we verify, and note its order`(
        curve: String
    ) async throws {
        try await withBundle { (signed) async throws in
            let (file, key) = try await Self.key(curve, in: signed.folder)
            let tree = try signed.copyOfLayers()
            let signature = signed.folder.appending(path: "model.sig")
            let made = try await Self.peer([
                "sign", "key", tree.path, "--private_key", file, "--signature", signature.path,
            ])
            #expect(made.status == 0, "\(made.output)")
            try await signed.content.attach(
                Array(try Data(contentsOf: signature)), mediaType: SigstoreBundle.mediaType,
                artifactType: SigstoreBundle.mediaType, to: signed.bundle.descriptor)
            let found = try await signed.check(nil, keys: [SSHPublicKey(key.publicKey)])
            #expect(
                found.map(\.sentence) == [
                    "OpenSSF Model Signing signature by \(SSHPublicKey(key.publicKey).fingerprint), a key that was given; "
                        + "its files are in the order of the reference implementation, not of the specification"
                ])
            let access = try SignedBundle.access(SSHPublicKey(key.publicKey))
            #expect(try await signed.check(access).map(\.isTrusted) == [true])
        }
    }

    @Test func `a signature for other files is refused`() async throws {
        try await withBundle { (signed) async throws in
            let key = ECPrivateKey.p256(P256.Signing.PrivateKey())
            let whole = try ContentStore.modelManifest(of: signed.bundle)
            var (fewer, more, other, elsewhere) = (whole, whole, whole, whole)
            fewer.files.removeFirst()
            more.files.append(ModelManifest.File(path: "z", digest: whole.files[0].digest))
            other.files[0].digest = WaybillCore.Digest(of: "other".utf8)
            elsewhere.bundle = WaybillCore.Digest(of: "other".utf8)
            for manifest in [fewer, more, other, elsewhere] {
                try await signed.content.attach(
                    try SigstoreBundle(signing: manifest.statement, by: key).bytes,
                    mediaType: SigstoreBundle.mediaType, artifactType: SigstoreBundle.mediaType,
                    to: signed.bundle.descriptor)
            }
            let by = "OpenSSF Model Signing signature by \(SSHPublicKey(key.publicKey).fingerprint) is refused: "
            #expect(
                try await signed.check(nil, keys: [SSHPublicKey(key.publicKey)]).map(\.sentence) == [
                    by + "it does not cover '.waybill/card/churn.md'",
                    by + "it covers 'z', which the bundle does not have",
                    by + "it was made for other bytes of '.waybill/card/churn.md': \(other.files[0].digest)",
                    by + "it was made for the bundle \(other.files[0].digest)",
                ])
            #expect(
                try await signed.check(nil).map(\.sentence)[0]
                    == "OpenSSF Model Signing signature is refused: its key is none of those that are given; list it in "
                    + ".waybill/access.yaml, or name its file by --public-key")
        }
    }

    @Test func `files that are signed under one label are not under another`() async throws {
        try await withBundle { (signed) async throws in
            let key = ECPrivateKey.p256(P256.Signing.PrivateKey())
            // As the reference implementation signs: files, and no bundle.
            let files = signed.bundle.layers.map { ModelManifest.File(path: $0.path, digest: $0.digest) }
            let manifest = ModelManifest(name: "churn", files: files, bundle: nil)
            try await signed.content.attach(
                try SigstoreBundle(signing: manifest.statement, by: key).bytes, mediaType: SigstoreBundle.mediaType,
                artifactType: SigstoreBundle.mediaType, to: signed.bundle.descriptor)
            let access = try SignedBundle.access(SSHPublicKey(key.publicKey), models: "*")
            #expect(try await signed.check(access).map(\.isTrusted) == [true])
            var relabelled = signed.bundle
            relabelled.annotations[ModelPack.version] = "fraud@1.0.0"
            let check = SignatureCheck(signed.content, access: access, now: try Timestamp(parsing: "2026-06-01"))
            let by = "OpenSSF Model Signing signature by \(SSHPublicKey(key.publicKey).fingerprint) is refused: "
            #expect(
                try await check.run(relabelled).map(\.sentence) == [
                    by + "it was made for files that are churn@1.4.0, and the bundle calls them fraud@1.0.0"
                ])
        }
    }

    @Test func `a key file that others can read is refused, and none shows what it holds`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let (file, _) = try await Self.key("prime256v1", in: folder)
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file)
            let open = Failure(
                .stall, reason: "KeyUnusable",
                message: "'\(file)' cannot sign: others can read it (mode 0640); run: chmod 600 '\(file)'")
            #expect(throws: open) { try KeyFile.read(file) }
            let missing = folder.appending(path: "missing").path
            #expect(
                throws: Failure(
                    .stall, reason: "KeyUnusable",
                    message: "'\(missing)' cannot sign: it cannot be opened: No such file or directory")
            ) { try KeyFile.read(missing) }
            let text = folder.appending(path: "text").path
            try Data("secret".utf8).write(to: URL(filePath: text))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: text)
            do throws(Failure) {
                _ = try KeyFile.read(text)
                Issue.record("it was read")
            } catch {
                #expect(error.message.contains("not a private key for ECDSA on P-256, P-384 or P-521 in PEM"))
                #expect(!error.message.contains("secret"))
            }
        }
    }
}

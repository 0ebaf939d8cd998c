import Crypto
import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillTrust

/// `ssh-keygen` and we say the same of every file, sound or not.
@Suite struct `OpenSSH agrees` {
    private static let message = Array("what is signed\n".utf8)

    @Test func `what each kind of key signs here holds there, and the other way`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let files = KeyFiles(folder: folder)
            try await files.makeAll()
            try files.write(Self.message, "message")
            for (name, _) in KeyFiles.types {
                let key = try SSHPrivateKey(parsing: try files.text(name))
                let line = try files.text("\(name).pub")
                #expect(try SSHPublicKey(parsing: line) == key.publicKey)
                #expect(line.hasPrefix(key.publicKey.description))
                let shown = try await KeyFiles.run(["ssh-keygen", "-l", "-f", files.path(name)])
                #expect(shown.output.contains(key.publicKey.fingerprint))
                let ours = try key.sign(Self.message, namespace: "waybill.dev/model")
                try files.write(ours.armored.utf8, "ours")
                let signer = AllowedSigner(
                    principals: ["ada"], namespaces: ["waybill.dev/model"],
                    validAfter: try Timestamp(parsing: "2026-01-01"), key: key.publicKey)
                try files.write("\(signer)\n".utf8, "signers")
                let verified = try await KeyFiles.run(
                    [
                        "ssh-keygen", "-Y", "verify", "-n", "waybill.dev/model", "-f", files.path("signers"), "-I",
                        "ada", "-s", files.path("ours"), "-Overify-time=20260601120000Z",
                    ], input: files.path("message"))
                #expect(verified.status == 0, "\(name): \(verified.output)")
                let made = try await KeyFiles.run([
                    "ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", files.path(name), files.path("message"),
                ])
                #expect(made.status == 0, "\(made.output)")
                let theirs = try SSHSignature(armored: try files.bytes("message.sig"))
                #expect(try theirs.verify(Self.message, namespace: "file") == nil)
                #expect(theirs.armored == (try files.text("message.sig")))
                if name == "ed25519" || name == "rsa" {
                    #expect(try key.sign(Self.message, namespace: "file") == theirs)
                }
                try FileManager.default.removeItem(atPath: files.path("message.sig"))
            }
        }
    }

    private static func isSound(_ file: [UInt8]) -> Bool {
        do {
            try SSHSignature(armored: file).verify(message, namespace: "file")
            return true
        } catch { return false }
    }

    @Test func `five hundred files, sound and altered, are judged alike`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let files = KeyFiles(folder: folder)
            try await files.makeAll()
            try files.write(Self.message, "message")
            var corpus: [(name: String, bytes: [UInt8])] = []
            for (name, _) in KeyFiles.types {
                let key = try SSHPrivateKey(parsing: try files.text(name))
                corpus += SSHCorpus.variants(of: try key.sign(Self.message, namespace: "file"), name)
            }
            for (name, signature) in try SSHCorpus.ofHardware(Self.message, namespace: "file") {
                corpus += SSHCorpus.variants(of: signature, name)
            }
            #expect(corpus.count >= 500)
            for (index, file) in corpus.enumerated() { try files.write(file.bytes, "\(index).sig") }
            let script = """
                i=0; while [ $i -lt $2 ]; do
                    if ssh-keygen -Y check-novalidate -n file -s "$1/$i.sig" < "$1/message" >/dev/null 2>&1
                    then echo yes; else echo no; fi; i=$((i+1))
                done
                """
            let judged = try await KeyFiles.run(["sh", "-c", script, "sh", folder.path, String(corpus.count)])
            let verdicts = judged.output.split(separator: "\n").map { $0 == "yes" }
            try #require(verdicts.count == corpus.count)
            #expect(verdicts.count { $0 } >= 35)
            for (file, expected) in zip(corpus, verdicts) {
                #expect(Self.isSound(file.bytes) == expected, "\(file.name): OpenSSH says \(expected)")
            }
        }
    }
}

/// Signatures by simulated hardware, and what can be done to a file.
enum SSHCorpus {
    static func ofHardware(_ message: [UInt8], namespace: String) throws -> [(String, SSHSignature)] {
        let signed = SSHSignature.signedBytes(message, namespace: namespace, hash: .sha512)
        var said = SSHWriter()
        said.raw([0x05])
        said.number(7)
        let bytes = Array(SHA256.hash(data: Array("ssh:".utf8))) + said.bytes + Array(SHA256.hash(data: signed))

        let soft = Curve25519.Signing.PrivateKey()
        var first = SSHWriter()
        first.text("sk-ssh-ed25519@openssh.com")
        first.string(Array(try soft.signature(for: bytes)))
        first.raw(said.bytes)
        let edwards = SSHPublicKey(
            .securityKeyEd25519(Array(soft.publicKey.rawRepresentation), application: "ssh:"))

        let curve = ECPrivateKey.p256(P256.Signing.PrivateKey())
        let raw = try curve.sign(bytes).raw
        var numbers = SSHWriter()
        numbers.magnitude(raw.prefix(32))
        numbers.magnitude(raw.suffix(32))
        var second = SSHWriter()
        second.text("sk-ecdsa-sha2-nistp256@openssh.com")
        second.string(numbers.bytes)
        second.raw(said.bytes)
        let prime = SSHPublicKey(.securityKeyECDSA(curve.publicKey, application: "ssh:"))
        return [
            ("sk-ed25519", SSHSignature(key: edwards, namespace: namespace, hash: .sha512, signature: first.bytes)),
            ("sk-ecdsa", SSHSignature(key: prime, namespace: namespace, hash: .sha512, signature: second.bytes)),
        ]
    }

    /// The file, what reads the same, and what does not.
    static func variants(of signature: SSHSignature, _ name: String) -> [(name: String, bytes: [UInt8])] {
        let text = signature.armored
        let blob = signature.blob
        func file(_ blob: [UInt8]) -> [UInt8] {
            Array("-----BEGIN SSH SIGNATURE-----\n\(Base64.encode(blob))\n-----END SSH SIGNATURE-----\n".utf8)
        }
        var other = signature.blob
        other[9] = 2
        var none = signature.blob
        none[9] = 0
        var variants: [(String, [UInt8])] = [
            ("as it is", Array(text.utf8)), ("on one line", file(blob)),
            ("with CR inside", Array(text.replacing("\n", with: "\r\n").replacing("-----\r\n", with: "-----\n").utf8)),
            ("with blanks", Array(text.replacing("\n", with: "\n \t").utf8)),
            ("text after it", Array((text + "more\n").utf8)), ("no last line end", Array(text.dropLast().utf8)),
            ("text before it", Array(("x" + text).utf8)), ("no end", Array(text.prefix(100).utf8)),
            ("empty", []), ("only a beginning", Array("-----BEGIN SSH SIGNATURE-----\n".utf8)),
            (
                "no line end after the first line",
                Array(text.replacing("-----\n", with: "-----", maxReplacements: 1).utf8)
            ),
            ("version 2", file(other)), ("version 0", file(none)), ("a byte more", file(blob + [0])),
            ("unpadded", file(blob).filter { $0 != UInt8(ascii: "=") }),
            ("a NUL", Array(text.replacing("U1NI", with: "U1\0NI").utf8)),
            ("other letters", Array(text.replacing("U1NI", with: "U1-_").utf8)),
        ]
        for (namespace, hash) in [("other", SSHSignature.Hash.sha512), ("file", .sha256), ("", .sha512)] {
            let changed = SSHSignature(
                key: signature.key, namespace: namespace, hash: hash, signature: signature.signature)
            variants.append(("\(namespace) \(hash)", file(changed.blob)))
        }
        for index in 0..<42 {
            var changed = blob
            changed[(index * 7919) % blob.count] ^= UInt8(1 << (index % 8))
            variants.append(("bit \(index)", file(changed)))
        }
        for index in 0..<12 { variants.append(("cut \(index)", file(Array(blob.prefix(blob.count * index / 12))))) }
        return variants.map { ("\(name): \($0.0)", $0.1) }
    }
}

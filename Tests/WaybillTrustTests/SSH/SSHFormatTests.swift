import Crypto
import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillTrust

@Suite struct `SSH keys and signatures` {
    private static func key(_ seed: UInt8 = 1) throws -> SSHPrivateKey {
        SSHPrivateKey(try Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: seed, count: 32)))
    }

    private static func message(_ body: () throws -> Void) -> String {
        do { try body() } catch { return "\(error)" }
        return "nothing was thrown"
    }

    @Test func `a signature holds for its bytes and its purpose alone`() throws {
        let signature = try Self.key().sign(Array("a".utf8), namespace: "waybill.dev/model")
        #expect(try signature.verify(Array("a".utf8), namespace: "waybill.dev/model") == nil)
        #expect(
            Self.message { try signature.verify(Array("b".utf8), namespace: "waybill.dev/model") }
                == "it does not fit the bytes that it is said to sign")
        #expect(
            Self.message { try signature.verify(Array("a".utf8), namespace: "git") }
                == "it was made for 'waybill.dev/model' and proves nothing for 'git'")
        #expect(try SSHSignature(armored: Array(signature.armored.utf8)) == signature)
    }

    @Test func `a key in hardware says whether somebody was there`() throws {
        let message = Array("a".utf8)
        for (_, signature) in try SSHCorpus.ofHardware(message, namespace: "x") {
            let presence = try signature.verify(message, namespace: "x")
            #expect(presence == SSHPresence(isUserPresent: true, isUserVerified: true, counter: 7))
            #expect(signature.key.kind.isOfHardware)
            #expect(try SSHPublicKey(parsing: signature.key.description) == signature.key)
        }
    }

    struct Hostile: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let blob: [UInt8]
        let message: String
    }

    private static func wire(_ write: (inout SSHWriter) -> Void) -> [UInt8] {
        var writer = SSHWriter()
        write(&writer)
        return writer.bytes
    }

    static let hostileKeys: [Hostile] = [
        Hostile(testDescription: "nothing", blob: [], message: "it ends before it is whole"),
        Hostile(
            testDescription: "a length past the end", blob: [0xFF, 0xFF, 0xFF, 0xFF, 1],
            message: "it ends before it is whole"),
        Hostile(
            testDescription: "an unknown type", blob: wire { $0.text("ssh-dss") },
            message:
                "a key of the type 'ssh-dss': known are ssh-ed25519, ecdsa-sha2-nistp256, ecdsa-sha2-nistp384, "
                + "ecdsa-sha2-nistp521, ssh-rsa, sk-ssh-ed25519@openssh.com, sk-ecdsa-sha2-nistp256@openssh.com"),
        Hostile(
            testDescription: "a certificate", blob: wire { $0.text("ssh-ed25519-cert-v01@openssh.com") },
            message:
                "a key of the type 'ssh-ed25519-cert-v01@openssh.com': certificates are not read; use the plain key"),
        Hostile(
            testDescription: "a short point",
            blob: wire {
                $0.text("ssh-ed25519")
                $0.string([1])
            }, message: "an Ed25519 key has 32 bytes, not 1"),
        Hostile(
            testDescription: "bytes after it",
            blob: wire {
                $0.text("ssh-ed25519")
                $0.string([UInt8](repeating: 1, count: 32))
                $0.raw([0])
            }, message: "1 bytes follow its end"),
        Hostile(
            testDescription: "another curve",
            blob: wire {
                $0.text("ecdsa-sha2-nistp256")
                $0.text("nistp384")
            }, message: "its curve 'nistp384' is not that of its type"),
        Hostile(
            testDescription: "a point beside the curve",
            blob: wire {
                $0.text("ecdsa-sha2-nistp256")
                $0.text("nistp256")
                $0.string([4] + [UInt8](repeating: 1, count: 64))
            }, message: "its point does not lie on the curve nistp256"),
        Hostile(
            testDescription: "a small RSA key",
            blob: wire {
                $0.text("ssh-rsa")
                $0.magnitude([1, 0, 1])
                $0.magnitude([UInt8](repeating: 0xFF, count: 128))
            }, message: "an RSA key of 1024 bits; taken are 2048 to 16384"),
        Hostile(
            testDescription: "a negative number",
            blob: wire {
                $0.text("ssh-rsa")
                $0.string([0x80])
            }, message: "a number in it is negative"),
        Hostile(
            testDescription: "an even exponent",
            blob: wire {
                $0.text("ssh-rsa")
                $0.magnitude([2])
                $0.magnitude([UInt8](repeating: 0xFF, count: 256))
            }, message: "an RSA key with a public exponent that nobody should use"),
        Hostile(
            testDescription: "too long", blob: [UInt8](repeating: 0, count: 9000),
            message: "a public key of more than 8 KiB"),
    ]

    @Test(arguments: hostileKeys) func `a key that is none is refused`(_ hostile: Hostile) {
        #expect(Self.message { _ = try SSHPublicKey(blob: hostile.blob) } == hostile.message)
    }

    @Test(arguments: [
        ("ssh-ed25519", "'ssh-ed25519' is no public SSH key; expected a line as in a '.pub' file: 'ssh-ed25519 AAAA…'"),
        (
            "ssh-ed25519 !!!!",
            "'ssh-ed25519 !!!!' is no public SSH key; expected a line as in a '.pub' file: 'ssh-ed25519 AAAA…'"
        ),
        ("ssh-ed25519 AAAA", "'ssh-ed25519 AAAA' is no public SSH key: it ends before it is whole"),
    ])
    func `a line that is no key is refused`(line: String, message: String) {
        #expect(Self.message { _ = try SSHPublicKey(parsing: line) } == message)
    }

    @Test func `a line that names another type is refused`() throws {
        let line = try Self.key().publicKey.description.replacing("ssh-ed25519 ", with: "ssh-rsa ")
        #expect(
            Self.message { _ = try SSHPublicKey(parsing: line) }.hasSuffix(
                "is no public SSH key: it says 'ssh-rsa', and holds one of the type 'ssh-ed25519'"))
    }

    @Test func `an encrypted key file asks for OpenSSH and shows nothing`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let files = KeyFiles(folder: folder)
            try await files.make("locked", ["-t", "ed25519"], passphrase: "correct horse")
            #expect(throws: SSHPrivateKey.Problem.needsOpenSSH("it is encrypted")) {
                try SSHPrivateKey(parsing: try files.text("locked"))
            }
            #expect(throws: SSHPrivateKey.Problem.otherForm) { try SSHPrivateKey(parsing: "") }
            let broken = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"
            #expect(throws: SSHPrivateKey.Problem.broken("it ends before it is whole")) {
                try SSHPrivateKey(parsing: broken)
            }
        }
    }

    @Test func `key files cut or altered anywhere are refused without a crash`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let files = KeyFiles(folder: folder)
            try await files.makeAll()
            for (name, _) in KeyFiles.types {
                let letters = try files.text(name).split(separator: "\n").dropFirst().dropLast().joined()
                let blob = try #require(Base64.decode(letters))
                for index in 0..<200 {
                    var changed = blob
                    changed[(index * 104_729) % blob.count] ^= UInt8(1 << (index % 8))
                    if index % 3 == 0 { changed = Array(blob.prefix(blob.count * index / 200)) }
                    let text =
                        "-----BEGIN OPENSSH PRIVATE KEY-----\n\(Base64.encode(changed))\n-----END OPENSSH PRIVATE KEY-----\n"
                    if let key = try? SSHPrivateKey(parsing: text) {
                        #expect(key.publicKey.kind.rawValue.isEmpty == false)
                    }
                }
            }
        }
    }

    @Test func `lines of allowed signers survive their text`() throws {
        let key = try Self.key().publicKey
        let signer = AllowedSigner(
            principals: ["ada", "*@example.org"], namespaces: ["waybill.dev/model"],
            validAfter: try Timestamp(parsing: "2026-01-01"),
            validBefore: try Timestamp(parsing: "2026-12-31T23:59:59Z"),
            key: key)
        #expect(
            signer.description
                == "ada,*@example.org namespaces=\"waybill.dev/model\",valid-after=\"20260101000000Z\","
                + "valid-before=\"20261231235959Z\" \(key)")
        #expect(try AllowedSigner.parse(signer.description + " a comment") == signer)
        #expect(try AllowedSigner.parse("  # nobody") == nil)
        #expect(try AllowedSigner.parse("bob \(key)") == AllowedSigner(principals: ["bob"], key: key))
    }

    @Test(arguments: [
        ("bob", "'bob' is no line of allowed signers: expected PRINCIPALS [OPTIONS] TYPE KEY"),
        (
            "bob cert-authority ssh-rsa A",
            "'bob cert-authority ssh-rsa A' is no line of allowed signers: certificates are not read"
        ),
        ("bob x=\"1 ssh-rsa A", "'bob x=\"1 ssh-rsa A' is no line of allowed signers: a quote is not closed"),
        (
            "bob valid-after=\"20260101\" ssh-rsa A",
            "'bob valid-after=\"20260101\" ssh-rsa A' is no line of allowed signers: the time '20260101' is not in UTC; "
                + "write it as '20261123150405Z'"
        ),
        ("bob x=1 ssh-rsa A", "'bob x=1 ssh-rsa A' is no line of allowed signers: there is no option 'x'"),
    ])
    func `a line of allowed signers that is none is refused`(line: String, message: String) {
        #expect(Self.message { _ = try AllowedSigner.parse(line) } == message)
    }
}

import Crypto
import Foundation
import Synchronization
import Testing
import WaybillCore
import WaybillTestSupport
import WaybillTrust

@testable import WaybillPackage

@Suite struct `Signatures of bundles` {
    private func withBundle(_ body: (SignedBundle) async throws -> Void) async throws {
        try await withTemporaryFolder { (folder) async throws in try await body(try await SignedBundle(in: folder)) }
    }

    @Test func `a signature stands beside the bundle, once, and changes nothing of it`() async throws {
        try await withBundle { (signed) async throws in
            let key = try SignedBundle.key(1)
            let first = try await signed.sign(key)
            #expect(try await signed.sign(key) == first)
            #expect(try await signed.content.attachments(of: signed.bundle.descriptor.digest) == [first])
            #expect(try await signed.content.bundle("churn@1.4.0") == signed.bundle)
            #expect(try await signed.fixture.build(signed.model).manifest == signed.bundle.descriptor.digest)
            let listed = try await SigningPeers.run(["umoci", "ls", "--layout", signed.content.layout.image])
            #expect(listed.output == "churn@1.4.0\n")
        }
    }

    @Test func `ssh-keygen verifies with the manifest and the generated signers`() async throws {
        try await withBundle { (signed) async throws in
            let key = try SignedBundle.key(1)
            let referrer = try await signed.sign(key)
            let access = try SignedBundle.access(key.publicKey, until: "2027-01-01")
            let signers = access.allowedSigners(
                .signer, model: try Name(parsing: "churn"), namespace: BundleSignature.namespace)
            let file = signed.folder.appending(path: "signers")
            try Data(signers.map { "\($0)\n" }.joined().utf8).write(to: file)
            let blobs = signed.content.layout
            func verify(at time: String) async throws -> Int32 {
                try await SigningPeers.run([
                    "sh", "-c", "exec ssh-keygen \"$@\" < \(blobs.blob(signed.bundle.descriptor.digest))", "sh", "-Y",
                    "verify", "-n", "waybill.dev/model", "-f", file.path, "-I", "ada", "-s",
                    blobs.blob(referrer.layer.digest), "-Overify-time=\(time)",
                ]).status
            }
            #expect(try await verify(at: "20261231235959Z") == 0)
            #expect(try await verify(at: "20270101000000Z") != 0)
        }
    }

    struct Rule: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var models = "churn"
        var from: String?
        var until: String?
        var revoked: String?
        var seen: String?
        var isOfOther = false
        let verdict: String
    }

    static let rules: [Rule] = [
        Rule(testDescription: "a key in force", verdict: "signature of ada by"),
        Rule(testDescription: "a pattern of models", models: "ch*n", verdict: "signature of ada by"),
        Rule(
            testDescription: "another model", models: "fraud",
            verdict: "ada has no role 'signer' for the model 'churn' in .waybill/access.yaml"),
        Rule(
            testDescription: "nobody's key", isOfOther: true, verdict: "nobody in .waybill/access.yaml has this key"),
        Rule(
            testDescription: "not yet", from: "2026-07-01",
            verdict: "this key of ada counts from 2026-07-01T00:00:00.000Z"),
        Rule(
            testDescription: "no longer", until: "2026-06-01",
            verdict:
                "this key of ada no longer counts since 2026-06-01T00:00:00.000Z, and the ledger did not see it before"),
        Rule(
            testDescription: "no longer, seen before", until: "2026-06-01", seen: "2026-05-31",
            verdict: "signature of ada by"),
        Rule(
            testDescription: "revoked", revoked: "2026-05-01",
            verdict:
                "this key of ada was revoked at 2026-05-01T00:00:00.000Z, and the ledger did not see it before"),
        Rule(
            testDescription: "revoked, seen before", revoked: "2026-05-01", seen: "2026-04-30T23:59:59Z",
            verdict: "signature of ada by"),
        Rule(
            testDescription: "revoked, seen after", revoked: "2026-05-01", seen: "2026-05-01",
            verdict:
                "this key of ada was revoked at 2026-05-01T00:00:00.000Z, and the ledger did not see it before"),
    ]

    @Test(arguments: rules) func `who signed is judged by the rules of the repository`(_ rule: Rule) async throws {
        try await withBundle { (signed) async throws in
            let key = try SignedBundle.key(1)
            let referrer = try await signed.sign(key)
            let access = try SignedBundle.access(
                rule.isOfOther ? try SignedBundle.key(2).publicKey : key.publicKey, models: rule.models,
                from: rule.from, until: rule.until, revoked: rule.revoked)
            let seen = try rule.seen.map { [referrer.layer.digest: try Timestamp(parsing: $0)] } ?? [:]
            let findings = try await signed.check(access, seen: seen)
            try #require(findings.count == 1)
            #expect(findings[0].sentence.contains(rule.verdict), "\(findings[0].sentence)")
            #expect(findings[0].isTrusted == rule.verdict.hasPrefix("signature of ada"))
        }
    }

    @Test func `keys rotate and old signatures hold`() async throws {
        try await withBundle { (signed) async throws in
            let (old, new) = (try SignedBundle.key(1), try SignedBundle.key(2))
            let first = try await signed.sign(old)
            try await signed.sign(new)
            let ada = try Name(parsing: "ada")
            let turn = try Timestamp(parsing: "2026-05-01")
            let access = Access(
                people: [
                    Access.Person(
                        name: ada,
                        keys: [
                            Access.Key(key: old.publicKey, validUntil: turn),
                            Access.Key(key: new.publicKey, validFrom: turn),
                        ])
                ], grants: [Access.Grant(role: .signer, models: [try NamePattern(parsing: "*")], people: [ada])])
            let seen = [first.layer.digest: try Timestamp(parsing: "2026-03-01")]
            #expect(try await signed.check(access, seen: seen).map(\.isTrusted) == [true, true])
            #expect(try await signed.check(access).map(\.isTrusted) == [false, true])
        }
    }

    @Test func `without rules a signature is sound, and trusted are those by keys that are given`() async throws {
        try await withBundle { (signed) async throws in
            let (key, other) = (try SignedBundle.key(1), try SignedBundle.key(2))
            try await signed.sign(key)
            for keys in [[], [other.publicKey]] {
                let found = try await signed.check(nil, keys: keys)
                #expect(found.map(\.verdict) == [.sound])
                #expect(found.map(\.isTrusted) == [false])
                #expect(found.map(\.sentence) == ["SSH signature by \(key.publicKey.fingerprint)"])
            }
            let found = try await signed.check(nil, keys: [other.publicKey, key.publicKey])
            #expect(found.map(\.verdict) == [.given])
            #expect(found.map(\.isTrusted) == [true])
            #expect(
                found.map(\.sentence) == ["SSH signature by \(key.publicKey.fingerprint), a key that was given"])
            // Where there are rules, the rules decide.
            let access = try SignedBundle.access(other.publicKey)
            #expect(try await signed.check(access, keys: [key.publicKey]).map(\.isTrusted) == [false])
        }
    }

    @Test func `a signature of something else is not taken, and proves nothing when it is put there`() async throws {
        try await withBundle { (signed) async throws in
            let key = try SignedBundle.key(1)
            let message = try await signed.content.signedBytes(of: signed.bundle)
            let commit = try key.sign(message, namespace: "git")
            await #expect(
                throws: Failure(
                    .stall, reason: "SignatureUnsound",
                    message:
                        "the signature was not taken: it was made for 'git' and proves nothing for 'waybill.dev/model'")
            ) { try await signed.content.attach(commit, to: signed.bundle) }
            let form = SignatureForm.ssh
            let other = try key.sign(Array("other".utf8), namespace: BundleSignature.namespace)
            for bytes in [Array(commit.armored.utf8), Array(other.armored.utf8), Array("nothing".utf8)] {
                try await signed.content.attach(
                    bytes, mediaType: form.artifactType, artifactType: form.artifactType, to: signed.bundle.descriptor)
            }
            let access = try SignedBundle.access(key.publicKey)
            #expect(
                try await signed.check(access).map(\.sentence) == [
                    "SSH signature is refused: it was made for 'git' and proves nothing for 'waybill.dev/model'",
                    "SSH signature is refused: it does not fit the bytes that it is said to sign",
                    "SSH signature is refused: not an SSH signature: it does not begin with '-----BEGIN SSH SIGNATURE-----'",
                ])
        }
    }

    @Test func `a signature goes with its bundle and stays with it`() async throws {
        try await withBundle { (signed) async throws in
            try await signed.sign(try SignedBundle.key(1))
            let held = Set(try await signed.content.blobs().keys)
            _ = try await ContentCollection(signed.content, roots: [], retention: Retention(newest: 1)).run(
                dryRun: false)
            #expect(Set(try await signed.content.blobs().keys) == held)
            _ = try await ContentCollection(signed.content, roots: [], retention: Retention(newest: 0)).run(
                dryRun: false)
            #expect(try await signed.content.blobs().isEmpty)
            #expect(try await signed.content.manifests().isEmpty)
        }
    }

    @Test func `a rotten signature is refused`() async throws {
        try await withBundle { (signed) async throws in
            let key = try SignedBundle.key(1)
            let referrer = try await signed.sign(key)
            let blob = signed.content.layout.blob(referrer.layer.digest)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: blob)
            try Data("rot".utf8).write(to: URL(filePath: blob))
            #expect(
                try await signed.check(try SignedBundle.access(key.publicKey)).map(\.sentence) == [
                    "SSH signature is refused: its bytes are missing or rotten"
                ])
        }
    }
}

@Suite struct `First sights of signatures` {
    @Test func `each signature that counts is recorded once, and one that does not when it does`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let signed = try await SignedBundle(in: folder)
            let (ada, eve) = (try SignedBundle.key(1), try SignedBundle.key(2))
            let first = try await signed.sign(ada)
            let second = try await signed.sign(eve)
            let ledger = signed.fixture.store.ledger
            let moment = try Timestamp(parsing: "2026-06-01")
            var sights = SignatureSights(
                signed.content, journal: Journal(storage: ledger), seen: [:], now: { moment })
            let rules = WaybillCore.Digest(of: "rules".utf8)
            func recorded() -> [Event] { ledger.events.filter { $0.type == .signatureVerified } }
            try await sights.look(try SignedBundle.access(ada.publicKey), rules: rules)
            try await sights.look(try SignedBundle.access(ada.publicKey), rules: rules)
            #expect(
                recorded().map(\.body) == [
                    [
                        "version": "churn@1.4.0", "digest": .string(signed.bundle.descriptor.digest.description),
                        "signature": .string(first.layer.digest.description), "form": "ssh",
                        "key": .string(ada.publicKey.fingerprint), "person": "ada",
                        "access": .string(rules.description),
                    ]
                ])
            #expect(recorded().flatMap(\.undeclaredMembers) == [])
            #expect(recorded().map(\.time) == [moment])
            try await sights.look(try SignedBundle.access(eve.publicKey), rules: WaybillCore.Digest(of: "other".utf8))
            #expect(recorded().last?.body["signature"] == .string(second.layer.digest.description))
            #expect(recorded().count == 2)
            var again = SignatureSights(
                signed.content, journal: Journal(storage: ledger),
                seen: [first.layer.digest: moment, second.layer.digest: moment], now: { moment })
            try await again.look(try SignedBundle.access(ada.publicKey), rules: rules)
            #expect(recorded().count == 2)
        }
    }

    private final class MovingClock: Sendable {
        private let moment: Mutex<Timestamp>

        init(_ moment: Timestamp) { self.moment = Mutex(moment) }

        var now: Timestamp { moment.withLock { $0 } }
        func move(to later: Timestamp) { moment.withLock { $0 = later } }
    }

    @Test func `a signature by a key that counts later is recorded then, and outlives its revocation`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let signed = try await SignedBundle(in: folder)
            let ada = try SignedBundle.key(1)
            let referrer = try await signed.sign(ada)
            let ledger = signed.fixture.store.ledger
            let clock = MovingClock(try Timestamp(parsing: "2026-06-01"))
            let rules = WaybillCore.Digest(of: "rules".utf8)
            let access = try SignedBundle.access(ada.publicKey, from: "2026-07-01")
            var sights = SignatureSights(
                signed.content, journal: Journal(storage: ledger), seen: [:], now: { clock.now })
            func recorded() -> [Event] { ledger.events.filter { $0.type == .signatureVerified } }
            for early in ["2026-06-01", "2026-06-30"] {
                clock.move(to: try Timestamp(parsing: early))
                try await sights.look(access, rules: rules)
                #expect(recorded() == [])
            }
            let begins = try Timestamp(parsing: "2026-07-01")
            clock.move(to: begins)
            try await sights.look(access, rules: rules)
            clock.move(to: try Timestamp(parsing: "2026-07-02"))
            try await sights.look(access, rules: rules)
            #expect(recorded().map(\.time) == [begins])
            #expect(recorded().first?.body["signature"]?.string == referrer.layer.digest.description)

            let revoked = try SignedBundle.access(ada.publicKey, from: "2026-07-01", revoked: "2026-08-01")
            let found = try await signed.check(revoked, seen: [referrer.layer.digest: begins], now: "2026-09-01")
            let person = try Name(parsing: "ada")
            #expect(found.map(\.verdict) == [.trusted(person)])
        }
    }
}

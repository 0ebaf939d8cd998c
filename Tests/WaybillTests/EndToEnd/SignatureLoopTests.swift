import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import waybill

extension `End to end` {
    @Test func `a signature is seen once by the controller, and holds when its key is revoked later`() async throws {
        try await withFleet { fleet in
            try await fleet.makeKeys("ada", "eve")
            try fleet.writeAccess(key: "ada")
            try await fleet.startServing()
            // Nobody signed yet: it serves all the same, and nothing is said of a signature.
            #expect(try await fleet.verify("1.0.0").code == 1)
            try await fleet.sign("1.0.0", with: "eve")
            try await fleet.sign("1.0.0", with: "ada")
            try await fleet.eventually("the signature of ada is recorded") {
                try await fleet.events(.signatureVerified).count == 1
            }
            let seen = try #require(try await fleet.events(.signatureVerified).first)
            #expect(seen.subject == "risk-score@1.0.0")
            #expect(seen.body["person"] == "ada" && seen.body["form"] == "ssh")
            #expect(seen.undeclaredMembers == [])

            try fleet.writeAccess(key: "ada", rest: ", revoked: \"\(Timestamp.now)\"")
            let revoking = try await fleet.apply("ada lost her laptop")
            let first = try await fleet.verify("1.0.0")
            #expect(first.code == 0, "\(first.output)")
            #expect(first.output.contains("  SSH signature of ada by SHA256:"))
            // What the key signs from now on counts for nothing, for people and for the controller.
            try fleet.version("2.0.0", program: try fleet.sample("artifacts/risk-score/1.0.0/server.py") + "\n# 2\n")
            try fleet.deploy("2.0.0")
            try await fleet.apply("the next one")
            try await fleet.serves("production/risk-score", "2.0.0")
            try await fleet.sign("2.0.0", with: "ada")
            let second = try await fleet.verify("2.0.0")
            #expect(second.code == 1)
            #expect(second.output.contains(" is refused: this key of ada was revoked at "), "\(second.output)")
            // A new key of hers does, and by that the controller has looked at both.
            try fleet.writeAccess(
                key: "ada", rest: ", revoked: \"\(Timestamp.now)\"}, {key: \(try fleet.publicKey("eve"))")
            try await fleet.sign("2.0.0", with: "eve")
            let rotated = try await fleet.apply("a new key")
            #expect(rotated != revoking)
            try await fleet.eventually("the new key's signatures are recorded") {
                try await fleet.events(.signatureVerified).count == 3
            }
            let events = try await fleet.events(.signatureVerified)
            let fingerprints = Set(events.dropFirst().compactMap { $0.body["key"]?.string })
            #expect(fingerprints.count == 1 && !fingerprints.contains(seen.body["key"]?.string ?? ""))
            #expect(events.dropFirst().map(\.subject).sorted() == ["risk-score@1.0.0", "risk-score@2.0.0"])
            for version in ["1.0.0", "2.0.0"] { #expect(try await fleet.verify(version).code == 0) }
        }
    }

    @Test func `an access file with a mistake stops no deployment, and no signature counts by it`() async throws {
        try await withFleet { fleet in
            try await fleet.makeKeys("ada")
            try fleet.write(".waybill/access.yaml", "kind: Access\n")
            try await fleet.startServing()
            try await fleet.sign("1.0.0", with: "ada")
            try await fleet.eventually("the log says why") {
                let log = FileManager.default.contents(atPath: fleet.controller.log) ?? Data()
                return String(decoding: log, as: UTF8.self).contains(
                    "signatures are not looked at: .waybill/access.yaml:1:1")
            }
            #expect(try await fleet.events(.signatureVerified).isEmpty)
            #expect(try await fleet.answeringVersion("production/risk-score") == "1.0.0")
            try fleet.writeAccess(key: "ada")
            try await fleet.apply("mended")
            try await fleet.eventually("it is recorded") {
                try await fleet.events(.signatureVerified).count == 1
            }
        }
    }
}

extension Fleet {
    fileprivate func makeKeys(_ names: String...) async throws {
        for name in names {
            let made = try await Program.run(
                ["/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", "\(folder)/\(name)"],
                in: folder)
            #expect(made.code == 0, "\(made.errors)")
        }
    }

    fileprivate func publicKey(_ name: String) throws -> String {
        try String(contentsOfFile: "\(folder)/\(name).pub", encoding: .utf8).trimmed
    }

    /// One person, `ada`, who may sign `risk-score`.
    fileprivate func writeAccess(key: String, rest: String = "") throws {
        try write(
            ".waybill/access.yaml",
            """
            apiVersion: waybill.dev/v1alpha1
            kind: Access
            spec:
              people:
                - name: ada
                  keys: [{key: \(try publicKey(key))\(rest)}]
              roles:
                - {role: signer, models: [risk-score], people: [ada]}

            """)
    }

    fileprivate func sign(_ version: String, with key: String) async throws {
        let signed = try await waybill("package", "sign", "risk-score@\(version)", "--key", "\(folder)/\(key)")
        #expect(signed.code == 0, "\(signed.errors)")
    }

    fileprivate func verify(_ version: String) async throws -> Program.Result {
        try await waybill("package", "verify", "risk-score@\(version)", "--signed", "--repository", clone)
    }
}

import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport

@testable import waybill

/// The built program signs, moves and verifies bundles, beside the tools that other people verify with; no controller.
@Suite struct `Signing by hand` {
    @Test func `a bundle is signed, moved through a registry, and verified by everybody's tools`() async throws {
        try await SigningBench.with { (bench) async throws in
            try bench.writeAccess()
            let rules = ["--access", bench.path("fleet/.waybill/access.yaml")]
            #expect(try bench.program.run(["lint", "fleet"]).code == 0)
            for key in ["ada", "ada.pem"] {
                let signed = try bench.package("sign", "greeting@1.0.0", "--key", key)
                #expect(signed.code == 0, "\(signed.errors)")
            }
            let attested = try bench.package("attest", "greeting@1.0.0", "--key", "ada.pem")
            #expect(attested.code == 0, "\(attested.errors)")
            try await RegistryServer.with(in: bench.folder) { (registry) async throws in
                let place = "\(registry.host)/models/greeting"
                let pushed = try bench.package("push", "greeting@1.0.0", place)
                #expect(pushed.code == 0, "\(pushed.errors)")
                // Two signatures, what ada attested, and what the builder says: provenance and a bill of materials.
                #expect(pushed.output.contains("and 5 that refer to it"), "\(pushed.output)")
                let raw = try bench.program.bash(
                    """
                    skopeo inspect --raw --tls-verify=false docker://\(place):1.0.0 | sha256sum
                    skopeo copy -q --src-tls-verify=false docker://\(place):1.0.0 oci:copied:greeting@1.0.0
                    """)
                #expect(raw.code == 0, "\(raw.errors)")
                #expect(raw.output.hasPrefix(bench.digest.dropFirst(7)), "\(raw.output)")

                let pulled = try bench.package("pull", "\(place)@\(bench.digest)", "--store", "other")
                #expect(pulled.code == 0, "\(pulled.errors)")
                let verified = try bench.program.run(
                    ["package", "verify", "greeting@1.0.0", "--signed", "--store", "other"] + rules)
                #expect(verified.code == 0, "\(verified.errors)")
                #expect(verified.output.contains("greeting@1.0.0 is signed:\n  SSH signature of ada by SHA256:"))
                #expect(verified.output.contains("  OpenSSF Model Signing signature of ada by SHA256:"))
                try await expectPeersAgree(bench)
            }
        }
    }

    /// What was pulled into another store holds for OpenSSH and for the reference implementation of OpenSSF Model Signing.
    private func expectPeersAgree(_ bench: SigningBench) async throws {
        let access = bench.path("fleet/.waybill/access.yaml")
        let shown = try bench.inspect("--store", "other", "--access", access)
        let found = try #require(shown["signatures"] as? [[String: Any]])
        func signature(_ form: String) throws -> String {
            let one = try #require(found.first { $0["form"] as? String == form })
            #expect(one["verdict"] as? String == "trusted")
            #expect(one["person"] as? String == "ada")
            return bench.blob(try #require(one["signature"] as? String), in: "other")
        }
        let statements = try #require(shown["statements"] as? [[String: Any]])
        #expect(
            statements.compactMap { $0["kind"] as? String }.sorted() == [
                "bill of materials (CycloneDX 1.6)", "provenance (SLSA v1)", "provenance (SLSA v1)",
            ])
        #expect(statements.allSatisfy { $0["problem"] == nil })

        let ssh = try bench.program.bash(
            """
            echo "ada $(cat ada.pub)" > allowed_signers
            ssh-keygen -Y verify -n waybill.dev/model -f allowed_signers -I ada -s '\(try signature("ssh"))' \
                < '\(bench.blob(bench.digest, in: "other"))'
            """)
        #expect(ssh.output.hasPrefix("Good \"waybill.dev/model\" signature for ada with ED25519 key"), "\(ssh.errors)")

        let unpacked = try bench.package("unpack", "greeting@1.0.0", "folder", "--store", "other")
        #expect(unpacked.code == 0, "\(unpacked.errors)")
        #expect(unpacked.output.hasPrefix("greeting@1.0.0 is in \(bench.path("folder")): 2 files, "))
        let verify = [
            try await SigningPeers.python(), "-m", "model_signing", "verify", "key", bench.path("folder"),
            "--signature", try signature("openssf"), "--public_key", bench.path("ada.pem.pub"),
        ]
        let sound = try await SigningPeers.run(verify)
        #expect(sound.status == 0, "\(sound.output)")
        try Data("other".utf8).write(to: bench.folder.appending(path: "folder/server.py"))
        #expect(try await SigningPeers.run(verify).status != 0)
    }

    @Test func `what is not signed by who may is refused, with what to do`() async throws {
        try await SigningBench.with { (bench) async throws in
            func verify(_ words: String...) throws -> BuiltProgram.Result {
                try bench.program.run(
                    ["package", "verify", "greeting@1.0.0", "--signed", "--repository", "fleet"] + words)
            }
            let unsigned = try verify()
            #expect(unsigned.code == 1)
            #expect(
                unsigned.output.hasSuffix(
                    "\ngreeting@1.0.0 is not signed; run: waybill package sign greeting@1.0.0 --key FILE\n"))
            #expect(try bench.package("sign", "greeting@1.0.0", "--key", "eve").code == 0)
            let ungoverned = try verify()
            #expect(ungoverned.code == 1)
            #expect(
                ungoverned.output.contains(
                    "greeting@1.0.0 is not signed as it should be: there is no .waybill/access.yaml that says who may sign it; "
                        + "name one by --access, or a key by --public-key\n  SSH signature by SHA256:"))
            // A key that is named is the trust where nothing else is.
            for key in ["ada.pem.pub", "ada.pub"] { #expect(try verify("--public-key", key).code == 1) }
            let given = try verify("--public-key", "eve.pub")
            #expect(given.code == 0, "\(given.output)")
            #expect(given.output.hasSuffix(", a key that was given\n"))

            try bench.writeAccess()
            let refused = try verify("--public-key", "eve.pub")
            #expect(refused.code == 1)
            #expect(refused.output.contains("is refused: nobody in .waybill/access.yaml has this key\n"))
            #expect(try bench.package("sign", "greeting@1.0.0", "--key", "ada").code == 0)
            #expect(try verify().code == 0)
            try bench.writeAccess(also: "    - {role: king, models: [greeting], people: [ada]}")
            let broken = try verify()
            #expect(broken.code == 1)
            #expect(
                broken.errors.hasPrefix(
                    ".waybill/access.yaml:10:14: error: 'role' is 'king'; expected 'signer'"),
                "\(broken.errors)")
        }
    }

    @Test func `a key by OpenSSF Model Signing that is named is the trust where nothing else is`() async throws {
        try await SigningBench.with { (bench) async throws in
            #expect(try bench.package("sign", "greeting@1.0.0", "--key", "ada.pem").code == 0)
            let verify = ["package", "verify", "greeting@1.0.0", "--signed"]
            let unnamed = try bench.program.run(verify)
            #expect(unnamed.code == 1)
            #expect(unnamed.output.contains("its key is none of those that are given; list it in .waybill/access.yaml"))
            let named = try bench.program.run(verify + ["--public-key", "ada.pem.pub"])
            #expect(named.code == 0, "\(named.output) \(named.errors)")
            try Data("nonsense\n".utf8).write(to: bench.folder.appending(path: "text"))
            for (file, why) in [("missing", "cannot be read"), ("text", "'nonsense' is no public SSH key")] {
                let result = try bench.program.run(verify + ["--public-key", file])
                #expect(result.code == 1)
                #expect(result.errors.hasPrefix("error: '\(file)'"), "\(result.errors)")
                #expect(result.errors.contains(why), "\(result.errors)")
            }
        }
    }

    @Test func `a key in an agent signs`() async throws {
        try await SigningBench.with { (bench) async throws in
            try bench.writeAccess()
            let signed = try bench.program.bash(
                """
                ssh-agent bash -euc '
                    ssh-add -q ada
                    rm ada
                    waybill package sign greeting@1.0.0 --agent
                    waybill package attest greeting@1.0.0 --key ada.pub
                '
                waybill package verify greeting@1.0.0 --signed --repository fleet
                waybill package inspect greeting@1.0.0 --repository fleet
                """)
            #expect(signed.code == 0, "\(signed.errors)")
            #expect(signed.output.contains("  SSH signature of ada by SHA256:"))
            #expect(signed.output.contains(" signed by ada SHA256:"), "\(signed.output)")
        }
    }

    @Test func `an unpacking that is killed leaves nothing that looks whole`() async throws {
        try await SigningBench.with { (bench) async throws in
            let big = try bench.program.bash(
                """
                head -c 200000000 /dev/zero > fleet/big.bin
                digest=$(sha256sum fleet/big.bin | cut -d' ' -f1)
                sed -i "s|^  artifacts:|  artifacts:\\n    - {path: big.bin, source: 'file:$PWD/fleet/big.bin', digest: 'sha256:$digest', size: 200000000}|" \
                    fleet/fleet/models/greeting/1.0.0.yaml
                waybill package build greeting@1.0.0 --repository fleet --store big
                """)
            #expect(big.code == 0, "\(big.errors)")
            let out = bench.path("out")
            var kills = 0
            for pause in [20, 60, 120, 200, 350] {
                let process = try bench.program.start(
                    ["package", "unpack", "greeting@1.0.0", "out", "--store", "big"],
                    log: bench.folder.appending(path: "log"))
                usleep(useconds_t(pause * 1000))
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
                guard FileManager.default.fileExists(atPath: out) else {
                    kills += 1
                    continue
                }
                #expect(try wholeSize(out) == 200_000_000)
                try FileManager.default.removeItem(atPath: out)
            }
            #expect(kills > 0)
            let whole = try bench.package("unpack", "greeting@1.0.0", "out", "--store", "big")
            #expect(whole.code == 0, "\(whole.errors)")
            #expect(try wholeSize(out) == 200_000_000)
            #expect(!FileManager.default.fileExists(atPath: bench.path(".out.unpacking")))
            let again = try bench.package("unpack", "greeting@1.0.0", "out", "--store", "big")
            #expect(again.code == 1)
            #expect(
                again.errors.hasPrefix(
                    "error: \(out) has something in it already; name a folder that is empty, or not there yet"))
        }
    }

    private func wholeSize(_ folder: String) throws -> Int? {
        #expect(FileManager.default.fileExists(atPath: folder + "/.waybill/modelversion.json"))
        return try FileManager.default.attributesOfItem(atPath: folder + "/big.bin")[.size] as? Int
    }
}

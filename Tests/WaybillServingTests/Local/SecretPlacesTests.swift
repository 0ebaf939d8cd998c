import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillServing

/// Which files a manifest may name as the source of a variable: the controller reads them, so none that its author could not.
@Suite struct SecretPlacesTests {
    private static func refusal(_ message: String) -> Failure {
        Failure(.stall, reason: "SecretForbidden", message: message)
    }

    /// What comes of a deployment whose variable `K` is to come from `path`.
    private func read(_ path: String, _ settings: LocalTargetSettings) throws(Failure) -> String {
        let secrets = try SecretVariables([EnvironmentVariable(name: "K", source: .file(path))], settings: settings)
        return String(decoding: secrets.bytes, as: UTF8.self)
    }

    private func withSettings(_ body: (String, inout LocalTargetSettings) throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let root = folder.resolvingSymlinksInPath().path
            var settings = LocalTargetSettings(state: "\(root)/state", shim: "/nowhere")
            settings.homes = ["\(root)/home"]
            for folder in ["state", "home/.ssh", "home/.aws", "home/.cache/huggingface", "home/secrets", "etc"] {
                try FileManager.default.createDirectory(
                    atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
            }
            try body(root, &settings)
        }
    }

    @Test func `a secret may not come from the state folder or be missing`() async throws {
        try await withMachine { machine, target in
            let key = "\(machine.state)/ledger.key"
            try Disk.write(Array("key".utf8), to: key)
            let spec = try machine.spec(env: [EnvironmentVariable(name: "K", source: .file(key))])
            await #expect(
                throws: Self.refusal(
                    "env K may not come from \(key): \(machine.state) is kept from every replica; put the value into a file "
                        + "of its own elsewhere")
            ) { try await machine.start(spec, on: target) }
            let none = try machine.spec(env: [EnvironmentVariable(name: "K", source: .file("/nowhere/key"))])
            await #expect(
                throws: Failure(
                    .retry, reason: "SecretMissing",
                    message: "env K is to come from /nowhere/key, which cannot be opened; create it")
            ) { try await machine.start(none, on: target) }
        }
    }

    @Test(arguments: [
        (".ssh/id_ed25519", ".ssh"), (".aws/credentials", ".aws"), (".netrc", ".netrc"),
        (".git-credentials", ".git-credentials"), (".cache/huggingface/token", ".cache/huggingface"),
    ])
    func `a personal key is no source, by its own path or by a link`(_ file: String, _ place: String) async throws {
        try await withSettings { root, settings in
            try Disk.write(Array("key".utf8), to: "\(root)/home/\(file)")
            #expect(symlink("\(root)/home/\(file)", "\(root)/link") == 0)
            for path in ["\(root)/home/\(file)", "\(root)/home/secrets/../\(file)", "\(root)/link"] {
                #expect(
                    throws: Self.refusal(
                        "env K may not come from \(path): \(root)/home/\(place) is kept from every replica; put the value "
                            + "into a file of its own elsewhere")
                ) { try read(path, settings) }
            }
            try Disk.write(Array("fine\n".utf8), to: "\(root)/home/secrets/token")
            #expect(try read("\(root)/home/secrets/token", settings) == "K=fine\0")
        }
    }

    @Test(arguments: ["/etc/shadow", "/proc/self/cmdline", "/proc/self/root/etc/shadow"])
    func `the system's own secrets are no source`(_ path: String) async throws {
        try await withSettings { _, settings in
            let real = try #require(Disk.resolved(path))
            let place = real == "/etc/shadow" ? real : "/proc"
            #expect(
                throws: Self.refusal(
                    "env K may not come from \(path): \(place) is kept from every replica; put the value into a file of its "
                        + "own elsewhere")
            ) { try read(path, settings) }
        }
    }

    @Test func `a file that the controller itself uses is no source`() async throws {
        try await withSettings { root, settings in
            try Disk.write(Array("token".utf8), to: "\(root)/etc/forge-token")
            #expect(try read("\(root)/etc/forge-token", settings) == "K=token\0")
            settings.hidden = ["\(root)/etc/forge-token"]
            #expect(
                throws: Self.refusal(
                    "env K may not come from \(root)/etc/forge-token: \(root)/etc/forge-token is kept from every replica; "
                        + "put the value into a file of its own elsewhere")
            ) { try read("\(root)/etc/forge-token", settings) }
        }
    }

    @Test func `folders of secrets narrow it, and open nothing that is hidden`() async throws {
        try await withSettings { root, settings in
            try Disk.write(Array("in".utf8), to: "\(root)/home/secrets/token")
            try Disk.write(Array("out".utf8), to: "\(root)/etc/token")
            try Disk.write(Array("key".utf8), to: "\(root)/home/.ssh/key")
            settings.secretFolders = ["\(root)/home/secrets", "\(root)/home/.ssh"]
            #expect(try read("\(root)/home/secrets/token", settings) == "K=in\0")
            #expect(
                throws: Self.refusal(
                    "env K may not come from \(root)/etc/token: isolation.secretFolders allows only \(root)/home/secrets, "
                        + "\(root)/home/.ssh; move the file there")
            ) { try read("\(root)/etc/token", settings) }
            #expect(throws: Failure.self) { try read("\(root)/home/.ssh/key", settings) }
        }
    }

    @Test func `a sandboxed replica cannot read a configured file of credentials`() async throws {
        try await withTemporaryFolder { root in
            chmod(root.path, 0o755)
            let file = root.resolvingSymlinksInPath().appending(path: "credentials").path
            try Disk.write(Array("s3cr3t-41aa".utf8), to: file, mode: 0o644)
            let machine = try Machine(root: root) { $0.hidden = [file] }
            try await withReplicas(of: machine) { machine, target in
                // Without a sandbox it is as open as its mode says: the file is there, and can be read.
                let plain = try machine.spec("plain")
                _ = try await machine.start(plain, on: target)
                let open = try await target.waitUntilReady(plain.key)
                #expect(
                    try await post("/eval", "open('\(file)').read()", to: open) == #"{"result": "'s3cr3t-41aa'"}"#)
                let spec = try machine.spec(isolation: .sandbox)
                _ = try await machine.start(spec, on: target)
                let replica = try await target.waitUntilReady(spec.key)
                let answer = try await post("/eval", "open('\(file)').read()", to: replica)
                #expect([#"{"result": "''"}"#, #"{"error": "PermissionError"}"#].contains(answer), "\(answer)")
            }
        }
    }
}

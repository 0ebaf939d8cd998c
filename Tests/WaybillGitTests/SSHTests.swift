import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillGit

@Suite(.enabled(if: SSHServer.isAvailable, "needs sshd")) struct SSHTests {
    private func mirror(
        _ origin: Origin, _ server: SSHServer, key: String? = nil, knownHosts: String? = nil, path: String? = nil,
        passphrase: SecretReference? = nil
    ) throws -> MirrorRepository {
        try MirrorRepository(
            folder: origin.folder + "/state",
            remote: RemoteConfiguration(
                url: server.url(path ?? origin.path), branch: "main",
                ssh: SSHCredentials(
                    identity: .key(path: key ?? server.userKey, passphrase: passphrase),
                    knownHosts: [knownHosts ?? server.knownHosts])), helper: helper)
    }

    private func key(_ origin: Origin, _ type: String = "ed25519", passphrase: String = "") async throws -> String {
        let path = origin.folder + "/key-\(type)"
        _ = try await Shell.run("ssh-keygen", "-q", "-t", type, "-N", passphrase, "-f", path)
        return path
    }

    @Test(arguments: ["ed25519", "ecdsa"])
    func `a key file opens the repository`(type: String) async throws {
        try await withOrigin { origin in
            let server = try await SSHServer(in: URL(filePath: origin.folder), hostKeyType: type, userKeyType: type)
            let first = try await origin.push(["a": "1"])
            let mirror = try mirror(origin, server)
            #expect(try await mirror.remoteHead() == first)
            #expect(try await mirror.fetch() == first)
            let second = try await origin.push(["a": "2"])
            #expect(try await mirror.fetch() == second)
            let published = try await mirror.publish(
                [65], as: "checkpoint", to: "refs/waybill/checkpoints", message: "m", at: Timestamp(milliseconds: 0))
            #expect(try await origin.head(of: "refs/waybill/checkpoints") == published)
        }
    }

    @Test func `a key with a passphrase is opened by it`() async throws {
        try await withOrigin { origin in
            let server = try await SSHServer(in: URL(filePath: origin.folder))
            let first = try await origin.push(["a": "1"])
            _ = try await Shell.run("ssh-keygen", "-q", "-p", "-P", "", "-N", "hunter2", "-f", server.userKey)
            try Data("hunter2\n".utf8).write(to: URL(filePath: origin.folder + "/passphrase"))
            let opened = try mirror(origin, server, passphrase: .file(origin.folder + "/passphrase"))
            #expect(try await opened.remoteHead() == first)
            try Data("wrong\n".utf8).write(to: URL(filePath: origin.folder + "/passphrase"))
            let refused = await failure { () async throws(Failure) in try await opened.remoteHead() }
            #expect(refused?.reason == "CredentialInvalid", "\(refused as Any)")
        }
    }

    @Test func `an unknown host key is refused with the way to add it`() async throws {
        try await withOrigin { origin in
            let server = try await SSHServer(in: URL(filePath: origin.folder))
            try await origin.push(["a": "1"])
            let empty = origin.folder + "/empty-known-hosts"
            let mirror = try mirror(origin, server, knownHosts: empty)
            let line = try await Shell.run("ssh-keygen", "-l", "-f", server.knownHosts)
            let fingerprint = line.split(separator: " ")[1]
            let refused = await failure { () async throws(Failure) in try await mirror.remoteHead() }
            #expect(
                refused
                    == Failure(
                        .stall, reason: "HostKeyUnknown",
                        message:
                            "127.0.0.1:\(server.port): the host key ssh-ed25519 \(fingerprint) is in no known_hosts file; "
                            + "compare it with what the server's owner publishes, then add it: ssh-keyscan -p \(server.port) "
                            + "127.0.0.1 >> '\(empty)'"))
            // The remedy is one that works.
            _ = try await Shell.run(
                "sh", "-c", "ssh-keyscan -t ed25519 -p \(server.port) 127.0.0.1 >> '\(empty)' 2>/dev/null")
            #expect(try await mirror.remoteHead() == origin.head())
        }
    }

    @Test func `a changed host key is refused`() async throws {
        try await withOrigin { origin in
            let server = try await SSHServer(in: URL(filePath: origin.folder))
            let other = try await key(origin)
            let parts = try String(contentsOfFile: other + ".pub", encoding: .utf8).split(separator: " ")
            let file = origin.folder + "/known"
            try Data("[127.0.0.1]:\(server.port) \(parts[0]) \(parts[1])\n".utf8).write(to: URL(filePath: file))
            let mirror = try mirror(origin, server, knownHosts: file)
            let refused = await failure { () async throws(Failure) in try await mirror.remoteHead() }
            #expect(refused?.reason == "HostKeyChanged")
            #expect(
                refused?.message.hasSuffix(
                    "is not the one in known_hosts (ssh-ed25519); the server was changed, or someone stands between. Ask its "
                        + "owner; if the change is right: ssh-keygen -R '[127.0.0.1]:\(server.port)' -f '\(file)', then "
                        + "ssh-keyscan -p \(server.port) 127.0.0.1 >> '\(file)'") == true, "\(refused as Any)")
        }
    }

    @Test func `a key that the server does not know is told by its path`() async throws {
        try await withOrigin { origin in
            let server = try await SSHServer(in: URL(filePath: origin.folder))
            let stranger = try await key(origin)
            let mirror = try mirror(origin, server, key: stranger)
            let refused = await failure { () async throws(Failure) in try await mirror.remoteHead() }
            #expect(
                refused
                    == Failure(
                        .stall, reason: "RemoteUnauthorized",
                        message:
                            "\(server.url(origin.path)): it refused the key '\(stranger)' for user '\(NSUserName())'; give "
                            + "the server its public half, and use Ed25519 or ECDSA (RSA keys do not work with libssh2 1.10)"
                    ))
        }
    }

    @Test func `a server with an RSA host key alone gets a remedy`() async throws {
        try await withOrigin { origin in
            let server = try await SSHServer(in: URL(filePath: origin.folder), hostKeyType: "rsa")
            let mirror = try mirror(origin, server)
            let refused = await failure { () async throws(Failure) in try await mirror.remoteHead() }
            #expect(refused?.reason == "SSHUnsupported")
            #expect(
                refused?.message.hasSuffix("libssh2 1.10 needs an Ed25519 or ECDSA host key there") == true,
                "\(refused as Any)")
        }
    }

    @Test func `a repository that is not there is told`() async throws {
        try await withOrigin { origin in
            let server = try await SSHServer(in: URL(filePath: origin.folder))
            let mirror = try mirror(origin, server, path: "/nowhere/fleet.git")
            let refused = await failure { () async throws(Failure) in try await mirror.remoteHead() }
            #expect(
                refused
                    == Failure(
                        .stall, reason: "RemoteNotFound",
                        message: "\(server.url("/nowhere/fleet.git")): the server has no such repository (fatal: "
                            + "'/nowhere/fleet.git' does not appear to be a git repository); check the path, and that this key "
                            + "may read it"))
        }
    }

    @Test(.enabled(if: Shell.has("/usr/bin/ssh-agent", "/usr/bin/ssh-add")))
    func `an agent's key opens the repository`() async throws {
        try await withOrigin { origin in
            let server = try await SSHServer(in: URL(filePath: origin.folder))
            let pushed = try await origin.push(["a": "1"])
            let socket = origin.folder + "/agent"
            let agent = try RunningServer(
                ["/bin/sh", "-c", "/usr/bin/ssh-agent -D -a '\(socket)' & read line; kill $!"], home: origin.folder)
            for _ in 0..<500 where !FileManager.default.fileExists(atPath: socket) {
                try await Task.sleep(for: .milliseconds(10))
            }
            _ = try await Shell.run("env", "SSH_AUTH_SOCK=\(socket)", "ssh-add", "-q", server.userKey)
            // The helper inherits the agent's socket from the controller; here a program in between stands for it.
            let through = HelperCommand(path: "/usr/bin/env", arguments: ["SSH_AUTH_SOCK=\(socket)", helper.path])
            let mirror = try MirrorRepository(
                folder: origin.folder + "/state",
                remote: RemoteConfiguration(
                    url: server.url(origin.path), branch: "main",
                    ssh: SSHCredentials(identity: .agent, knownHosts: [server.knownHosts])), helper: through)
            #expect(try await mirror.fetch() == pushed)
            withExtendedLifetime(agent) {}
        }
    }
}

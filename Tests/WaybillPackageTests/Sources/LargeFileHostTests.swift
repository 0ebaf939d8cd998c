import Foundation
import Testing
import WaybillCore
import WaybillGit
import WaybillTestSupport

@testable import WaybillPackage

/// Files that the real git-lfs client pushed over ssh and into folders.
@Suite struct `Large files of repositories without a named server` {
    private static let text = String(repeating: "weights ", count: 40_000)
    private static let isAvailable = FileManager.default.isExecutableFile(atPath: "/usr/bin/git-lfs")

    private func commit(_ origin: GitOrigin) throws {
        try origin.git("lfs", "install", "--local")
        try origin.git("lfs", "track", "*.bin")
        try origin.commit(["models/m.bin": Self.text])
    }

    private func fixture(
        _ origin: GitOrigin, remote: String, hosts: (any LargeFileHosts)? = nil
    ) throws -> (StoreFixture, Artifact) {
        let files = LargeFiles(
            try HTTPTransport(HTTPSettings()), remote: try RemoteAddress(parsing: remote), hosts: hosts)
        let fixture = try StoreFixture(
            in: origin.folder, commit: try CommitID(parsing: try origin.git("rev-parse", "HEAD")),
            tree: try WorkingClone(containing: origin.path), readers: SourceReaders([:], largeFiles: files))
        return (fixture, fixture.artifact("m.bin", .repository(path: "models/m.bin"), Self.text))
    }

    /// A bare repository on a host whose `git-lfs-authenticate` names the server, with a header that opens it.
    private func withHost(
        program: String? = nil, _ body: (GitOrigin, SSHDaemon, LFSServer, _ remote: String) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let origin = try GitOrigin(in: folder)
            let server = try LFSServer(in: folder) { $0.authorization = "Ticket 7" }
            let programs = folder.appending(path: "programs")
            try FileManager.default.createDirectory(at: programs, withIntermediateDirectories: true)
            let answer = #"{"href":"\(server.url)","header":{"Authorization":"Ticket 7"},"expires_in":60}"#
                .replacing("\\(server.url)", with: server.url)
            let text = program ?? "echo \"$*\" >> '\(folder.path)/asked'\necho '\(answer)'\n"
            let file = programs.appending(path: "git-lfs-authenticate")
            try Data("#!/bin/sh\n\(text)".utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
            let daemon = try await SSHDaemon(in: folder, programs: programs)
            let remote = daemon.url(folder.appending(path: "it's-bare.git").path)
            try await body(origin, daemon, server, remote)
        }
    }

    @Test(.enabled(if: isAvailable && SSHDaemon.isAvailable, "needs git-lfs and sshd"))
    func `an ssh host says where its server is, to git-lfs and to Waybill`() async throws {
        try await withHost { (origin, daemon, server, _) async throws in
            let bare = origin.folder.appending(path: "bare.git").path
            try origin.run("git", "init", "-q", "--bare", bare)
            try commit(origin)
            try origin.git("config", "core.sshCommand", daemon.command)
            try origin.git("config", "lfs.locksverify", "false")
            try origin.git("remote", "add", "origin", daemon.url(bare))
            try origin.git("push", "-q", "origin", "main")
            let asked = origin.folder.appending(path: "asked")
            func lines() throws -> [String] {
                try String(contentsOf: asked, encoding: .utf8).split(separator: "\n").map(String.init)
            }
            let uploads = try lines()
            #expect(uploads.contains { $0.hasSuffix("bare.git upload") }, "\(uploads)")

            let (fixture, artifact) = try fixture(origin, remote: daemon.url(bare), hosts: daemon.hosts())
            try await fixture.stage([artifact])
            #expect(try fixture.text([artifact], "m.bin") == Self.text)
            #expect(try lines().dropFirst(uploads.count) == ["\(bare) download"])
            #expect(
                try server.requests().suffix(2) == [
                    "POST /fleet.git/info/lfs/objects/batch -", "GET /objects/\(artifact.digest.hex) -",
                ])
        }
    }

    /// What a host may do, and what comes of it; HERE is the host, BARE the repository's address.
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var program: String?
        var key: String?
        var believed = "host"
        var passphrase = false
        var ssh = "/usr/bin/ssh"
        var failure: Failure
    }

    @Test(
        .enabled(if: isAvailable && SSHDaemon.isAvailable, "needs git-lfs and sshd"),
        arguments: [
            Case(
                testDescription: "it refuses", program: "echo 'no such repository' >&2; exit 3\n",
                failure: Failure(
                    .stall, reason: "LargeFileUnavailable",
                    message:
                        "BARE: git-lfs-authenticate refuses: 'no such repository'; ask the host's operator for the right to read"
                )),
            Case(
                testDescription: "it says nothing sound", program: "echo hello\n",
                failure: Failure(
                    .stall, reason: "LargeFileUnavailable",
                    message: "BARE: git-lfs-authenticate gave no JSON; ask the host's operator")),
            Case(
                testDescription: "it wants what no download has",
                program: #"echo '{"href":"https://x.example","header":{"Host":"y"}}'"# + "\n",
                failure: Failure(
                    .stall, reason: "LargeFileUnavailable",
                    message:
                        "BARE: git-lfs-authenticate wants headers that a download must not have; ask the host's operator"
                )),
            Case(
                testDescription: "it leads to a machine's own credentials",
                program: #"echo '{"href":"http://169.254.169.254/latest"}'"# + "\n",
                failure: Failure(
                    .stall, reason: "SourceRefused",
                    message:
                        "http://169.254.169.254/latest/objects/batch: '169.254.169.254' is this link's, where machines keep their own "
                        + "credentials; nothing is fetched from there")),
            Case(
                testDescription: "it does not know the key", key: "stranger",
                failure: Failure(
                    .stall, reason: "RemoteUnauthorized",
                    message:
                        "BARE: git-lfs-authenticate: the host refuses the key: 'USER@127.0.0.1: Permission denied (publickey).'; give it the "
                        + "right to read there")),
            Case(
                testDescription: "it has another key", believed: "stranger",
                failure: Failure(
                    .stall, reason: "HostKeyUnknown",
                    message:
                        "BARE: git-lfs-authenticate: the host's key is not among those of 'repository.knownHosts': 'Host key verification "
                        + "failed.'")),
            Case(
                testDescription: "a key with a passphrase", passphrase: true,
                failure: Failure(
                    .stall, reason: "CredentialInvalid",
                    message:
                        "BARE: git-lfs-authenticate: the SSH key 'PLACE/user' has a passphrase, which the ssh program is not given; load the "
                        + "key into an agent, or name the Git LFS server as 'sources.lfs' in waybill.yaml")),
            Case(
                testDescription: "no ssh here", ssh: "/nowhere/ssh",
                failure: Failure(
                    .stall, reason: "ProgramMissing",
                    message:
                        "BARE: git-lfs-authenticate is asked by '/nowhere/ssh', which is not there; install openssh-client, or name the Git LFS "
                        + "server as 'sources.lfs' in waybill.yaml")),
        ])
    func `a host that does not help is told`(_ test: Case) async throws {
        try await withHost(program: test.program) { (origin, daemon, _, remote) async throws in
            try commit(origin)
            try await daemon.believe(test.believed)
            let hosts = daemon.hosts(
                key: test.key.map { "\(daemon.place)/\($0)" },
                passphrase: test.passphrase ? .environment("ABSENT") : nil, program: test.ssh)
            let (fixture, artifact) = try fixture(origin, remote: remote, hosts: hosts)
            var expected = test.failure
            expected.message = expected.message.replacing("BARE", with: "\(try RemoteAddress(parsing: remote))")
                .replacing("USER", with: daemon.user).replacing("PLACE", with: daemon.place)
            #expect(await fixture.failure(of: [artifact]) == expected)
            #expect(fixture.partials == [] && fixture.blobs == [])
        }
    }

    @Test(.enabled(if: isAvailable && SSHDaemon.isAvailable, "needs git-lfs and sshd"))
    func `a host without the program has its server by convention`() async throws {
        try await withHost { (origin, daemon, _, remote) async throws in
            try FileManager.default.removeItem(
                at: origin.folder.appending(path: "programs/git-lfs-authenticate"))
            try commit(origin)
            let (fixture, artifact) = try fixture(origin, remote: remote, hosts: daemon.hosts())
            let failure = await fixture.failure(of: [artifact])
            // Nothing of this test listens for TLS on 127.0.0.1.
            #expect(failure?.message.hasPrefix("POST https://127.0.0.1/") == true, "\(failure as Any)")
        }
    }

    @Test(.enabled(if: isAvailable, "needs git-lfs"), arguments: [true, false])
    func `a repository in a folder has the objects in it`(_ isBare: Bool) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let origin = try GitOrigin(in: folder)
            try commit(origin)
            var remote = origin.path
            if isBare {
                remote = folder.appending(path: "bare.git").path
                try origin.run("git", "init", "-q", "--bare", remote)
                try origin.git("remote", "add", "origin", "file://\(remote)")
                try origin.git("push", "-q", "origin", "main")
            }
            let (fixture, artifact) = try fixture(origin, remote: isBare ? "file://\(remote)" : remote)
            // What an earlier try left.
            try fixture.content.layout.make()
            try Data(Self.text.utf8.prefix(100_000)).write(
                to: URL(filePath: fixture.content.layout.partial(artifact.digest)))
            try await fixture.stage([artifact])
            #expect(try fixture.text([artifact], "m.bin") == Self.text)

            let hex = artifact.digest.hex
            let object = "lfs/objects/\(hex.prefix(2))/\(hex.dropFirst(2).prefix(2))/\(hex)"
            let place = isBare ? "\(remote)/\(object)" : "\(remote)/.git/\(object)"
            try FileManager.default.removeItem(atPath: fixture.content.layout.blob(artifact.digest))
            try FileManager.default.removeItem(atPath: "\(fixture.state)/artifacts")
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: place)
            try Data(Self.text.utf8.map { $0 ^ 1 }).write(to: URL(filePath: place))
            #expect(await fixture.failure(of: [artifact])?.reason == "ArtifactMismatch")
            try FileManager.default.removeItem(atPath: place)
            #expect(
                await fixture.failure(of: [artifact])?.message
                    == "models/m.bin: the repository \(remote) does not have the object of the pointer (\(remote)/\(object)); upload it with "
                    + "'git lfs push --all', or name a server as 'lfs.url' in .lfsconfig or as 'sources.lfs' in waybill.yaml"
            )
        }
    }
}

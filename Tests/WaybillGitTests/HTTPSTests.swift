import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillGit

@Suite(.enabled(if: HTTPSServer.isAvailable, "needs openssl and python3")) struct HTTPSTests {
    /// A mirror of `server` that trusts its authority and has a token in a file.
    private func mirror(
        _ origin: Origin, _ server: HTTPSServer, secret: SecretReference? = nil, authority: String? = nil,
        limits: TransferLimits = TransferLimits(), url: String? = nil
    ) throws -> MirrorRepository {
        try MirrorRepository(
            folder: origin.folder + "/state",
            remote: RemoteConfiguration(
                url: url ?? server.url, branch: "main",
                credentials: secret.map { BasicCredentials(secret: $0) },
                certificateFile: authority ?? server.authority), limits: limits, helper: helper)
    }

    private func token(_ origin: Origin, _ text: String = "hunter2\n") throws -> SecretReference {
        try Data(text.utf8).write(to: URL(filePath: origin.folder + "/token"))
        return .file(origin.folder + "/token")
    }

    @Test func `a token from a file opens the repository, and only what is new is sent`() async throws {
        try await withOrigin { origin in
            let server = try await HTTPSServer(serving: origin.folder, in: URL(filePath: origin.folder)) {
                $0.login = "x-access-token:hunter2"
            }
            let first = try await origin.push(["a": "1", "b": String(repeating: "large ", count: 10_000)])
            let mirror = try mirror(origin, server, secret: token(origin))
            #expect(try await mirror.remoteHead() == first)
            #expect(try await mirror.fetch() == first)
            let second = try await origin.push(["a": "2"])
            #expect(try await mirror.fetch() == second)
            #expect(try await mirror.fetch() == second)
            #expect(try await mirror.changes(from: first, to: second, under: "").changes.map(\.path) == ["a"])
            let packs = try FileManager.default.contentsOfDirectory(
                atPath: origin.folder + "/state/mirror.git/objects/pack")
            #expect(packs.filter { $0.hasSuffix(".pack") }.count == 2)
        }
    }

    @Test func `a token from an environment variable opens the repository, and a wrong one is told by its name`()
        async throws
    {
        try await withOrigin { origin in
            let server = try await HTTPSServer(serving: origin.folder, in: URL(filePath: origin.folder)) {
                $0.login = "x-access-token:from-variable-51d0"
            }
            let head = try await origin.push(["a": "1"])
            setenv("WAYBILL_TEST_HTTPS_TOKEN", "from-variable-51d0", 1)
            setenv("WAYBILL_TEST_WRONG_TOKEN", "wrong-9a7e", 1)
            let opened = try mirror(origin, server, secret: .environment("WAYBILL_TEST_HTTPS_TOKEN"))
            #expect(try await opened.fetch() == head)
            let refusing = try mirror(origin, server, secret: .environment("WAYBILL_TEST_WRONG_TOKEN"))
            let refused = await failure { () async throws(Failure) in try await refusing.remoteHead() }
            #expect(refused?.reason == "RemoteUnauthorized")
            let message = refused?.message ?? ""
            #expect(message.contains("WAYBILL_TEST_WRONG_TOKEN") && !message.contains("wrong-9a7e"), "\(message)")
        }
    }

    @Test func `a wrong token is told by its file, never by itself`() async throws {
        try await withOrigin { origin in
            let server = try await HTTPSServer(serving: origin.folder, in: URL(filePath: origin.folder)) {
                $0.login = "x-access-token:right"
            }
            try await origin.push(["a": "1"])
            let mirror = try mirror(origin, server, secret: token(origin))
            let refused = await failure { () async throws(Failure) in try await mirror.remoteHead() }
            #expect(
                refused
                    == Failure(
                        .stall, reason: "RemoteUnauthorized",
                        message: "\(server.url): it refused the secret of file '\(origin.folder)/token' (user "
                            + "'x-access-token'); check that it is not expired and may read this repository"))
        }
    }

    @Test func `a server that asks for a token when none is configured is told so`() async throws {
        try await withOrigin { origin in
            let server = try await HTTPSServer(serving: origin.folder, in: URL(filePath: origin.folder)) {
                $0.login = "x-access-token:right"
            }
            let mirror = try mirror(origin, server)
            let refused = await failure { () async throws(Failure) in try await mirror.remoteHead() }
            #expect(
                refused
                    == Failure(
                        .stall, reason: "RemoteUnauthorized",
                        message:
                            "\(server.url): it asks for a token and none is configured (some servers answer so for a "
                            + "repository that does not exist); name one in 'credentials'"))
        }
    }

    @Test(arguments: [
        ("/nowhere/token", "the file '/nowhere/token' cannot be read: No such file or directory"),
        ("", "is empty or has more than one line; it must hold the secret and nothing else"),
        ("one\ntwo", "is empty or has more than one line; it must hold the secret and nothing else"),
    ])
    func `a secret that is not there is named by its place`(content: String, message: String) async throws {
        try await withOrigin { origin in
            let server = try await HTTPSServer(serving: origin.folder, in: URL(filePath: origin.folder))
            let secret = content.hasPrefix("/") ? SecretReference.file(content) : try token(origin, content)
            let mirror = try mirror(origin, server, secret: secret)
            let refused = await failure { () async throws(Failure) in try await mirror.remoteHead() }
            #expect(refused?.reason == "CredentialMissing")
            #expect(refused?.message == (content.hasPrefix("/") ? message : "the \(secret) \(message)"))
        }
    }

    @Test func `a certificate of an unknown authority is refused`() async throws {
        try await withOrigin { origin in
            let server = try await HTTPSServer(serving: origin.folder, in: URL(filePath: origin.folder))
            let stranger = try await HTTPSServer(serving: origin.folder, in: URL(filePath: origin.folder))
            let mirror = try mirror(origin, server, authority: stranger.authority)
            let refused = await failure { () async throws(Failure) in try await mirror.remoteHead() }
            #expect(refused?.disposition == .stall)
            #expect(refused?.reason == "CertificateUntrusted")
            let message = refused?.message ?? ""
            #expect(
                message.hasPrefix(
                    "\(server.url): the server's certificate is not signed by the certificates of '\(stranger.authority)', or is "
                        + "not for this host ("), "\(message)")
        }
    }

    @Test func `a numeric address cannot be checked, and says so`() async throws {
        try await withOrigin { origin in
            let server = try await HTTPSServer(serving: origin.folder, in: URL(filePath: origin.folder))
            let url = "https://127.0.0.1:\(server.port)/origin.git"
            let mirror = try mirror(origin, server, url: url)
            let refused = await failure { () async throws(Failure) in try await mirror.remoteHead() }
            #expect(
                refused
                    == Failure(
                        .stall, reason: "CertificateUntrusted",
                        message:
                            "\(url): the server's certificate cannot be checked against a numeric address (the SSL "
                            + "certificate is invalid: 0x04 - The certificate Common Name (CN) does not match with the expected "
                            + "CN); libgit2 here compares names only: use the server's name"))
        }
    }

    @Test func `a certificate file that is none is named`() async throws {
        try await withOrigin { origin in
            let server = try await HTTPSServer(serving: origin.folder, in: URL(filePath: origin.folder))
            let mirror = try mirror(origin, server, authority: "/nowhere/ca.pem")
            let refused = await failure { () async throws(Failure) in try await mirror.remoteHead() }
            #expect(refused?.reason == "CertificateFileInvalid")
            #expect(refused?.message.hasPrefix("the certificate file '/nowhere/ca.pem' cannot be read: ") == true)
        }
    }

    @Test func `a server that takes only TLS 1.3 gets a remedy`() async throws {
        try await withOrigin { origin in
            let server = try await HTTPSServer(serving: origin.folder, in: URL(filePath: origin.folder)) {
                $0.minimumTLS = "TLSv1_3"
            }
            let mirror = try mirror(origin, server)
            let refused = await failure { () async throws(Failure) in try await mirror.remoteHead() }
            #expect(refused?.reason == "TLSFailed")
            #expect(refused?.message.contains("must allow 1.2, or use an 'ssh' address") == true, "\(refused as Any)")
        }
    }

    @Test(arguments: [
        (404, "RemoteNotFound", Disposition.stall, "the server has no such repository (HTTP 404); check the address"),
        (403, "RemoteUnauthorized", .stall, "the server refuses access (HTTP 403); check the credentials"),
        (503, "RemoteUnreachable", .retry, "the server answered with HTTP 503; it is tried again"),
    ])
    func `a status is told in words`(
        status: Int, reason: String, disposition: Disposition, message: String
    ) async throws {
        try await withOrigin { origin in
            let server = try await HTTPSServer(serving: origin.folder, in: URL(filePath: origin.folder)) {
                $0.status = status
            }
            let mirror = try mirror(origin, server)
            let refused = await failure { () async throws(Failure) in try await mirror.remoteHead() }
            #expect(refused == Failure(disposition, reason: reason, message: "\(server.url): \(message)"))
        }
    }

    @Test func `a redirect to another host does not get the token`() async throws {
        try await withOrigin { origin in
            let server = try await HTTPSServer(serving: origin.folder, in: URL(filePath: origin.folder)) {
                $0.location = "https://elsewhere.example.org"
            }
            let mirror = try mirror(origin, server, secret: token(origin))
            let refused = await failure { () async throws(Failure) in try await mirror.remoteHead() }
            #expect(
                refused
                    == Failure(
                        .stall, reason: "RemoteMoved",
                        message: "\(server.url): the server sends elsewhere (cannot redirect from 'localhost' to "
                            + "'elsewhere.example.org'); set the repository's address to the new place"))
        }
    }

    @Test func `a server that breaks off in the middle of a pack costs one fetch`() async throws {
        try await withOrigin { origin in
            let pushed = try await origin.push(["a": (0..<3000).map { String($0 &* 2_654_435_761) }.joined()])
            let cut = try await HTTPSServer(serving: origin.folder, in: URL(filePath: origin.folder)) {
                $0.cutAfter = 3000
            }
            let broken = try mirror(origin, cut)
            let refused = await failure { () async throws(Failure) in try await broken.fetch() }
            #expect(refused?.disposition == .retry)
            #expect(refused.map { ["RemoteUnreachable", "RemoteInvalid", "TLSFailed"].contains($0.reason) } == true)
            #expect(!FileManager.default.fileExists(atPath: origin.folder + "/state/mirror.git"))
            let whole = try await HTTPSServer(serving: origin.folder, in: URL(filePath: origin.folder))
            #expect(try await mirror(origin, whole).fetch() == pushed)
        }
    }

    @Test func `a fetch past the byte limit is stopped`() async throws {
        try await withOrigin { origin in
            try await origin.push(["a": (0..<30_000).map { String($0 &* 2_654_435_761) }.joined()])
            let server = try await HTTPSServer(serving: origin.folder, in: URL(filePath: origin.folder))
            let mirror = try mirror(origin, server, limits: TransferLimits(bytes: 20_000))
            let refused = await failure { () async throws(Failure) in try await mirror.fetch() }
            #expect(
                refused
                    == Failure(
                        .stall, reason: "FetchTooLarge",
                        message:
                            "\(server.url): the remote sent more than 20000 bytes; keep model weights out of the fleet "
                            + "repository's history, or raise the limit"))
            #expect(!FileManager.default.fileExists(atPath: origin.folder + "/state/mirror.git"))
        }
    }

    @Test func `a checkpoint is pushed on top of what is there`() async throws {
        try await withOrigin { origin in
            let server = try await HTTPSServer(serving: origin.folder, in: URL(filePath: origin.folder)) {
                $0.login = "x-access-token:hunter2"
            }
            try await origin.push(["a": "1"])
            let mirror = try mirror(origin, server, secret: token(origin))
            let first = try await mirror.publish(
                Array("one".utf8), as: "checkpoint", to: "refs/waybill/checkpoints", message: "Checkpoint 1",
                at: Timestamp(milliseconds: 1_700_000_000_000))
            // Another state folder, as after a machine was lost, goes on from the remote's history.
            try FileManager.default.removeItem(atPath: origin.folder + "/state/published.git")
            let second = try await mirror.publish(
                Array("two".utf8), as: "checkpoint", to: "refs/waybill/checkpoints", message: "Checkpoint 2",
                at: Timestamp(milliseconds: 1_700_000_001_000))
            let log = try await origin.git("-C", origin.path, "log", "--format=%H %at %s", "refs/waybill/checkpoints")
            #expect(log == "\(second) 1700000001 Checkpoint 2\n\(first) 1700000000 Checkpoint 1")
            #expect(try await origin.git("-C", origin.path, "show", "\(second):checkpoint") == "two")
            #expect(try await origin.git("-C", origin.path, "fsck", "--strict") == "")
        }
    }

    @Test func `a pushed reference that the remote refuses is told`() async throws {
        try await withOrigin { origin in
            let server = try await HTTPSServer(serving: origin.folder, in: URL(filePath: origin.folder))
            try await origin.push(["a": "1"])
            let hook = origin.path + "/hooks/update"
            try Data("#!/bin/sh\nexit 1\n".utf8).write(to: URL(filePath: hook))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)
            let mirror = try mirror(origin, server)
            let refused = await failure { () async throws(Failure) in
                try await mirror.publish(
                    [1], as: "c", to: "refs/waybill/c", message: "m", at: Timestamp(milliseconds: 0))
            }
            #expect(
                refused
                    == Failure(
                        .retry, reason: "PushRejected",
                        message:
                            "\(server.url): the remote refused 'refs/waybill/c' ('hook declined'); allow this key or token "
                            + "to push there"))
        }
    }
}

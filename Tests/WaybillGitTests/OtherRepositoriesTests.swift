import Foundation
import Glibc
import Synchronization
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillGit

/// Files of repositories other than the fleet's, at one commit, through the real helper.
@Suite struct `Other repositories` {
    private func files(_ origin: Origin, _ name: String = "others") -> OtherRepositories {
        files(origin, name) { (address) throws(Failure) in try Self.remote(address) }
    }

    private func files(
        _ origin: Origin, _ name: String = "others", access: @escaping OtherRepositories.Access
    ) -> OtherRepositories {
        OtherRepositories(folder: origin.folder + "/" + name, helper: helper, access: access)
    }

    private static func remote(
        _ address: RemoteAddress, ssh: SSHCredentials? = nil, authority: String? = nil
    ) throws(Failure) -> RemoteConfiguration {
        do throws(InvalidInput) {
            return try RemoteConfiguration(address: address, branch: "HEAD", ssh: ssh, certificateFile: authority)
        } catch { throw Failure(.stall, reason: "RemoteInvalid", message: error.message) }
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `a file of a folder's repository is read as each commit has it, without its history`() async throws {
        try await withOrigin { origin in
            let first = try await origin.push(["m/a.txt": "one"])
            let second = try await origin.push(["m/a.txt": "two"])
            let files = files(origin)
            let address = try RemoteAddress(parsing: origin.path)
            #expect(text(try await files.file("m/a.txt", at: second, of: address, limit: 10)) == "two")
            #expect(text(try await files.file("m/a.txt", at: first, of: address, limit: 10)) == "one")
            let mirror = origin.folder + "/others/" + Digest(of: origin.path.utf8).short + "/mirror.git"
            let held = try await origin.git("-C", mirror, "cat-file", "--batch-all-objects", "--batch-check")
            #expect(held.split(separator: "\n").count == 8)
        }
    }

    @Test(.enabled(if: HTTPSServer.isAvailable, "needs openssl and python3"), arguments: [false, true])
    func `a commit behind a branch is found over https, whether the server gives single commits or not`(
        _ givesAny: Bool
    ) async throws {
        try await withOrigin { origin in
            let first = try await origin.push(["m/a.txt": "one"])
            let second = try await origin.push(["m/a.txt": "two"])
            if givesAny { try await origin.git("-C", origin.path, "config", "uploadpack.allowAnySHA1InWant", "true") }
            let server = try await HTTPSServer(serving: origin.folder, in: URL(filePath: origin.folder))
            let files = files(origin) { (address) throws(Failure) in
                try Self.remote(address, authority: server.authority)
            }
            let address = try RemoteAddress(parsing: server.url)
            #expect(text(try await files.file("m/a.txt", at: first, of: address, limit: 10)) == "one")
            let mirror = origin.folder + "/others/" + Digest(of: address.description.utf8).short + "/mirror.git"
            let held = try await origin.git("-C", mirror, "cat-file", "--batch-all-objects", "--batch-check")
            #expect(held.contains(second.hex) == !givesAny)
            #expect(text(try await files.file("m/a.txt", at: second, of: address, limit: 10)) == "two")
        }
    }

    @Test(.enabled(if: SSHServer.isAvailable, "needs sshd")) func `ssh brings a commit and names a branch's`()
        async throws
    {
        try await withOrigin { origin in
            let first = try await origin.push(["m/a.txt": "one"])
            let second = try await origin.push(["m/a.txt": "two"])
            let server = try await SSHServer(in: URL(filePath: origin.folder))
            let ssh = SSHCredentials(
                identity: .key(path: server.userKey, passphrase: nil), knownHosts: [server.knownHosts])
            let files = files(origin) { (address) throws(Failure) in try Self.remote(address, ssh: ssh) }
            let address = try RemoteAddress(parsing: server.url(origin.path))
            #expect(try await files.resolve("main", of: address) == second)
            #expect(text(try await files.file("m/a.txt", at: first, of: address, limit: 10)) == "one")
        }
    }

    @Test func `a folder is read in order, with what may be run`() async throws {
        try await withOrigin { origin in
            let commit = try await origin.push(["train/b.py": "b", "train/a/x.py": "x", "other": "o"])
            let tree = try await origin.git("-C", origin.path, "rev-parse", "\(commit):train")
            let address = try RemoteAddress(parsing: origin.path)
            let found = try await files(origin).folder("train", at: commit, of: address, limit: 100)
            #expect(found.tree == tree)
            #expect(found.files.map(\.path) == ["a/x.py", "b.py"])
            let whole = try await files(origin, "whole").folder(nil, at: commit, of: address, limit: 100)
            #expect(whole.files.map(\.path) == ["other", "train/a/x.py", "train/b.py"])
        }
    }

    /// Paths that are asked for at a commit, and why they are not given.
    private static func refusals(
        in place: String, good: CommitID, linked: CommitID
    ) throws -> [(String, CommitID, Failure)] {
        let absent = try CommitID(parsing: String(repeating: "7", count: 40))
        return [
            (
                "m/b.txt", good,
                Failure(
                    .stall, reason: "FileNotFound",
                    message:
                        "\(place) at \(good.short): there is no file 'm/b.txt'; check the path, it begins at "
                        + "the repository's top")
            ),
            (
                "link", linked,
                Failure(
                    .stall, reason: "FileRefused",
                    message:
                        "\(place) at \(linked.short): 'link': a symbolic link; links are not followed, commit "
                        + "the file itself")
            ),
            (
                "sub/x", linked,
                Failure(
                    .stall, reason: "FileRefused",
                    message:
                        "\(place) at \(linked.short): 'sub': a submodule; its files are not fetched, commit "
                        + "the files themselves")
            ),
            (
                "a", absent,
                Failure(
                    .stall, reason: "CommitNotFound",
                    message:
                        "\(place): it has no commit \(absent), or no branch and no tag that reaches it; push "
                        + "it there, or name another one")
            ),
        ]
    }

    @Test func `links, submodules, what is not there and what is too much are refused with the place`() async throws {
        try await withOrigin { origin in
            let good = try await origin.push(["m/a.txt": "one", "n": "2"])
            let blob = try await origin.blob("elsewhere")
            let linked = try await origin.pushLiteralTree(
                treeLine("120000", Array("link".utf8), blob) + treeLine("160000", Array("sub".utf8), good.hex))
            let files = files(origin)
            let address = try RemoteAddress(parsing: origin.path)
            let cases = try Self.refusals(in: origin.path, good: good, linked: linked)
            for (path, commit, expected) in cases {
                let found = await failure { () async throws(Failure) in
                    try await files.file(path, at: commit, of: address, limit: 10)
                }
                #expect(found == expected)
            }
            let large = await failure { () async throws(Failure) in
                try await files.file("m/a.txt", at: good, of: address, limit: 2)
            }
            #expect(large?.reason == "FileTooLarge")
            let whole = await failure { () async throws(Failure) in
                try await files.folder(nil, at: linked, of: address, limit: 100)
            }
            #expect(whole?.reason == "FileRefused")
            let sum = await failure { () async throws(Failure) in
                try await files.folder(nil, at: good, of: address, limit: 3)
            }
            #expect(sum?.reason == "FileTooLarge")
        }
    }

    @Test func `a name is a branch, a tag, or one of two when it says which`() async throws {
        try await withOrigin { origin in
            let first = try await origin.push(["a": "1"])
            try await origin.git("-C", origin.path, "tag", "-a", "-m", "t", "v1", first.hex)
            let second = try await origin.push(["a": "2"])
            try await origin.git("-C", origin.path, "tag", "main", first.hex)
            let files = files(origin)
            let address = try RemoteAddress(parsing: origin.path)
            #expect(try await files.resolve("v1", of: address) == first)
            #expect(try await files.resolve("refs/heads/main", of: address) == second)
            let both = await failure { () async throws(Failure) in try await files.resolve("main", of: address) }
            #expect(both?.reason == "NameAmbiguous")
            let none = await failure { () async throws(Failure) in try await files.resolve("v2", of: address) }
            #expect(
                none
                    == Failure(
                        .stall, reason: "NameNotFound",
                        message: "\(origin.path): there is no branch or tag 'v2'; check its spelling"))
        }
    }

    @Test func `a transfer waits for what it took too early, and another one begins anew`() {
        var pace = TransferPace(bytesPerSecond: 1000)
        let start = ContinuousClock.now
        #expect(pace.delay(received: 0, now: start) == nil)
        #expect(pace.delay(received: 500, now: start) == .milliseconds(500))
        #expect(pace.delay(received: 1000, now: start + .milliseconds(998)) == nil)
        #expect(pace.delay(received: 3000, now: start + .seconds(1)) == .seconds(2))
        #expect(pace.delay(received: 100, now: start + .seconds(1)) == .milliseconds(100))
    }

    @Test(.enabled(if: HTTPSServer.isAvailable, "needs openssl and python3"))
    func `what comes over a network is held to the rate`() async throws {
        try await withOrigin { origin in
            var random = SystemRandomNumberGenerator()
            let noise = String(
                (0..<400_000).map { _ in Character(UnicodeScalar(UInt8.random(in: 33...126, using: &random))) })
            let commit = try await origin.push(["m.bin": noise])
            let server = try await HTTPSServer(serving: origin.folder, in: URL(filePath: origin.folder))
            let files = OtherRepositories(
                folder: origin.folder + "/others", limits: TransferLimits(bytesPerSecond: 300_000), helper: helper
            ) { (address) throws(Failure) in try Self.remote(address, authority: server.authority) }
            let start = ContinuousClock.now
            let bytes = try await files.file(
                "m.bin", at: commit, of: try RemoteAddress(parsing: server.url), limit: 400_000)
            #expect(bytes == Array(noise.utf8))
            #expect(ContinuousClock.now - start >= .seconds(1))
        }
    }

    /// Takes what a stream gives, with the size of its largest piece.
    private final class Pieces: Sendable {
        let state = Mutex((bytes: [UInt8](), most: 0, count: 0))

        func take(_ piece: UnsafeRawBufferPointer) {
            state.withLock { state in
                state.bytes += piece
                state.most = max(state.most, piece.count)
                state.count += 1
            }
        }
    }

    private func stream(
        _ path: String, at commit: CommitID, of files: OtherRepositories, _ address: RemoteAddress,
        from offset: Int64 = 0
    ) async throws -> (bytes: [UInt8], most: Int, count: Int) {
        let pieces = Pieces()
        try await files.stream(path, at: commit, of: address, from: offset, limit: 1 << 30) {
            (piece) throws(Failure) in pieces.take(piece)
        }
        return pieces.state.withLock { $0 }
    }

    @Test func `large files come in pieces, from anywhere in them, however git keeps them`() async throws {
        try await withOrigin { origin in
            var random = SystemRandomNumberGenerator()
            let noise = (0..<5_000_000).map { _ in UInt8.random(in: 97...122, using: &random) }
            // The second is kept as its difference to the first, or the other way around.
            let other = Array("changed".utf8) + noise
            let commit = try await origin.push(["a.bin": text(noise), "b.bin": text(other), "empty": ""])
            let files = files(origin)
            let address = try RemoteAddress(parsing: origin.path)
            let (one, two) = (
                try await stream("a.bin", at: commit, of: files, address),
                try await stream("b.bin", at: commit, of: files, address)
            )
            #expect(one.bytes == noise && two.bytes == other)
            for found in [one, two] { #expect(found.most <= 1 << 20 && found.count >= 5) }
            for (path, bytes) in [("a.bin", noise), ("b.bin", other)] {
                for offset in [1, 1 << 20, 3_000_001, bytes.count] {
                    let rest = try await stream(path, at: commit, of: files, address, from: Int64(offset))
                    #expect(rest.bytes == Array(bytes[offset...]))
                }
            }
            #expect(try await stream("empty", at: commit, of: files, address).bytes == [])
            let packs = origin.folder + "/others/" + Digest(of: origin.path.utf8).short + "/mirror.git/objects/pack"
            let ids = try await origin.git("-C", origin.path, "rev-parse", "\(commit):a.bin", "\(commit):b.bin")
            let found = ids.split(separator: "\n").compactMap { ObjectID(parsing: String($0)) }.map {
                PackedBlob.find($0, inPacksOf: packs) != nil
            }
            // One of the two is a difference, and was put together.
            #expect(found.sorted { $0 && !$1 } == [true, false])
        }
    }

    @Test func `a damaged file is not taken for another one`() async throws {
        try await withOrigin { origin in
            var random = SystemRandomNumberGenerator()
            let noise = text((0..<300_000).map { _ in UInt8.random(in: 97...122, using: &random) })
            let commit = try await origin.push(["a.bin": noise])
            let files = files(origin)
            let address = try RemoteAddress(parsing: origin.path)
            #expect(try await stream("a.bin", at: commit, of: files, address).bytes.count == 300_000)
            let packs = origin.folder + "/others/" + Digest(of: origin.path.utf8).short + "/mirror.git/objects/pack"
            let pack = try #require(
                try FileManager.default.contentsOfDirectory(atPath: packs).first { $0.hasSuffix("k") })
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: "\(packs)/\(pack)")
            var bytes = try Data(contentsOf: URL(filePath: "\(packs)/\(pack)"))
            bytes[bytes.count / 2] ^= 0xff
            try bytes.write(to: URL(filePath: "\(packs)/\(pack)"))
            do {
                _ = try await stream("a.bin", at: commit, of: files, address)
                Issue.record("damage went unseen")
            } catch let failure as Failure { #expect(failure.disposition == .retry, "\(failure)") }
            // The next try fetches it anew.
            #expect(try await stream("a.bin", at: commit, of: files, address).bytes == Array(noise.utf8))
        }
    }

    @Test func `after a crash a commit that had come whole is not fetched again`() async throws {
        try await withOrigin { origin in
            let commit = try await origin.push(["a": "1"])
            let (folder, path) = (origin.folder, origin.path)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [folder = folder as String, path = path as String, commit = commit.hex as String] in
                let files = OtherRepositories(folder: folder + "/others", helper: helper) { (address) throws(Failure) in
                    try `Other repositories`.remote(address)
                }
                _ = try await files.file(
                    "a", at: CommitID(parsing: commit), of: RemoteAddress(parsing: path), limit: 10)
                try FileManager.default.createDirectory(
                    atPath: folder + "/others/" + Digest(of: path.utf8).short + "/transfer-7/incoming.git",
                    withIntermediateDirectories: true)
                kill(getpid(), SIGKILL)
            }
            try await origin.git("-C", folder, "clone", "-q", "--bare", path, folder + "/kept.git")
            try FileManager.default.removeItem(atPath: path)
            do {
                let files = files(origin)
                let place = folder + "/others/" + Digest(of: path.utf8).short
                #expect(try FileManager.default.contentsOfDirectory(atPath: place) == ["mirror.git"])
                #expect(
                    text(try await files.file("a", at: commit, of: RemoteAddress(parsing: path), limit: 10)) == "1")
            }
            #expect(!FileManager.default.fileExists(atPath: folder + "/others"))
        }
    }

    @Test func `ten readers of one commit fetch it once`() async throws {
        try await withOrigin { origin in
            let commit = try await origin.push(["a": "1"])
            let files = files(origin)
            let address = try RemoteAddress(parsing: origin.path)
            try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for _ in 0..<10 {
                    group.addTask { try await files.file("a", at: commit, of: address, limit: 10) }
                }
                for try await bytes in group { #expect(bytes == Array("1".utf8)) }
            }
            let packs = origin.folder + "/others/" + Digest(of: origin.path.utf8).short + "/mirror.git/objects/pack"
            let names = try FileManager.default.contentsOfDirectory(atPath: packs)
            #expect(names.filter { $0.hasSuffix(".pack") }.count == 1)
        }
    }

    @Test func `mirrors are let go of, and nothing is left at the end`() async throws {
        try await withOrigin { origin in
            let commit = try await origin.push(["a": "1"])
            do {
                let files = files(origin)
                for index in 0..<4 {
                    let copy = origin.folder + "/copy-\(index).git"
                    try await origin.git("clone", "-q", "--bare", origin.path, copy)
                    _ = try await files.file("a", at: commit, of: RemoteAddress(parsing: copy), limit: 10)
                }
                let left = try FileManager.default.contentsOfDirectory(atPath: origin.folder + "/others")
                #expect(left.count == 2)
            }
            #expect(!FileManager.default.fileExists(atPath: origin.folder + "/others"))
        }
    }
}

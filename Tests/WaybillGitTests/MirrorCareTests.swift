import CLibgit2
import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillGit

/// What happens to a mirror over time: damage, full disks, thousands of fetches.
@Suite struct MirrorCareTests {
    private func packs(_ origin: Origin) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: origin.folder + "/state/mirror.git/objects/pack")
            .filter { $0.hasSuffix(".pack") }.map { origin.folder + "/state/mirror.git/objects/pack/" + $0 }
    }

    /// Overwrites bytes in the middle of every pack.
    private func damage(_ origin: Origin) throws {
        for pack in try packs(origin) {
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: pack)
            var bytes = try Data(contentsOf: URL(filePath: pack))
            for index in 14..<(bytes.count - 24) { bytes[index] = 0x5a }
            try bytes.write(to: URL(filePath: pack), options: [])
        }
    }

    @Test func `a damaged mirror is told, and the next fetch replaces it`() async throws {
        try await withOrigin { origin in
            let pushed = try await origin.push(["a": "1", "b": "2"])
            _ = try await origin.mirror().fetch()
            let blobs = [try BlobID.of("1"), try BlobID.of("2")]
            try damage(origin)
            let reopened = try origin.mirror()
            let refused = await failure { () async throws(Failure) in try await reopened.read(blobs, limit: 100) }
            #expect(refused?.reason == "MirrorBroken")
            #expect(refused?.disposition == .retry)
            #expect(
                refused?.message.hasPrefix(
                    "the mirror '\(origin.folder)/state/mirror.git' is damaged (cannot read blob ") == true)
            #expect(refused?.message.hasSuffix("); the next fetch replaces it") == true)
            #expect(try await reopened.fetch() == pushed)
            #expect(try await reopened.read(blobs, limit: 100) == [[0x31], [0x32]])
        }
    }

    @Test(arguments: [
        "rm -r mirror.git/objects", "rm -r mirror.git", "rm mirror.git/HEAD", "rm mirror.git/objects/pack/*.idx",
    ])
    func `a mirror that lost its parts is fetched anew`(loss: String) async throws {
        try await withOrigin { origin in
            let pushed = try await origin.push(["a": "1"])
            _ = try await origin.mirror().fetch()
            _ = try await Shell.run("sh", "-c", "cd '\(origin.folder)/state' && \(loss)")
            let mirror = try origin.mirror()
            #expect(try await mirror.fetch() == pushed)
            #expect(try await mirror.changes(from: nil, to: pushed, under: "").changes.map(\.path) == ["a"])
        }
    }

    @Test func `what a killed controller left is removed`() async throws {
        try await withOrigin { origin in
            try await origin.push(["a": "1"])
            try FileManager.default.createDirectory(
                atPath: origin.folder + "/state/transfer-7/incoming.git", withIntermediateDirectories: true)
            _ = try await origin.mirror().fetch()
            #expect(try FileManager.default.contentsOfDirectory(atPath: origin.folder + "/state") == ["mirror.git"])
        }
    }

    @Test func `the lock of a helper that was killed as it set the branch keeps no fetch away`() async throws {
        try await withOrigin { origin in
            try await origin.push(["a": "1"])
            let mirror = try origin.mirror()
            _ = try await mirror.fetch()
            let lock = origin.folder + "/state/mirror.git/refs/heads/main.lock"
            try Data("0123".utf8).write(to: URL(filePath: lock))
            let pushed = try await origin.push(["a": "2"])
            #expect(try await mirror.fetch() == pushed)
            #expect(!FileManager.default.fileExists(atPath: lock))
        }
    }

    @Test func `nor does such a lock keep a checkpoint from being pushed`() async throws {
        try await withOrigin { origin in
            try await origin.push(["a": "1"])
            let mirror = try origin.mirror()
            let reference = "refs/waybill/checkpoints"
            for (text, second) in [("one", Int64(1)), ("two", 2)] {
                let commit = try await mirror.publish(
                    Array(text.utf8), as: "checkpoint", to: reference, message: text,
                    at: Timestamp(milliseconds: 1_700_000_000_000 + second * 1000))
                #expect(try await origin.head(of: reference) == commit)
                let lock = origin.folder + "/state/published.git/\(reference).lock"
                try Data("0123".utf8).write(to: URL(filePath: lock))
            }
        }
    }

    @Test func `a vanished remote takes nothing away`() async throws {
        try await withOrigin { origin in
            let pushed = try await origin.push(["a": "1"])
            let mirror = try origin.mirror()
            _ = try await mirror.fetch()
            try FileManager.default.moveItem(atPath: origin.path, toPath: origin.path + ".gone")
            let refused = await failure { () async throws(Failure) in try await mirror.fetch() }
            #expect(
                refused
                    == Failure(
                        .stall, reason: "RemoteNotFound",
                        message: "\(origin.path): there is no git repository in this folder; check the path"))
            #expect(try await mirror.changes(from: nil, to: pushed, under: "").changes.map(\.path) == ["a"])
        }
    }

    @Test func `a vanished branch takes nothing away and names those there are`() async throws {
        try await withOrigin { origin in
            try await origin.push(["a": "1"])
            let mirror = try origin.mirror()
            let pushed = try await mirror.fetch()
            try await origin.git("-C", origin.path, "branch", "-m", "main", "trunk")
            let refused = await failure { () async throws(Failure) in try await mirror.fetch() }
            #expect(
                refused
                    == Failure(
                        .stall, reason: "BranchNotFound",
                        message: "\(origin.path): there is no branch 'main'; it has 'trunk'"))
            #expect(try await mirror.contains(pushed, in: pushed))
        }
    }

    @Test func `an empty remote says what to do`() async throws {
        try await withOrigin { origin in
            let mirror = try origin.mirror()
            let refused = await failure { () async throws(Failure) in try await mirror.remoteHead() }
            #expect(
                refused?.message == "\(origin.path): there is no branch 'main'; it has no branches yet; push one")
        }
    }

    @Test func `small packs become one, and everything stays readable`() async throws {
        try await withOrigin { origin in
            let mirror = try origin.mirror()
            var commits: [CommitID] = []
            for number in 0..<6 {
                commits.append(try await origin.push(["a": "\(number)"]))
                _ = try await mirror.fetch()
            }
            let open = try await mirror.summary(of: commits[0])
            let scratch = origin.folder + "/scratch"
            try Consolidation(repository: origin.folder + "/state/mirror.git", scratch: scratch, toleratedPacks: 6)
                .runIfDue()
            #expect(try packs(origin).count == 6)
            try Consolidation(repository: origin.folder + "/state/mirror.git", scratch: scratch, toleratedPacks: 5)
                .runIfDue()
            #expect(try packs(origin).count == 1)
            // A reader that had the old packs open goes on.
            #expect(open.id == commits[0])
            for (older, newer) in zip(commits, commits.dropFirst()) {
                let found = try await mirror.changes(from: older, to: newer, under: "")
                #expect(found.changes.map(\.path) == ["a"])
            }
            #expect(try await origin.git("-C", origin.folder + "/state/mirror.git", "fsck", "--strict") == "")
        }
    }

    @Test func `a burst of pushes and calls ends at the newest commit`() async throws {
        try await withOrigin { origin in
            try await origin.push(["a": "start"])
            let mirror = try origin.mirror()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { for number in 0..<5 { try await origin.push(["a": "\(number)"]) } }
                for _ in 0..<5 {
                    group.addTask {
                        let head = try await mirror.fetch()
                        _ = try await mirror.changes(from: nil, to: head, under: "")
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await mirror.fetch() == origin.head())
        }
    }

    @Test(.enabled(if: canMount, "needs a root that may mount"))
    func `a full disk is told, and what was there is kept`() async throws {
        try await withOrigin { origin in
            let first = try await origin.push(["a": "1"])
            let disk = origin.folder + "/state"
            try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
            _ = try await Shell.run("mount", "-t", "tmpfs", "-o", "size=3m", "none", disk)
            do {
                let mirror = try origin.mirror()
                _ = try await mirror.fetch()
                for part in 0..<6 {
                    let noise = Data((0..<300_000).map { _ in UInt8.random(in: 0...255) }).base64EncodedString()
                    try await origin.push(["b\(part)": noise])
                }
                try Data(count: 2_200_000).write(to: URL(filePath: disk + "/ballast"))
                let refused = await failure { () async throws(Failure) in try await mirror.fetch() }
                #expect(refused?.reason == "DiskFull", "\(refused as Any)")
                #expect(refused?.disposition == .retry)
                #expect(try await mirror.changes(from: nil, to: first, under: "").changes.map(\.path) == ["a"])
                try FileManager.default.removeItem(atPath: disk + "/ballast")
                #expect(try await mirror.fetch() == origin.head())
            } catch {
                _ = try await Shell.run("umount", "-l", disk)
                throw error
            }
            _ = try await Shell.run("umount", "-l", disk)
        }
    }

    private static let canMount: Bool = {
        let allowed = getuid() == 0 && umount2("/nonexistent", 0) == -1 && errno != EPERM
        if !allowed { print("skipped: mounting a small disk needs root") }
        return allowed
    }()

    @Test(arguments: ["commit", "tree", "blob"])
    func `an incomplete pack is not let in`(missing: String) async throws {
        try await withOrigin { origin in
            let first = try await origin.push(["a": "1"])
            let second = try await origin.push(["b/c": "2"])
            let objects = [
                second.hex, try await origin.git("-C", origin.path, "rev-parse", "\(second)^{tree}"),
                try await origin.git("-C", origin.path, "rev-parse", "\(second):b"),
                try await origin.git("-C", origin.path, "rev-parse", "\(second):b/c"),
                try await origin.git("-C", origin.path, "rev-parse", "\(second):a"),
                first.hex, try await origin.git("-C", origin.path, "rev-parse", "\(first)^{tree}"),
            ]
            let gone =
                [("commit", first.hex), ("tree", objects[2]), ("blob", objects[3])].first { $0.0 == missing }?.1 ?? ""
            let quarantine = origin.folder + "/quarantine.git"
            try await origin.git("init", "-q", "--bare", quarantine)
            let list = objects.filter { $0 != gone }.joined(separator: "\n") + "\n"
            try await origin.git(
                "-C", origin.path, "pack-objects", "-q", quarantine + "/objects/pack/pack", input: Array(list.utf8))
            let request = HelperRequest(
                operation: .head, remote: try RemoteConfiguration(url: origin.path, branch: "main"),
                scratch: origin.folder,
                byteLimit: 1, seconds: 1)
            let session = RemoteSession(request, secrets: try SecretValues(request.remote))
            try LibGit2.start()
            var refused: Failure?
            do throws(Failure) {
                var verification = try Verification(quarantine: quarantine, mirror: nil, session: session)
                try verification.verify(ObjectID(second))
            } catch {
                refused = error
            }
            #expect(
                refused
                    == Failure(
                        .stall, reason: "RemoteIncomplete",
                        message:
                            "\(origin.path): the remote did not send \(missing) \(gone), which its branch needs (it is "
                            + "damaged, or a shallow clone); run `git fsck` there. Nothing of this fetch was kept"))
        }
    }
}

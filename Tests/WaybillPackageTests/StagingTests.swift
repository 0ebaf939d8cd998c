import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

@Suite struct `Staging of model files` {
    @Test func `files of the repository and of the machine are copied and recorded`() async throws {
        try await withTemporaryFolder { folder in
            var fixture = try StoreFixture(in: folder)
            fixture.tree = MemoryTree(["artifacts/code.py": Array("print(1)".utf8)])
            let artifacts = [
                try fixture.file("weights/model.bin", "weights"),
                fixture.artifact("code.py", .repository(path: "artifacts/code.py"), "print(1)"),
            ]
            #expect(try await fixture.store.check(artifacts) == .missing)

            try await fixture.stage(artifacts)

            #expect(try await fixture.store.check(artifacts) == .prepared)
            #expect(try fixture.text(artifacts, "weights/model.bin") == "weights")
            #expect(try fixture.text(artifacts, "code.py") == "print(1)")
            let facts = fixture.ledger.events.dropFirst()
            let types: [EventType] = [
                .sourcesResolved, .artifactVerified, .artifactVerified, .artifactInspected, .artifactInspected,
            ]
            #expect(facts.map(\.type) == types)
            #expect(facts.allSatisfy { $0.cause == 0 && $0.phase == .fact && $0.undeclaredMembers.isEmpty })
            #expect(facts.first?.subject == "churn@1.4.0")
            #expect(facts.dropFirst().first?.body["source"] == "artifacts/code.py")
        }
    }

    @Test func `another user can read the files and nothing else`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try StoreFixture(in: folder)
            let artifacts = [try fixture.file("deep/model.bin", "weights")]
            try await fixture.stage(artifacts)
            let set = fixture.store.folder(for: artifacts)
            let expected: [(String, mode_t)] = [
                ("\(set)/deep/model.bin", 0o444), ("\(set)/deep", 0o755), (set, 0o755),
                (fixture.store.layout.sets, 0o711),
                (fixture.store.layout.root, 0o711), (fixture.store.layout.work, 0o700),
                (fixture.store.layout.index, 0o700), (fixture.store.layout.locks, 0o700),
            ]
            for (path, mode) in expected { #expect(try fileStatus(path)?.permissions == mode, "\(path)") }
        }
    }

    @Test func `the folder depends on paths and digests only`() throws {
        let fixture = try StoreFixture(in: URL(filePath: "/none"))
        let one = fixture.artifact("a", .file(path: "/x"), "1")
        let two = fixture.artifact("b", .file(path: "/y"), "2")
        let moved = fixture.artifact("a", .repository(path: "z"), "1")
        #expect(fixture.store.folder(for: [one, two]) == fixture.store.folder(for: [two, moved]))
        #expect(fixture.store.folder(for: [one]) != fixture.store.folder(for: [two]))
    }

    struct Wrong: CustomTestStringConvertible {
        let testDescription: String
        let promised: String
        let there: String
        let message: String
    }

    static let wrongs = [
        Wrong(
            testDescription: "other bytes of the same size", promised: "abc", there: "abd",
            message: "expected sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad (3 bytes), got "
                + "sha256:a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9 (3 bytes); likely the file was trained "
                + "or saved again, or damaged."),
        Wrong(
            testDescription: "fewer bytes", promised: "abc", there: "ab",
            message: "expected sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad (3 bytes), got "
                + "sha256:fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603 (2 bytes); likely an upload or copy "
                + "that was cut short."),
        Wrong(
            testDescription: "none", promised: "a", there: "",
            message: "expected sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb (1 byte), got "
                + "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 (0 bytes); likely an upload or copy "
                + "that never began: the file is empty."),
        Wrong(
            testDescription: "more bytes", promised: "a", there: "abcd",
            message:
                "expected sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb (1 byte), got more than "
                + "that many bytes; likely the file was replaced after the manifest was written."),
    ]

    @Test(arguments: wrongs)
    func `bytes that are not those of the manifest leave nothing behind`(_ wrong: Wrong) async throws {
        try await withTemporaryFolder { folder in
            let fixture = try StoreFixture(in: folder)
            let good = try fixture.file("good.bin", "good")
            var artifact = try fixture.file("model.bin", wrong.there)
            artifact.digest = Digest(of: wrong.promised.utf8)
            artifact.size = Int64(wrong.promised.utf8.count)

            let failure = await fixture.failure(of: [good, artifact])

            let remedy = " Bring back the file that was meant, or make a new version of it with 'waybill new version'"
            #expect(fixture.partials == [])
            #expect(fixture.blobs.isSubset(of: [good.digest.hex]))
            #expect(failure?.reason == "ArtifactMismatch")
            #expect(failure?.disposition == .stall)
            #expect(
                failure?.message
                    == "'model.bin' of churn@1.4.0 from \(artifact.source) is not what its manifest names: "
                    + wrong.message + remedy)
            #expect(fixture.leftovers == [])
            #expect(fixture.ledger.events.map(\.type) == [.revisionPrepared, .sourcesResolved])
        }
    }

    @Test func `a pointer of Git LFS is called by its name`() async throws {
        try await withTemporaryFolder { folder in
            var fixture = try StoreFixture(in: folder)
            let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4\n"
            fixture.tree = MemoryTree(["m": Array(pointer.utf8)])
            let failure = await fixture.failure(of: [fixture.artifact("m", .repository(path: "m"), "real")])
            #expect(failure?.reason == "ArtifactMismatch")
            #expect(
                failure?.message.hasSuffix(
                    "got a pointer of Git LFS; likely the repository holds only the pointer. Commit the file itself, or name it "
                        + "by 'file:/path'") == true)
        }
    }

    @Test func `a source that is not there says what to do`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try StoreFixture(in: folder)
            let inGit = await fixture.failure(of: [fixture.artifact("m", .repository(path: "gone/m"), "x")])
            #expect(inGit?.disposition == .stall)
            #expect(
                inGit?.message
                    == "'m' of churn@1.4.0: commit aaaaaaaaaa has no file 'gone/m'; commit the file together with its "
                    + "manifest")
            let path = folder.appending(path: "gone").path
            let onDisk = await fixture.failure(of: [fixture.artifact("m", .file(path: path), "x")])
            #expect(onDisk?.disposition == .retry)
            #expect(
                onDisk?.message
                    == "\(path), the source of 'm', is not there; put the file back, mount its disk, or name another "
                    + "source")
            #expect(fixture.leftovers == [])
        }
    }

    @Test(arguments: [
        "/etc/passwd", "../x", "a/../../x", "a//b", "./a", "", "a/", "a\nb", String(repeating: "a", count: 256),
    ])
    func `a path that could leave the folder is refused`(_ path: String) async throws {
        try await withTemporaryFolder { folder in
            let fixture = try StoreFixture(in: folder)
            let failure = await fixture.failure(of: [fixture.artifact(path, .file(path: "/etc/hostname"), "x")])
            #expect(failure?.reason == "InvalidArtifact")
            #expect(!FileManager.default.fileExists(atPath: fixture.state))
        }
    }

    @Test func `two artifacts cannot stand in one place`() async throws {
        let fixture = try StoreFixture(in: URL(filePath: "/none"))
        let file = fixture.artifact("a", .file(path: "/x"), "1")
        let inside = fixture.artifact("a/b", .file(path: "/x"), "1")
        #expect(
            await fixture.failure(of: [file, file])?.message == "two artifacts have the path 'a'; give each its own")
        #expect(
            await fixture.failure(of: [inside, file])?.message
                == "'a' is an artifact and a folder of others; rename one")
    }
}

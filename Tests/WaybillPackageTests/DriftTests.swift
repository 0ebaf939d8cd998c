import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

@Suite struct `Drift of staged files` {
    /// A staged set of two files.
    private func withStaged(_ body: (StoreFixture, [Artifact], String) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let fixture = try StoreFixture(in: folder)
            let artifacts = [try fixture.file("model.bin", "weights"), try fixture.file("sub/config.json", "{}")]
            try await fixture.stage(artifacts)
            try await body(fixture, artifacts, fixture.store.folder(for: artifacts))
        }
    }

    @Test func `an edited file is found with both digests and put right from the source`() async throws {
        try await withStaged { (fixture, artifacts, folder) async throws in
            let path = "\(folder)/model.bin"
            #expect(chmod(path, 0o644) == 0)
            // The same size, and times put back as an intruder would.
            var before = stat()
            #expect(stat(path, &before) == 0)
            let handle = try FileHandle(forWritingTo: URL(filePath: path))
            try handle.write(contentsOf: Data("WEIGHTS".utf8))
            try handle.close()
            var times = [before.st_atim, before.st_mtim]
            #expect(utimensat(AT_FDCWD, path, &times, 0) == 0)

            let found = Digest(of: "WEIGHTS".utf8)
            #expect(
                try await fixture.store.check(artifacts)
                    == .altered(path: "model.bin", expected: artifacts[0].digest, found: found))
            try await fixture.stage(artifacts)
            #expect(try await fixture.store.check(artifacts) == .prepared)
            #expect(try fixture.text(artifacts, "model.bin") == "weights")
            #expect(fixture.leftovers.filter { $0.hasPrefix("work/") } == [])

            // The blob was the same file: it was moved aside, and that is on record.
            let quarantine = try entries(of: fixture.content.layout.quarantine)
            #expect(quarantine == ["\(artifacts[0].digest.hex).\(found.short)"])
            let record = try #require(fixture.ledger.events.first { $0.type == .contentQuarantined })
            #expect(record.subject == artifacts[0].digest.description)
            #expect(record.body["found"] == .string(found.description))
            #expect(record.undeclaredMembers == [])
        }
    }

    @Test func `an edited blob is never given to another deployment`() async throws {
        try await withStaged { (fixture, artifacts, _) async throws in
            let blob = fixture.content.layout.blob(artifacts[0].digest)
            #expect(chmod(blob, 0o644) == 0)
            try Data("WEIGHTS".utf8).write(to: URL(filePath: blob))
            var other = artifacts[0]
            other.path = "other.bin"
            try await fixture.stage([other])
            #expect(try fixture.text([other], "other.bin") == "weights")
            #expect(try fileStatus(blob)?.permissions == 0o444)
            // The first deployment's file was the same one.
            guard case .altered = try await fixture.store.check(artifacts) else {
                Issue.record("the edited file passed")
                return
            }
        }
    }

    @Test func `a removed file comes back from the store, without its source`() async throws {
        try await withStaged { (fixture, artifacts, folder) async throws in
            #expect(unlink("\(folder)/model.bin") == 0)
            try FileManager.default.removeItem(at: fixture.folder.appending(path: "sources"))
            try await fixture.stage(artifacts)
            #expect(try fixture.text(artifacts, "model.bin") == "weights")
        }
    }

    @Test func `an alteration whose source is gone stays reported`() async throws {
        try await withStaged { (fixture, artifacts, folder) async throws in
            #expect(chmod("\(folder)/model.bin", 0o644) == 0)
            try Data("WEIGHTS".utf8).write(to: URL(filePath: "\(folder)/model.bin"))
            try FileManager.default.removeItem(at: fixture.folder.appending(path: "sources"))
            let altered = try await fixture.store.check(artifacts)
            #expect(altered != .prepared && altered != .missing)
            #expect(await fixture.failure(of: artifacts)?.reason == "ArtifactMissing")
            #expect(try await fixture.store.check(artifacts) == altered)
            #expect(try fixture.text(artifacts, "sub/config.json") == "{}")
        }
    }

    @Test func `a file that nobody asked for is an alteration`() async throws {
        try await withStaged { (fixture, artifacts, folder) async throws in
            try Data("import os".utf8).write(to: URL(filePath: "\(folder)/sub/conftest.py"))
            #expect(
                try await fixture.store.check(artifacts)
                    == .altered(path: "sub/conftest.py", expected: Digest(of: []), found: Digest(of: "import os".utf8)))
            try await fixture.stage(artifacts)
            #expect(try await fixture.store.check(artifacts) == .prepared)
        }
    }

    @Test func `a file that became a link to equal bytes is an alteration`() async throws {
        try await withStaged { (fixture, artifacts, folder) async throws in
            #expect(unlink("\(folder)/model.bin") == 0)
            let elsewhere = fixture.folder.appending(path: "sources/model.bin").path
            try FileManager.default.createSymbolicLink(atPath: "\(folder)/model.bin", withDestinationPath: elsewhere)
            guard case .altered(path: "model.bin", expected: _, found: _) = try await fixture.store.check(artifacts)
            else {
                Issue.record("the link passed for the file")
                return
            }
        }
    }

    @Test func `a changed mode is set back`() async throws {
        try await withStaged { (fixture, artifacts, folder) async throws in
            #expect(chmod("\(folder)/model.bin", 0o666) == 0)
            #expect(try await fixture.store.check(artifacts) == .prepared)
            #expect(try fileStatus("\(folder)/model.bin")?.permissions == 0o444)
        }
    }

    @Test(arguments: ["", "not json", "[]"])
    func `a lost record only costs a reading`(_ content: String) async throws {
        try await withStaged { (fixture, artifacts, _) async throws in
            let index = "\(fixture.store.layout.index)/\(ArtifactSet.key(for: artifacts).hex)"
            let before = FolderIndex(path: index).load()
            try Data(content.utf8).write(to: URL(filePath: index))
            #expect(try await fixture.store.check(artifacts) == .prepared)
            #expect(FolderIndex(path: index).load() == before)
        }
    }

    @Test func `unchanged files are not read again`() async throws {
        try await withStaged { (fixture, artifacts, folder) async throws in
            // A record that claims the altered file was looked at shows that only what it says is compared.
            let path = "\(folder)/model.bin"
            #expect(chmod(path, 0o644) == 0)
            try Data("WEIGHTS".utf8).write(to: URL(filePath: path))
            let index = FolderIndex(path: "\(fixture.store.layout.index)/\(ArtifactSet.key(for: artifacts).hex)")
            var files = index.load()
            let status = try #require(try fileStatus(path))
            files["model.bin"] = StoredFile(path: "model.bin", digest: artifacts[0].digest, status: status)
            try index.save(Array(files.values))
            #expect(try await fixture.store.check(artifacts) == .prepared)
        }
    }

    @Test func `sets that nobody keeps are removed, with what crashes left`() async throws {
        try await withStaged { (fixture, artifacts, _) async throws in
            let other = [try fixture.file("other.bin", "other")]
            try await fixture.stage(other)
            let layout = fixture.store.layout
            try FileManager.default.createDirectory(
                atPath: "\(layout.work)/\(ArtifactSet.key(for: artifacts).hex)", withIntermediateDirectories: true)
            let unneeded = try await fixture.store.unneeded(keeping: [artifacts], folders: [])
            #expect(unneeded == [ArtifactSet.key(for: other).hex])
            #expect(
                try await fixture.store.unneeded(
                    keeping: [artifacts], folders: [fixture.store.folder(for: other)]) == [])
            #expect(try await fixture.store.remove(unneeded, ticket: try await fixture.ledger.ticket()) == unneeded)
            #expect(try await fixture.store.check(artifacts) == .prepared)
            #expect(try await fixture.store.check(other) == .missing)
            #expect(try entries(of: layout.work) == [])
            #expect(try entries(of: layout.sets).count == 1)
            #expect(try entries(of: layout.locks).count == 1)
        }
    }
}

import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

@Suite struct `Hostile and unlucky sources` {
    @Test func `a link to a file of the machine is followed, one into the state folder is not`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try StoreFixture(in: folder)
            let real = try fixture.file("real.bin", "weights")
            let link = folder.appending(path: "sources/link.bin").path
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "real.bin")
            var linked = real
            linked.source = .file(path: link)
            try await fixture.stage([linked])
            #expect(try fileStatus("\(fixture.store.folder(for: [linked]))/real.bin")?.isRegularFile == true)

            let key = "\(fixture.state)/ledger.key"
            try Data("secret".utf8).write(to: URL(filePath: key))
            let trap = folder.appending(path: "sources/trap.bin").path
            try FileManager.default.createSymbolicLink(atPath: trap, withDestinationPath: key)
            let failure = await fixture.failure(of: [fixture.artifact("m", .file(path: trap), "secret")])
            #expect(failure?.reason == "ArtifactRefused")
            #expect(
                failure?.message == "\(trap) leads into the controller's own state folder; keep model files elsewhere")
        }
    }

    @Test func `a folder, a device and a pipe are no sources`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try StoreFixture(in: folder)
            let pipe = folder.appending(path: "pipe").path
            #expect(mkfifo(pipe, 0o600) == 0)
            for path in [folder.path, "/dev/zero", pipe] {
                let failure = await fixture.failure(of: [fixture.artifact("m", .file(path: path), "x")])
                #expect(failure?.message == "\(path) is not a regular file; name a file as the source of 'm'")
            }
            #expect(fixture.leftovers == [])
        }
    }

    @Test func `a size that no disk has is refused before anything is copied`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try StoreFixture(in: folder)
            var artifact = try fixture.file("m", "x")
            artifact.size = .max
            #expect(await fixture.failure(of: [artifact])?.reason == "DiskFull")
            var inGit = fixture.artifact("m", .repository(path: "m"), "x")
            inGit.size = GitReader.limit + 1
            #expect(await fixture.failure(of: [inGit])?.reason == "ArtifactTooLarge")
            #expect(fixture.leftovers == [])
        }
    }

    @Test(.enabled(if: geteuid() == 0, "mounting a small disk needs root"))
    func `a disk that fills up while files are copied is left clean`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try StoreFixture(in: folder)
            let source = try fixture.file("m", String(repeating: "x", count: 10_000))
            // Room for bytes but not for many files: the copy fails half-way, after the free space was found enough.
            try FileManager.default.createDirectory(atPath: fixture.state, withIntermediateDirectories: true)
            #expect(mount("none", fixture.state, "tmpfs", 0, "size=100m,nr_inodes=40") == 0)
            defer { umount2(fixture.state, 2) }
            let many = try (0..<40).map { try fixture.file("m\($0)", "\($0)") }
            let failure = await fixture.failure(of: many)
            #expect(failure?.reason == "DiskFull")
            #expect(failure?.disposition == .retry)
            #expect(failure?.message.contains("No space left on device; nothing was kept. Free some space") == true)
            #expect(fixture.leftovers == [])
            #expect(fixture.partials == [])
            // What had arrived before the disk was full is given back as well.
            #expect(fixture.blobs == [])
            #expect(
                fixture.ledger.events.map(\.type) == [.revisionPrepared, .sourcesResolved, .contentCollected])

            try await fixture.stage([source])
            #expect(try await fixture.store.check([source]) == .prepared)
        }
    }
}

import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

@Suite struct `The content store` {
    @Test func `a blob is read-only, named by its digest, and stored once`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try StoreFixture(in: folder)
            let artifact = try fixture.file("model.bin", "weights")
            try await fixture.stage([artifact])
            var again = artifact
            again.path = "other/place.bin"
            try await fixture.stage([again])
            #expect(fixture.blobs == [artifact.digest.hex])
            let blob = try #require(try fileStatus(fixture.content.layout.blob(artifact.digest)))
            #expect(blob.permissions == 0o444)
            // The blob and the file of each deployment are one file, or share their bytes.
            let served = try #require(try fileStatus("\(fixture.store.folder(for: [again]))/other/place.bin"))
            #expect(served.isRegularFile)
            let placement = try fixture.content.place(artifact.digest, at: "\(folder.path)/place.bin", Cancellation())
            switch placement {
            case .linked: #expect(served.st_ino == blob.st_ino && blob.st_nlink == 3)
            case .shared: #expect(served.st_ino != blob.st_ino && blob.st_nlink == 1)
            case .copied:
                // Only where the file system has no links.
                #expect(link(fixture.content.layout.blob(artifact.digest), "\(folder.path)/link.bin") != 0)
                #expect(served.st_ino != blob.st_ino && blob.st_nlink == 1)
            }
        }
    }

    @Test func `the names that deployments give a blob cost no hashing`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try StoreFixture(in: folder)
            let one = try fixture.file("model.bin", "weights")
            var two = one
            two.path = "two.bin"
            try await fixture.stage([one])
            try await fixture.stage([two])
            try await fixture.collect(keeping: [[one]])
            let status = try #require(try fileStatus(fixture.content.layout.blob(one.digest)))
            let record = fixture.content.layout.record(one.digest).load()[""]
            #expect(record == StoredFile(path: "", digest: one.digest, status: status))
            #expect(try await fixture.store.check([one]) == .prepared)
        }
    }

    @Test func `the index keeps what was there and gives a name to one manifest`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let store = try StoreFixture(in: folder).content
            try store.layout.make()
            let (first, second) = (try await descriptor(store, "1"), try await descriptor(store, "2"))
            try store.changeIndex { $0.put(first, named: "churn@1.4.0") }
            try store.changeIndex { $0.put(second, named: "fraud@1.0.0") }
            try store.changeIndex { $0.put(second, named: "churn@1.4.0") }
            let names = try await store.manifests().map { $0.annotations[ImageIndex.nameAnnotation] }
            #expect(names == ["fraud@1.0.0", "churn@1.4.0"])
            #expect(try await store.manifest("churn@1.4.0").digest == second.digest)
            #expect(try await store.manifest(String(second.digest.hex.prefix(12))).digest == second.digest)
            let failure = await #expect(throws: Failure.self) { try await store.manifest("other@1.0.0") }
            #expect(
                failure?.message
                    == "'other@1.0.0' names no bundle in \(store.layout.image): there are fraud@1.0.0, churn@1.4.0")
        }
    }

    private func descriptor(_ store: ContentStore, _ text: String) async throws -> Descriptor {
        Descriptor(mediaType: "text/plain", digest: try await store.put(Array(text.utf8)), size: Int64(text.utf8.count))
    }

    @Test func `a damaged index says what to do`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let store = try StoreFixture(in: folder).content
            try store.layout.make()
            for text in ["", "[]", "{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"x\"}]}"] {
                try Data(text.utf8).write(to: URL(filePath: store.layout.index))
                let failure = await #expect(throws: Failure.self) { try await store.manifests() }
                #expect(failure?.reason == "StoreDamaged")
                #expect(
                    failure?.message
                        == "\(store.layout.index) is no index of an OCI image layout; move it away to begin a new one: no "
                        + "model file is lost")
            }
        }
    }

    @Test func `two processes may write at once`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let root = folder.appending(path: "state/content").path
            await withTaskGroup { group in
                for number in 0..<2 {
                    group.addTask {
                        await #expect(processExitsWith: .success) { [root = root as String, number = number as Int] in
                            let store = ContentStore(root: root)
                            try store.layout.make()
                            for turn in 0..<20 {
                                let own = try await Self.named(store, "own \(number) \(turn)")
                                try store.changeIndex { $0.put(own, named: "p\(number)-\(turn)") }
                                _ = try await Self.named(store, "common \(turn)")
                            }
                        }
                    }
                }
            }
            let store = ContentStore(root: root)
            #expect(try await store.manifests().count == 40)
            #expect(try entries(of: store.layout.blobs).count == 60)
            #expect(try entries(of: store.layout.partial) == [])
            try Self.expectValid(store)
        }
    }

    private static func named(_ store: ContentStore, _ text: String) async throws -> Descriptor {
        Descriptor(mediaType: "text/plain", digest: try await store.put(Array(text.utf8)), size: Int64(text.utf8.count))
    }

    @Test(arguments: [1, 3, 9, 20, 45])
    func `a process that is killed at any moment leaves a valid layout`(_ milliseconds: Int) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let root = folder.appending(path: "state/content").path
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [root = root as String, milliseconds = milliseconds as Int] in
                let killer = Thread {
                    usleep(UInt32(milliseconds) * 1000)
                    kill(getpid(), SIGKILL)
                }
                killer.start()
                let store = ContentStore(root: root)
                for turn in 0..<Int.max {
                    try store.layout.make()
                    let blob = try await Self.named(store, String(repeating: "\(turn)", count: 50_000))
                    try store.changeIndex { $0.put(blob, named: "turn-\(turn)") }
                }
            }
            let store = ContentStore(root: root)
            if try fileStatus(store.layout.image) != nil { try Self.expectValid(store) }
            // The next one goes on.
            try store.layout.make()
            try await store.put(Array("after".utf8))
            try Self.expectValid(store)
        }
    }

    /// Every part of the layout is there, every blob has its bytes, and the index names none that is missing.
    static func expectValid(_ store: ContentStore) throws {
        let image = store.layout.image
        #expect(FileManager.default.contents(atPath: "\(image)/oci-layout") == Data(ContentLayout.marker))
        for name in try entries(of: store.layout.blobs) {
            let data = try Data(contentsOf: URL(filePath: "\(store.layout.blobs)/\(name)"))
            #expect(Digest(of: data).hex == name)
        }
        for manifest in try store.readIndex().manifests {
            #expect(try fileStatus(store.layout.blob(manifest.digest))?.st_size == Int(manifest.size))
        }
        #expect(try entries(of: image) == ["blobs", "index.json", "oci-layout"])
    }
}

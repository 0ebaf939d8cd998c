import Foundation
import Synchronization
import Testing
import WaybillCore
import WaybillLedger
import WaybillTestSupport
import WaybillTrust

@Suite struct PublishTests {
    /// Every file below `folder` by relative path.
    private func files(_ folder: URL) throws -> [String: Data] {
        var found: [String: Data] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
            let url = folder.appending(path: path)
            if try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true {
                found[path] = try Data(contentsOf: url)
            }
        }
        return found
    }

    @Test func `the published form is a function of the journal`() async throws {
        try await withTemporaryFolder { folder in
            let sample = try SampleLedger(in: folder)
            let log = sample.folder.appending(path: "log")
            let before = try files(log)
            #expect(
                before.keys.sorted() == [
                    "checkpoint", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000",
                    "tile/entries/001.p/44",
                ])
            #expect(before["checkpoint"] == Data(sample.note))
            for lost in before.keys {
                try FileManager.default.removeItem(at: log.appending(path: lost))
                try LedgerStore(LedgerSettings(folder: sample.folder.path)).publish()
                #expect(try files(log) == before, "without \(lost)")
            }
            try FileManager.default.removeItem(at: log)
            try LedgerStore(LedgerSettings(folder: sample.folder.path)).publish()
            #expect(try files(log) == before)
        }
    }

    @Test func `publishing goes on where a restart left it`() async throws {
        try await withTemporaryFolder { folder in
            for start in stride(from: 0, to: 600, by: 50) {
                let store = try LedgerStore(settings(folder, segmentLimit: 30_000))
                _ = try store.append((start..<(start + 50)).map { fact($0) })
                try store.publish()
                let report = try LedgerVerifier.verify(folder: settings(folder).folder, key: store.key)
                #expect((report.size, report.publishedSize) == (UInt64(start + 50), UInt64(start + 50)))
            }
            #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "ledger/log/tile/0/000.p").path))
        }
    }

    @Test func `what half a publishing left is no damage`() async throws {
        try await withTemporaryFolder { folder in
            let sample = try SampleLedger(in: folder)
            try write(sample.olderNote, sample.folder, "log/checkpoint")
            try write([1, 2], sample.folder, "log/tile/0/001.p/44.tmp")
            #expect(try sample.verify().publishedSize == 152)
            try LedgerStore(LedgerSettings(folder: sample.folder.path)).publish()
            #expect(try sample.verify().publishedSize == 300)
        }
    }

    @Test func `an append is published soon`() async throws {
        try await withTemporaryFolder { folder in
            var settings = settings(folder)
            settings.publishDelay = .milliseconds(20)
            let ledger = try await Ledger.open(settings)
            _ = try await ledger.append([fact(0)])
            #expect(try await eventually { ledger.status.publishedSize == 1 })
            let published = try SignedCheckpoint(
                verifying: bytes(folder, "ledger/log/checkpoint"), with: ledger.key)
            #expect(published == ledger.checkpoint)
            await ledger.close()
        }
    }

    @Test func `the published tiles prove each entry and each older tree`() async throws {
        try await withTemporaryFolder { folder in
            let sample = try SampleLedger(in: folder)
            let log = sample.folder.appending(path: "log").path
            let checkpoint = try SignedCheckpoint(verifying: sample.note, with: sample.key).checkpoint
            let older = try SignedCheckpoint(verifying: sample.olderNote, with: sample.key).checkpoint
            let tree = PublishedTree(folder: log, size: 300)
            let bundle =
                try bytes(sample.folder, "log/tile/entries/000") + bytes(sample.folder, "log/tile/entries/001.p/44")
            let entries = try #require(TileContent.entries(bundle))
            #expect(entries.count == 300)
            for (index, entry) in entries.enumerated() {
                let path = try tree.inclusionProof(of: UInt64(index))
                #expect(throws: Never.self) {
                    try MerkleProof.verifyInclusion(
                        of: .leaf(Array(entry)), at: UInt64(index), in: 300, root: checkpoint.root, path: path)
                }
            }
            try MerkleProof.verifyConsistency(
                from: older.size, oldRoot: older.root, to: 300, root: checkpoint.root,
                path: tree.consistencyProof(from: older.size))
        }
    }
}

@Suite struct AnchorTests {
    @Test func `each sink gets the newest checkpoint, a slow one delays nobody`() async throws {
        try await withTemporaryFolder { folder in
            let taken = Mutex<[UInt64]>([])
            let file = folder.appending(path: "anchor").path
            var settings = settings(folder)
            settings.anchorInterval = .milliseconds(10)
            settings.anchorTimeLimit = .milliseconds(50)
            settings.sinks = [
                FileSink(path: file),
                ClosureSink(name: "list") { checkpoint in taken.withLock { $0.append(checkpoint.checkpoint.size) } },
                ClosureSink(name: "silent") { _ in try? await Task.sleep(for: .seconds(1000)) },
                ClosureSink(name: "broken") { _ throws(Failure) in
                    throw Failure(.retry, reason: "AnchorFailed", message: "no route")
                },
            ]
            let ledger = try await Ledger.open(settings)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await ledger.run() }
                group.addTask {
                    _ = await result { () async throws(Failure) in try await ledger.append([fact(0), fact(1)]) }
                    _ = try? await eventually { ledger.status.anchors.map(\.deliveredSize) == [2, 2, nil, nil] }
                    _ = await result { () async throws(Failure) in try await ledger.append([fact(2)]) }
                    _ = try? await eventually {
                        ledger.status.anchors.map(\.deliveredSize) == [3, 3, nil, nil]
                            && ledger.status.anchors[2].failure != nil
                    }
                }
                for _ in 0..<1 { await group.next() }
                group.cancelAll()
            }
            let anchors = ledger.status.anchors
            #expect(anchors.map(\.deliveredSize) == [3, 3, nil, nil])
            #expect(
                anchors.map { $0.failure?.message } == [
                    nil, nil, "anchor: silent did not take the checkpoint within 50 ms", "no route",
                ])
            #expect(taken.withLock(\.self) == [2, 3])
            #expect(try FileSink.read(file) == ledger.checkpoint?.note)
            await ledger.close()
            let report = try LedgerVerifier.verify(folder: settings.folder, key: ledger.key, since: FileSink.read(file))
            #expect(
                report.conclusion
                    == "consistent with the checkpoint of 2026-11-18T11:06:40.002Z, size 3, that was given")
        }
    }

    @Test func `closing gives the last checkpoint away`() async throws {
        try await withTemporaryFolder { folder in
            var settings = settings(folder)
            let file = folder.appending(path: "anchor").path
            settings.sinks = [FileSink(path: file)]
            let ledger = try await Ledger.open(settings)
            _ = try await ledger.append([fact(0)])
            await ledger.close()
            #expect(try FileSink.read(file) == ledger.checkpoint?.note)
        }
    }
}

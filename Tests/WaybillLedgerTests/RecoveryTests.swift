import Foundation
import Testing
import WaybillCore
import WaybillLedger
import WaybillTestSupport
import WaybillTrust

@Suite struct RecoveryTests {
    /// A ledger with two batches: entries 0 and 1, then 2.
    private func twoBatches(_ folder: URL, publishFirst: Bool = false) throws -> [RawRecord] {
        let store = try LedgerStore(settings(folder))
        _ = try store.append([fact(0), fact(1)])
        if publishFirst { try store.publish() }
        _ = try store.append([fact(2)])
        return rawRecords(try bytes(folder, firstSegment))
    }

    @Test func `a torn tail is cut wherever the write stopped`() async throws {
        try await withTemporaryFolder { folder in
            let records = try twoBatches(folder)
            let whole = try bytes(folder, firstSegment)
            let begin = records[3].range.lowerBound
            for end in stride(from: begin, to: whole.count, by: 7) {
                try write(Array(whole[..<end]), folder, firstSegment)
                #expect(
                    try LedgerVerifier.verify(folder: settings(folder).folder, key: nil).tornBytes == Int64(end - begin)
                )
                let store = try LedgerStore(settings(folder))
                #expect((store.size, store.cut) == (2, Int64(end - begin)))
            }
            let store = try LedgerStore(settings(folder))
            #expect(try store.append([fact(9)]) == [2])
            #expect(try LedgerVerifier.verify(folder: settings(folder).folder, key: nil).size == 3)
        }
    }

    @Test func `a last batch of which a page never reached the disk is torn`() async throws {
        try await withTemporaryFolder { folder in
            let records = try twoBatches(folder)
            var whole = try bytes(folder, firstSegment)
            for place in records[3].range.dropFirst(60) { whole[place] = 0 }
            try write(whole, folder, firstSegment)
            #expect(try LedgerStore(settings(folder)).size == 2)
        }
    }

    @Test func `a last batch whose body never reached the disk is torn`() async throws {
        try await withTemporaryFolder { folder in
            let records = try twoBatches(folder)
            var whole = try bytes(folder, firstSegment)
            for place in records[3].sealed { whole[place] = 0 }
            try write(whole, folder, firstSegment)
            #expect(try LedgerStore(settings(folder)).size == 2)
        }
    }

    @Test func `damage that whole batches follow is not cut`() async throws {
        try await withTemporaryFolder { folder in
            let records = try twoBatches(folder)
            var whole = try bytes(folder, firstSegment)
            whole[records[1].content.lowerBound + 5] ^= 1
            try write(whole, folder, firstSegment)
            let refused = failure { try LedgerStore(settings(folder)) }
            #expect(refused?.reason == "LedgerDamaged")
            #expect(refused?.disposition == .stall)
            #expect(
                refused?.message.contains(
                    "00000000000000000000.segment: byte \(records[0].range.lowerBound): "
                        + "the batch that begins here is damaged, and whole ones follow") == true)
            #expect(try bytes(folder, firstSegment) == whole)
        }
    }

    @Test func `a journal shorter than what was published does not open`() async throws {
        try await withTemporaryFolder { folder in
            let records = try twoBatches(folder)
            do { try LedgerStore(settings(folder)).publish() }
            let whole = try bytes(folder, firstSegment)
            try write(Array(whole[..<records[3].range.lowerBound]), folder, firstSegment)
            let refused = failure { try LedgerStore(settings(folder)) }
            #expect(
                refused
                    == Failure(
                        .stall, reason: "LedgerRolledBack",
                        message:
                            "ledger: the journal ends after 2 entries, a checkpoint of 3 was given away; going on would "
                            + "sign a second history: restore the newest copy of the journal"))
        }
    }

    @Test func `a journal that contradicts what was anchored does not open`() async throws {
        try await withTemporaryFolder { folder in
            let sample = try SampleLedger(in: folder)
            _ = try SampleLedger(in: folder, name: "fork", identity: sample.folder, message: "other")
            for note in [sample.note, sample.olderNote] {
                let forked = settings(folder, name: "fork", known: [note])
                #expect(failure { try LedgerStore(forked) }?.reason == "LedgerRolledBack")
                #expect(try LedgerStore(settings(folder, known: [note])).size == 300)
            }
        }
    }

    @Test(arguments: [
        ("key", "LedgerIdentityChanged"), ("vkey", "LedgerIdentityChanged"), ("pseudonyms", "LedgerIdentityChanged"),
        ("journal/00000000000000000000.segment", "LedgerRolledBack"),
    ])
    func `nothing that is missing is made anew`(path: String, reason: String) async throws {
        try await withTemporaryFolder { folder in
            _ = try twoBatches(folder)
            try FileManager.default.removeItem(at: folder.appending(path: "ledger/\(path)"))
            #expect(failure { try LedgerStore(settings(folder)) }?.reason == reason)
            #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "ledger/\(path)").path))
        }
    }

    @Test func `another origin is refused`() async throws {
        try await withTemporaryFolder { folder in
            _ = try twoBatches(folder)
            #expect(
                failure { try LedgerStore(settings(folder, origin: "example.com/other")) }?.reason
                    == "LedgerIdentityChanged")
        }
    }

    @Test func `another key is refused`() async throws {
        try await withTemporaryFolder { folder in
            _ = try twoBatches(folder)
            let other = try SampleLedger(in: folder, name: "other").folder
            try write(try bytes(other, "key"), folder, "ledger/key")
            try write(try bytes(other, "vkey"), folder, "ledger/vkey")
            let refused = failure { try LedgerStore(settings(folder)) }
            #expect(refused?.reason == "LedgerIdentityChanged")
            #expect(refused?.message.contains("PRIVATE") == false)
        }
    }

    @Test func `half of a first start leaves nothing behind that counts`() async throws {
        try await withTemporaryFolder { folder in
            try FileManager.default.createDirectory(
                at: folder.appending(path: "ledger.new-1/journal"), withIntermediateDirectories: true)
            #expect(try LedgerStore(settings(folder)).append([fact(0)]) == [0])
        }
    }

    @Test func `a segment that was being begun is begun again`() async throws {
        try await withTemporaryFolder { folder in
            _ = try twoBatches(folder)
            try write([1, 2, 3], folder, "ledger/journal/00000000000000000003.segment.tmp")
            let short = settings(folder, segmentLimit: 1)
            #expect(try LedgerStore(short).append([fact(3)]) == [3])
            #expect(try LedgerVerifier.verify(folder: short.folder, key: nil).size == 4)
            #expect(try LedgerStore(short).size == 4)
        }
    }
}

@Suite struct FailClosedTests {
    @Test(arguments: [
        ("removed", "was removed or replaced while it was open", "removed"),
        ("replaced", "was removed or replaced while it was open", "replaced"),
        ("cut", "were left there", "cut"), ("grown", "were left there", "grown"),
    ])
    func `a journal that is not as it was left takes no entry`(_: String, message: String, how: String) async throws {
        try await withTemporaryFolder { folder in
            let store = try LedgerStore(settings(folder))
            _ = try store.append([fact(0)])
            let path = folder.appending(path: firstSegment)
            let whole = try Data(contentsOf: path)
            switch how {
            case "removed": try FileManager.default.removeItem(at: path)
            case "replaced": try whole.write(to: path, options: .atomic)
            default:
                let handle = try FileHandle(forWritingTo: path)
                try handle.truncate(atOffset: UInt64(whole.count + (how == "cut" ? -1 : 1)))
                try handle.close()
            }
            let refused = failure { try store.append([fact(1)]) }
            #expect(refused?.reason == "LedgerDamaged")
            #expect(refused?.message.contains(message) == true)
            #expect(failure { try store.append([fact(1)]) } == refused)
            #expect(store.size == 1)
        }
    }

    @Test func `after recovery the ledger goes on where it was acknowledged`() async throws {
        try await withTemporaryFolder { folder in
            let store = try LedgerStore(settings(folder))
            _ = try store.append([fact(0)])
            let path = folder.appending(path: firstSegment)
            let whole = try Data(contentsOf: path)
            let handle = try FileHandle(forWritingTo: path)
            try handle.truncate(atOffset: UInt64(whole.count + 5))
            try handle.close()
            #expect(failure { try store.append([fact(1)]) } != nil)
            try store.recover()
            #expect(store.failure == nil)
            #expect(try store.append([fact(1)]) == [1])
            #expect(try LedgerVerifier.verify(folder: settings(folder).folder, key: nil).size == 2)
        }
    }

    @Test func `recovery cuts a whole batch whose callers were told that it failed`() async throws {
        try await withTemporaryFolder { folder in
            do { _ = try LedgerStore(settings(folder)).append([fact(0)]) }
            try FileManager.default.copyItem(at: folder.appending(path: "ledger"), to: folder.appending(path: "twin"))
            let store = try LedgerStore(settings(folder))
            _ = try LedgerStore(settings(folder, name: "twin")).append([fact(1)])
            try write(try bytes(folder, firstSegment.replacing("ledger", with: "twin")), folder, firstSegment)
            #expect(failure { try store.append([fact(2)]) } != nil)
            try store.recover()
            #expect(store.size == 1)
            #expect(try store.append([fact(3)]) == [1])
            let events = try await LedgerReader(folder: settings(folder).folder).events()
            #expect(events.map(\.event) == [fact(0), fact(3)])
        }
    }

    @Test func `recovery does not go back behind what was acknowledged`() async throws {
        try await withTemporaryFolder { folder in
            let store = try LedgerStore(settings(folder))
            _ = try store.append([fact(0)])
            let before = try bytes(folder, firstSegment)
            _ = try store.append([fact(1)])
            try write(before, folder, firstSegment)
            #expect(failure { try store.append([fact(2)]) } != nil)
            #expect(failure { try store.recover() }?.reason == "LedgerRolledBack")
            #expect(failure { try store.append([fact(2)]) } != nil)
        }
    }
}

import Foundation
import Synchronization
import Testing
import WaybillCore
import WaybillLedger
import WaybillTestSupport
import WaybillTrust

/// Waits until `condition` holds, at most ten seconds.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    for _ in 0..<1000 {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return false
}

@Suite struct LedgerTests {
    @Test func `many callers share batches and each gets its own indices in order`() async throws {
        try await withTemporaryFolder { folder in
            let ledger = try await Ledger.open(settings(folder))
            let indices = try await withThrowingTaskGroup(of: [(Int, LedgerIndex)].self) { group in
                for caller in 0..<20 {
                    group.addTask {
                        var own: [(Int, LedgerIndex)] = []
                        for turn in 0..<10 {
                            let number = caller * 100 + turn * 2
                            let got = try await ledger.append([fact(number), fact(number + 1)])
                            own += [(number, got[0]), (number + 1, got[1])]
                        }
                        return own
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(indices.map(\.1).sorted() == Array(0..<400))
            let events = try await ledger.reader.events()
            for (number, index) in indices { #expect(events[Int(index)].event == fact(number)) }
            #expect(ledger.checkpoint?.checkpoint.size == 400)
            await ledger.close()
            let report = try LedgerVerifier.verify(folder: settings(folder).folder, key: ledger.key)
            #expect((report.size, report.publishedSize) == (400, 400))
        }
    }

    @Test func `a journal gives tickets and their conclusions through the port`() async throws {
        try await withTemporaryFolder { folder in
            let ledger = try await Ledger.open(settings(folder))
            let journal = Journal(storage: ledger)
            let ticket = try await journal.intend(intent(1))
            _ = try await journal.intend(intent(2))
            try await journal.conclude(ticket, outcome(of: 0))
            await ledger.close()
            let again = try await Ledger.open(LedgerSettings(folder: folder.appending(path: "copy").path))
            #expect(try await again.danglingIntents().isEmpty)
            await again.close()
            try FileManager.default.copyItem(
                at: folder.appending(path: "ledger"), to: folder.appending(path: "restarted"))
            let restarted = try await Ledger.open(settings(folder, name: "restarted"))
            #expect(try await restarted.danglingIntents().map(\.event) == [intent(2)])
            #expect(try await restarted.danglingIntents().map(\.index) == [1])
            #expect(restarted.latestTime == Timestamp(milliseconds: 1_795_000_000_002))
            await restarted.close()
        }
    }

    @Test func `an invalid event fails its own caller only`() async throws {
        try await withTemporaryFolder { folder in
            let ledger = try await Ledger.open(settings(folder))
            let results = await withTaskGroup(of: Result<[LedgerIndex], Failure>.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        await result { () async throws(Failure) in
                            try await ledger.append([number % 2 == 0 ? fact(number) : outcome(of: 1000)])
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let failures = results.compactMap { if case .failure(let failure) = $0 { failure } else { nil } }
            #expect(failures.count == 10)
            #expect(Set(failures.map(\.reason)) == ["EventInvalid"])
            #expect(ledger.status.size == 10)
            #expect(ledger.status.failure == nil)
            await ledger.close()
        }
    }

    @Test(arguments: [0, 700, 999])
    func `one wrong event among a thousand leaves nothing of them, and what comes next is taken`(wrong: Int)
        async throws
    {
        try await withTemporaryFolder { folder in
            let ledger = try await Ledger.open(settings(folder))
            _ = try await ledger.append([fact(0)])
            var many = (1..<1001).map { fact($0) }
            // A cause must come before its effect.
            many[wrong].cause = 5000
            let failure = await #expect(throws: Failure.self) { _ = try await ledger.append(many) }
            #expect(
                failure?.message
                    == "ledger: an event was refused: its cause, entry 5000, does not come before it"
            )
            #expect(try await ledger.append([fact(1)]) == [1])
            many[wrong] = fact(wrong + 1)
            #expect(try await ledger.append(many) == Array(2..<1002))
            await ledger.close()
            let events = try await ledger.reader.events().map(\.event)
            #expect(events == [fact(0), fact(1)] + many)
            let report = try LedgerVerifier.verify(folder: settings(folder).folder, key: ledger.key)
            #expect((report.size, report.publishedSize) == (1002, 1002))
        }
    }

    @Test func `large appends of several callers each keep their order`() async throws {
        try await withTemporaryFolder { folder in
            let ledger = try await Ledger.open(settings(folder))
            let batches = (0..<4).map { caller in (0..<300).map { fact(caller * 1000 + $0) } }
            let indices = try await withThrowingTaskGroup(of: (Int, [LedgerIndex]).self) { group in
                for (caller, batch) in batches.enumerated() {
                    group.addTask { (caller, try await ledger.append(batch)) }
                    group.addTask { (-1, try await ledger.append([fact(9999)])) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let events = try await ledger.reader.events().map(\.event)
            for (caller, got) in indices where caller >= 0 {
                let first = try #require(got.first)
                #expect(got == Array(first..<first + 300))
                #expect(got.map { events[Int($0)] } == batches[caller])
            }
            #expect(events.count == 1204)
            await ledger.close()
            #expect(try LedgerVerifier.verify(folder: settings(folder).folder, key: ledger.key).size == 1204)
        }
    }

    @Test func `without its file the ledger refuses, says so, and recovers when it is back`() async throws {
        try await withTemporaryFolder { folder in
            let ledger = try await Ledger.open(settings(folder))
            _ = try await ledger.append([fact(0)])
            let path = folder.appending(path: firstSegment)
            let away = folder.appending(path: "away")
            try FileManager.default.moveItem(at: path, to: away)
            let refused = await result { () async throws(Failure) in try await ledger.append([fact(1)]) }
            guard case .failure(let why) = refused else {
                Issue.record("an entry was taken")
                return
            }
            #expect(why.reason == "LedgerDamaged")
            #expect(ledger.status.failure == why)
            #expect(await result { () async throws(Failure) in try await ledger.recover() }.isFailure)
            try FileManager.default.moveItem(at: away, to: path)
            #expect(await result { () async throws(Failure) in try await ledger.append([fact(1)]) }.isFailure)
            try await ledger.recover()
            #expect(ledger.status.failure == nil)
            #expect(try await ledger.append([fact(1)]) == [1])
            await ledger.close()
        }
    }

    @Test func `a closed ledger takes nothing`() async throws {
        try await withTemporaryFolder { folder in
            let ledger = try await Ledger.open(settings(folder))
            await ledger.close()
            await ledger.close()
            guard
                case .failure(let why) = await result({ () async throws(Failure) in try await ledger.append([fact(1)]) }
                )
            else {
                Issue.record("an entry was taken")
                return
            }
            #expect(why.message == "ledger: it is closed; the controller is stopping")
        }
    }

    @Test func `an empty append needs no batch`() async throws {
        try await withTemporaryFolder { folder in
            let ledger = try await Ledger.open(settings(folder))
            #expect(try await ledger.append([]) == [])
            #expect(ledger.checkpoint == nil)
            await ledger.close()
            #expect(try LedgerVerifier.verify(folder: settings(folder).folder, key: nil).size == 0)
        }
    }

    @Test func `a reader in between sees whole batches and follows`() async throws {
        try await withTemporaryFolder { folder in
            let ledger = try await Ledger.open(settings(folder, segmentLimit: 3000))
            let follower = ledger.reader.follow(from: 3, every: .milliseconds(5))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { for number in 0..<20 { _ = try await ledger.append([fact(number)]) } }
                var seen: [RecordedEvent] = []
                for try await event in follower {
                    seen.append(event)
                    if seen.count == 17 { break }
                }
                #expect(seen.map(\.event) == (3..<20).map { fact($0) })
                try await group.waitForAll()
            }
            #expect(try await ledger.reader.events(from: 5, limit: 2).map(\.index) == [5, 6])
            #expect(try await ledger.reader.events { $0.index % 5 == 0 }.map(\.index) == [0, 5, 10, 15])
            #expect(try await ledger.reader.event(at: 20) == nil)
            #expect(try await ledger.reader.newestCheckpoint() == ledger.checkpoint)
            await ledger.close()
        }
    }
}

/// What `body` gives or throws.
func result<Success: Sendable>(
    _ body: () async throws(Failure) -> Success
) async -> Result<Success, Failure> {
    do throws(Failure) { return .success(try await body()) } catch { return .failure(error) }
}

extension Result {
    var isFailure: Bool { if case .failure = self { true } else { false } }
}

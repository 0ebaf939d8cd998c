import Foundation
import Testing
import WaybillCore
import WaybillLedger
import WaybillTestSupport
import WaybillTrust

@Suite struct StoreTests {
    @Test func `what is appended is read back as it was, over restarts and segments`() async throws {
        try await withTemporaryFolder { folder in
            let settings = settings(folder, segmentLimit: 4000)
            let events = (0..<40).map { $0 % 3 == 0 ? intent($0) : fact($0, message: "é\n\"\($0)\"") }
            for start in stride(from: 0, to: 40, by: 4) {
                let store = try LedgerStore(settings)
                #expect(store.size == UInt64(start))
                #expect(try store.append(Array(events[start..<(start + 3)])) == [0, 1, 2].map { UInt64(start + $0) })
                #expect(try store.append([events[start + 3]]) == [UInt64(start + 3)])
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(settings.folder)/journal").count > 3)
            let read = try await LedgerReader(folder: settings.folder).events()
            #expect(read.map(\.index) == Array(0..<40))
            #expect(read.map(\.event) == events)
            let report = try LedgerVerifier.verify(folder: settings.folder, key: nil)
            #expect(report.size == 40)
            #expect(report.openIntents == 14)
            #expect(report.conclusion == "internally consistent, not anchored")
        }
    }

    @Test func `the folder keeps its secrets`() async throws {
        try await withTemporaryFolder { folder in
            let store = try LedgerStore(settings(folder))
            func mode(_ path: String) throws -> Int? {
                try FileManager.default.attributesOfItem(atPath: folder.appending(path: path).path)[.posixPermissions]
                    as? Int
            }
            #expect(try mode("ledger") == 0o700)
            #expect(try mode("ledger/key") == 0o600)
            #expect(try mode("ledger/pseudonyms") == 0o600)
            #expect(try bytes(folder, "ledger/vkey") == Array("\(store.key)\n".utf8))
            #expect(store.key.name.hasPrefix("waybill.dev/ledger/"))
            #expect(store.key.name.utf8.count == 19 + 32)
        }
    }

    @Test func `headers carry pseudonyms and no names`() async throws {
        try await withTemporaryFolder { folder in
            let store = try LedgerStore(settings(folder))
            _ = try store.append([intent(1), intent(2), fact(3)])
            let events = try await LedgerReader(folder: settings(folder).folder).events()
            let actors = events.compactMap { $0.header?.actor }
            #expect(actors[0].hasPrefix("unix:") && actors[0].utf8.count == 37)
            #expect(actors[0] == actors[1])
            #expect(actors[2] == "controller")
            #expect(!events.contains { String(decoding: $0.header?.encoded ?? [], as: UTF8.self).contains("anna") })
        }
    }

    @Test func `a second writer is refused`() async throws {
        try await withTemporaryFolder { folder in
            let store = try LedgerStore(settings(folder))
            let refused = failure { try LedgerStore(settings(folder)) }
            #expect(refused?.reason == "LedgerLocked")
            _ = try store.append([fact(1)])
        }
    }

    @Test(arguments: [
        (
            fact(0).with {
                $0.phase = .intent; $0.outcome = .failed
            }, "it is an intent and has an outcome"
        ),
        (fact(0).with { $0.phase = .outcome }, "it is an outcome and does not say which"),
        (outcome(of: 0), "its cause, entry 0, does not come before it"),
        (fact(0).with { $0.time = Timestamp(milliseconds: -1) }, "its time lies before 1970"),
        (
            fact(0, message: String(repeating: "x", count: 1 << 20)),
            "the body of 'drift.found' is longer than 1 MiB; store it beside, by digest"
        ),
        (
            fact(0).with { $0.subject = String(repeating: "x", count: 70_000) },
            "the header of 'drift.found' is longer than 64 KiB"
        ),
    ])
    func `an event that the formats cannot hold is refused alone`(event: Event, problem: String) async throws {
        try await withTemporaryFolder { folder in
            let store = try LedgerStore(settings(folder))
            #expect(
                failure { try store.append([event]) }
                    == Failure(.stall, reason: "EventInvalid", message: "ledger: an event was refused: \(problem)"))
            #expect(try store.append([fact(1)]) == [0])
        }
    }

    @Test func `intents are open until their outcome or reconciliation, over restarts and segments`() async throws {
        try await withTemporaryFolder { folder in
            let settings = settings(folder, segmentLimit: 1)
            do {
                let store = try LedgerStore(settings)
                for number in 0..<4 { _ = try store.append([intent(number)]) }
                _ = try store.append([outcome(of: 1, .failed)])
            }
            let store = try LedgerStore(settings)
            #expect(store.openIntents == [0, 2, 3])
            var note = fact(5)
            note.type = .intentReconciled
            note.body = [:]
            note.cause = 2
            _ = try store.append([note, outcome(of: 3, .reconciled)])
            #expect(store.openIntents == [0])
            #expect(store.latestTime == Timestamp(milliseconds: 1_795_000_000_005))
        }
    }
}

extension Event {
    func with(_ change: (inout Event) -> Void) -> Event {
        var event = self
        change(&event)
        return event
    }
}

import Foundation
import Testing
import WaybillAPI
import WaybillCore
import WaybillEngine
import WaybillLedger
import WaybillPackage
import WaybillTestSupport

@testable import waybill

/// What a start folds when there is a snapshot is what it would fold without.
@Suite struct SnapshotTests {
    private static func after(_ events: some Sequence<(Int, Event)>, from memory: Memory = Memory()) -> Memory {
        var memory = memory
        for (index, event) in events {
            memory.fold(LedgerIndex(index), event)
            memory.entries = LedgerIndex(index) + 1
        }
        return memory
    }

    private static func stored(_ memory: Memory) throws -> Memory {
        try JSONDecoder().decode(Memory.self, from: try JSONEncoder().encode(memory))
    }

    private func expectSame(_ found: Memory, _ expected: Memory, _ what: String) {
        #expect(found.facts == expected.facts, "\(what)")
        #expect(found.fleet == expected.fleet && found.sights == expected.sights, "\(what)")
        #expect(found.inForce.acceptance == expected.inForce.acceptance, "\(what)")
        #expect(found.lastBuild == expected.lastBuild && found.entries == expected.entries, "\(what)")
        for count in [1, 2, 100] { #expect(found.recent.newest(count) == expected.recent.newest(count), "\(what)") }
    }

    /// The ledger of a simulated life with all its faults, and the events that no simulation writes among it.
    private static func history(_ seed: UInt64) throws -> [Event] {
        var chance = SeededChance(seed: seed)
        let lived = Simulation.run(seed: seed, isTraced: true).events
        return try lived.enumerated().flatMap { place, event in
            place.isMultiple(of: 3) ? [try other(&chance, at: event.time), event] : [event]
        }
    }

    private static func other(_ chance: inout SeededChance, at time: Timestamp) throws -> Event {
        let number = Int.random(in: 1...9, using: &chance)
        let (commit, version) = (String(repeating: "\(number)", count: 40), "churn@1.\(number).0")
        let digest = Value.string(Digest(of: version.utf8).description)
        let (type, subject, body): (EventType, String, Members) =
            switch Int.random(in: 0..<7, using: &chance) {
            case 0: (.commitAccepted, commit, ["commit": .string(commit), "problems": .integer(Int64(number % 3))])
            case 1:
                (
                    .versionsFixed, commit,
                    [
                        "commit": .string(commit),
                        "versions": [["version": .string(version), "digest": digest, "path": "a.yaml"]],
                    ]
                )
            case 2: (.signatureVerified, version, ["signature": digest])
            case 3: (.operatorCommand, commit, ["command": "accept"])
            case 4:
                (
                    .holdPlaced, "controller",
                    ["commit": .string(commit), "reason": "MassDeletion", "message": "all \"gone\""]
                )
            case 5: (.holdReleased, "controller", [:])
            default: (.controllerStarted, "controller", ["build": .string("0.\(number)")])
            }
        return Event(
            type, decision: DecisionID(UInt64(number)), time: time, subject: subject,
            actor: .unixUser(uid: 7, name: "é"), body: body)
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `a stored memory and the events after it come to what all events come to`(_ seed: UInt64) throws {
        let events = Array(try Self.history(seed).enumerated()).map { ($0.offset, $0.element) }
        let whole = Self.after(events)
        #expect(events.count > 50 && !whole.facts.keys.isEmpty && !whole.fleet.fixed.isEmpty)
        for cut in stride(from: 0, through: events.count, by: max(1, events.count / 9)) {
            let begun = try Self.stored(Self.after(events.prefix(cut)))
            expectSame(Self.after(events.dropFirst(cut), from: begun), whole, "seed \(seed), cut at \(cut)")
        }
        // What a moment of the history leaves open is stored, too.
        let open = try #require(events.indices.first { !Self.after(events.prefix($0)).facts.dangling.isEmpty })
        let opened = Self.after(events.prefix(open))
        expectSame(try Self.stored(opened), opened, "seed \(seed), with an open intent")
    }

    enum Disturbance: CaseIterable, Sendable { case none, missing, edited, cut, otherBuild, notInLedger }

    @Test(arguments: Disturbance.allCases)
    func `a start begins at a snapshot that the ledger vouches for, and with any other at the first entry`(
        _ disturbance: Disturbance
    ) async throws {
        try await withTemporaryFolder { url in
            let folder = StateFolder(at: url.appending(path: "state"))
            try folder.create()
            let ledger = try await Ledger.open(LedgerSettings(folder: folder.ledger))
            let file = SnapshotFile(folder, build: "0.1.0+a")
            for name in ["one", "two"] { _ = try await ledger.append([Self.pause(name)]) }
            let event = try await file.write(
                try await Memory.read(ledger.reader).memory, at: Timestamp(milliseconds: 1_700_000_000_000))
            #expect(event.undeclaredMembers == [])
            _ = try await ledger.append([Self.pause("three")] + (disturbance == .notInLedger ? [] : [event]))
            _ = try await ledger.append([Self.pause("four")])
            let place = URL(fileURLWithPath: file.path)
            let bytes = try Data(contentsOf: place)
            switch disturbance {
            case .none, .otherBuild, .notInLedger: break
            case .missing: try FileManager.default.removeItem(at: place)
            case .edited:
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(text.contains("\"isPaused\":true"))
                try Data(text.replacing("\"isPaused\":true", with: "\"isPaused\":false").utf8).write(to: place)
            case .cut: try bytes.prefix(bytes.count / 2).write(to: place)
            }
            let reading = SnapshotFile(folder, build: disturbance == .otherBuild ? "0.1.0+b" : "0.1.0+a")
            let (memory, begun) = try await Memory.read(ledger.reader, since: reading)
            #expect(begun == (disturbance == .none ? 2 : 0))
            expectSame(memory, try await Memory.read(ledger.reader).memory, "\(disturbance)")
            #expect(memory.facts.keys.filter(\.value.isPaused).count == 4)
            await ledger.close()
        }
    }

    @Test func `a snapshot takes in no entry after the limit`() async throws {
        try await withTemporaryFolder { folder in
            let ledger = try await Ledger.open(LedgerSettings(folder: folder.appending(path: "ledger").path))
            for name in ["one", "two", "three"] { _ = try await ledger.append([Self.pause(name)]) }
            let memory = try await Memory.read(ledger.reader, upTo: 2).memory
            #expect(memory.entries == 2 && memory.facts.keys.keys.map(\.name.text).sorted() == ["one", "two"])
            await ledger.close()
        }
    }

    private static func pause(_ name: String) -> Event {
        Event(
            .operatorCommand, decision: DecisionID(1), time: Timestamp(milliseconds: 1_700_000_000_000),
            subject: "production/\(name)", actor: .unixUser(uid: 7, name: "Ada"),
            body: ["command": "pause", "arguments": .object([:]), "result": "paused"])
    }
}

extension `End to end` {
    @Test func `a start after very many entries leaves a snapshot, and the next begins there and forgets nothing`()
        async throws
    {
        try await withFleet { fleet in
            try await fleet.startServing()
            let key = "production/risk-score"
            #expect(try await fleet.waybill("pause", key).code == 0)
            let models = fleet.processes.models
            #expect(try await fleet.controller.end(SIGTERM) == 0)
            try fleet.note(20_001)
            for life in 1...2 {
                try await fleet.start()
                #expect(try await fleet.condition(key, "Paused")?.status == true, "life \(life)")
                let taken = try await fleet.events(.factsSnapshot)
                #expect(taken.count == 1 && taken.allSatisfy { $0.undeclaredMembers == [] })
                #expect(fleet.processes.models == models)
                #expect(try await fleet.controller.end(SIGKILL) == -SIGKILL)
            }
            let reader = LedgerReader(folder: fleet.ledger)
            let folder = StateFolder(at: URL(fileURLWithPath: fleet.state))
            let build = try #require(try await fleet.events(.factsSnapshot).first?.body["build"]?.string)
            // Told by its bytes: two builds may have one size and one time.
            let program = BuiltProgram.products.appending(path: "waybill").path
            #expect(build == (try ContentStore.digest(ofFile: program)).description)
            let (memory, begun) = try await Memory.read(reader, since: SnapshotFile(folder, build: build))
            let whole = try await Memory.read(reader).memory
            #expect(begun > 20_001 && memory.facts == whole.facts)
            try await fleet.start()
        }
    }
}

extension Fleet {
    /// Writes so many events that decide nothing, while no controller runs.
    fileprivate func note(_ count: Int) throws {
        let ledger = try LedgerStore(LedgerSettings(folder: ledger))
        for first in stride(from: 0, to: count, by: 1000) {
            _ = try ledger.append(
                (first..<min(first + 1000, count)).map { number in
                    Event(
                        .gatewayStarted, decision: DecisionID(UInt64(number)),
                        time: Timestamp(milliseconds: 1_700_000_000_000), subject: "controller")
                })
        }
    }
}

import WaybillCore
import WaybillEngine
import WaybillLedger
import WaybillTrust

/// What the ledger says at a start.
///
/// All of it is stored in a snapshot: whatever is added here has to be a fold over events, and nothing else.
struct Memory: Codable, Sendable {
    var facts = Facts()
    var fleet = FleetMemory()
    var sights = FirstSights()
    private(set) var recent = RecentVersions()
    private(set) var inForce = CommitInForce()
    private(set) var sealed = SealedSegments()
    var lastBuild: String?
    /// The public half of the key that signed statements last.
    var statementKey: String?
    /// Entries that are taken in.
    var entries: UInt64 = 0

    /// Folds the ledger's first `limit` entries: from the snapshot in `file` on where that counts, and all of them otherwise.
    ///
    /// - Returns: beside it, how many entries the snapshot took in.
    /// - Throws: `LedgerUnreadable`, stalling, when an entry that may decide something cannot be read.
    static func read(
        _ reader: LedgerReader, since file: SnapshotFile? = nil, upTo limit: UInt64 = .max
    ) async throws(Failure) -> (memory: Memory, begun: UInt64) {
        try await Blocking.run { () throws(Failure) in
            if let found = file?.read(), let memory = try found.continued(reader, upTo: limit) {
                return (memory, found.entries)
            }
            var memory = Memory()
            try reader.forEach { recorded throws(Failure) in
                guard recorded.index < limit else { return false }
                try memory.take(recorded)
                return true
            }
            return (memory, 0)
        }
    }

    /// Takes in the next entry.
    mutating func take(_ recorded: RecordedEvent) throws(Failure) {
        entries = recorded.index + 1
        if let event = try Self.readable(recorded) { fold(recorded.index, event) }
    }

    mutating func fold(_ index: LedgerIndex, _ event: Event) {
        facts.fold(index, event)
        fleet.fold(event)
        sights.fold(event)
        recent.take(event)
        inForce.take(event)
        sealed.take(index, event)
        if event.type == .controllerStarted { lastBuild = event.body["build"]?.string }
        if event.type == .statementKeyMade { statementKey = event.body["publicKey"]?.string }
    }

    /// The event, or nil when what it says decides nothing.
    ///
    /// - Throws: `Failure` when it may decide something and cannot be read: going on would forget a pause, or a hold.
    private static func readable(_ recorded: RecordedEvent) throws(Failure) -> Event? {
        switch recorded.content {
        case .disclosed(let event): return event
        case .unreadable(let why):
            let name = recorded.header?.type
            if let name, EventType(rawValue: name).map({ !$0.decides }) ?? true { return nil }
            let subject = recorded.header.map { " about \($0.subject.quotedForMessage)" } ?? ""
            throw Failure(
                .stall, reason: "LedgerUnreadable",
                message: "ledger: entry \(recorded.index) (\(name ?? "of an unknown form")\(subject)) cannot be read: "
                    + "\(why); it may decide what is done, so nothing is begun without it: look at the ledger with "
                    + "'waybill audit verify' and restore the journal, or run the Waybill that wrote it")
        }
    }
}

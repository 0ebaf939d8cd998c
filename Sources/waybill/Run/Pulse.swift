import Logging
import WaybillAPI
import WaybillCore
import WaybillLedger

/// Hears of the loops that would not say by themselves that they turn: ledger, publication, control socket; and tells the
/// log what changes beside the journal.
struct Pulse: Sendable {
    private let parts: Parts
    private let heartbeat: Heartbeat
    private let patience: Duration
    private static let interval = Duration.seconds(5)

    init(_ parts: Parts, _ heartbeat: Heartbeat, within patience: Duration) {
        self.parts = parts
        self.heartbeat = heartbeat
        self.patience = patience
    }

    func beat(_ loop: String) { heartbeat.beat(loop, within: patience) }

    /// Has `loops`, and those heard of here, be missed from now on.
    func begin(_ loops: [String]) {
        for loop in loops + ["ledger", "publisher", "control", "prober", "store"] { beat(loop) }
    }

    /// Runs until cancelled. Each loop is asked by a task of its own: one that hangs keeps no other from being heard of.
    func run() async {
        let ledger = parts.ledger
        let client = ControlClient(stateFolder: parts.folder.path)
        await withDiscardingTaskGroup { group in
            group.addTask { await self.hear("ledger") { await ledger.hearWriter() } }
            group.addTask { await self.hear("publisher") { await ledger.hearPublisher() } }
            group.addTask { await self.hear("control") { () throws(Failure) in _ = try await client.build() } }
            group.addTask { await self.watchWarnings() }
        }
    }

    private func hear(_ loop: String, _ ask: () async throws(Failure) -> Void) async {
        while (try? await Task.sleep(for: Self.interval)) != nil {
            do throws(Failure) { try await ask() } catch { continue }
            beat(loop)
        }
    }

    /// Says once that something fails, and once that it does not any more.
    private func watchWarnings() async {
        var known: Set<String> = []
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let found = Set(parts.ledger.status.warnings)
            for warning in found.subtracting(known).sorted() { parts.logger.warning("\(warning)") }
            for warning in known.subtracting(found).sorted() { parts.logger.info("over: \(warning)") }
            known = found
        }
    }
}

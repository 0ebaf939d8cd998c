import WaybillCore
import WaybillLedger

/// Durable appends, one at a time and in batches, against the same bytes written and synced.
struct AppendBenchmark {
    let ledger: Ledger
    let peer: Peer

    func run() async throws {
        let single = try await journalBytes(1)
        try await compare("one at a time", rounds: 2000, events: 1, bytes: single)
        for batch in [16, 256, 1024] {
            try await compare(
                "in batches of \(batch)", rounds: 100, events: batch, bytes: try await journalBytes(batch))
        }
        try await concurrent(callers: 64, each: 100)
    }

    /// What a batch of so many events takes in the journal.
    private func journalBytes(_ count: Int) async throws -> Int {
        _ = try await ledger.append([sampleEvent(0)])
        let before = ledger.status.bytes
        _ = try await ledger.append((0..<count).map(sampleEvent))
        return Int(ledger.status.bytes - before)
    }

    private func compare(_ title: String, rounds: Int, events: Int, bytes: Int) async throws {
        var ours: [Double] = []
        var peers: [Double] = []
        for round in 0..<rounds {
            let batch = (0..<events).map { sampleEvent(round + $0) }
            ours.append(try await milliseconds { _ = try await ledger.append(batch) })
            peers.append(try await milliseconds { try peer.append(bytes) })
        }
        let (own, other) = (ours.quantile(0.5), peers.quantile(0.5))
        print("append \(title): \(events) events, \(bytes) bytes, \(rounds) rounds")
        print(
            "  ledger  median \(shown(own)) ms, p99 \(shown(ours.quantile(0.99))) ms, \(Int(Double(events) / own * 1000)) events/s"
        )
        print("  peer    median \(shown(other)) ms, p99 \(shown(peers.quantile(0.99))) ms (write + fdatasync)")
        print(
            "  speed   \(shown(other / own)) x the peer; p99 \(shown(ours.quantile(0.99) / peers.quantile(0.99))) x the peer's"
        )
        print("reach  append \(title): \(shown(other / own)) (>= 0.5 x): \(other / own >= 0.5 ? "yes" : "NO")")
    }

    /// Many callers with one event each: what a busy controller does.
    private func concurrent(callers: Int, each: Int) async throws {
        let ledger = ledger
        let cpu = processorSeconds
        let total = try await milliseconds {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<callers {
                    group.addTask {
                        for turn in 0..<each { _ = try await ledger.append([sampleEvent(caller * each + turn)]) }
                    }
                }
                try await group.waitForAll()
            }
        }
        print(
            "append by \(callers) callers at once, one event each: \(Int(Double(callers * each) / total * 1000)) events/s"
        )
        print("  \(shown((processorSeconds - cpu) / Double(callers * each) * 1e6)) µs of processor an event")
    }
}

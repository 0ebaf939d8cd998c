import Foundation
import Logging
import Testing
import WaybillCore
import WaybillEngine
import WaybillLedger
import WaybillTestSupport

@testable import waybill

/// The store of a controller whose ledger is long.
@Suite struct StoreKeeperTests {
    private struct Standing: WallClock {
        func now() -> Timestamp { Timestamp(milliseconds: 1_700_000_000_000) }
    }

    private static func event(_ number: Int, _ subject: String) -> Event {
        Event(
            .replicaStarted, phase: .fact, decision: DecisionID(UInt64(number)), time: Standing().now(),
            subject: subject)
    }

    @Test func `a lost store is filled anew while the controller runs, and histories are whole all the time`()
        async throws
    {
        try await withTemporaryFolder { url in
            let ledger = try await Ledger.open(LedgerSettings(folder: url.path + "/ledger"))
            let key = try DeploymentKey(parsing: "production/churn")
            _ = try await ledger.append(
                (0..<2500).map { Self.event($0, $0.isMultiple(of: 500) ? key.description : "x") })
            let keeper = await StoreKeeper.open(
                url.path + "/store.sqlite", ledger: ledger, clock: Standing(), logger: Logger(label: "test"),
                atOnce: 100)
            #expect(keeper.rebuiltBecause == "the store was missing")
            #expect(!keeper.isFilled)
            let all: [LedgerIndex] = [2000, 1500, 1000, 500, 0]
            #expect(try await keeper.indices(about: key, before: nil, limit: 10) == all)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await keeper.run(turned: {}) }
                let index = try await ledger.append([Self.event(2500, key.description)])
                keeper.index(index.map { ($0, Self.event(2500, key.description)) })
                for _ in 0..<600 where !keeper.isFilled { try await Task.sleep(for: .milliseconds(100)) }
                #expect(keeper.isFilled)
                #expect(try await keeper.indices(about: key, before: nil, limit: 10) == [2500] + all)
                group.cancelAll()
            }
            await keeper.close()
            await ledger.close()
        }
    }

    @Test func `what a store lacks of a short ledger it has before the start goes on`() async throws {
        try await withTemporaryFolder { url in
            let ledger = try await Ledger.open(LedgerSettings(folder: url.path + "/ledger"))
            _ = try await ledger.append((0..<100).map { Self.event($0, "x") })
            let keeper = await StoreKeeper.open(
                url.path + "/store.sqlite", ledger: ledger, clock: Standing(), logger: Logger(label: "test"),
                atOnce: 100)
            #expect(keeper.isFilled)
            await keeper.close()
            await ledger.close()
        }
    }
}

import Testing
import WaybillAPI
import WaybillCore

@testable import waybill

/// Where a version ran, by a deployment's history.
@Suite struct VersionRunTests {
    private static func revision(_ number: Int) -> Revision { Revision(Digest(of: "\(number)".utf8)) }

    private static func event(_ index: UInt64, _ type: EventType, _ body: Members, outcome: Event.Outcome = .succeeded)
        throws -> EventView
    {
        EventView(
            Event(
                type, phase: .outcome, decision: DecisionID(index), time: Timestamp(milliseconds: Int64(index) * 1000),
                subject: "production/churn", outcome: outcome, body: body), at: index)
    }

    private static func prepared(_ index: UInt64, _ number: Int, _ version: String) throws -> EventView {
        try event(
            index, .revisionPrepared,
            ["revision": .string(revision(number).description), "version": .string("churn@\(version)")])
    }

    private static func routed(_ index: UInt64, _ numbers: Int..., outcome: Event.Outcome = .succeeded) throws
        -> EventView
    {
        let key = try DeploymentKey(parsing: "production/churn")
        let ids = numbers.map { ReplicaID(key: key, revision: revision($0), serial: index) }
        return try event(
            index, .routesChanged, ["replicas": .list(ids.map { .string($0.description) })], outcome: outcome)
    }

    private func runs(_ events: [EventView]) -> [String] {
        VersionRun.runs(of: "production/churn", events).map { run in
            "\(run.version) \(run.from.timestamp.milliseconds)-\((run.to?.timestamp.milliseconds).map(String.init) ?? "")"
        }
    }

    @Test func `a version runs from its rotation to the next version's, in whatever order events come`() throws {
        let events = [
            try Self.prepared(1, 1, "1.4.0"), try Self.routed(2, 1), try Self.routed(3, 1, 1),
            try Self.prepared(4, 2, "1.5.0"), try Self.routed(5, 1, 2), try Self.routed(6, 2), try Self.routed(9),
        ]
        #expect(runs(events) == ["churn@1.4.0 2000-6000", "churn@1.5.0 6000-9000"])
        #expect(runs(events.reversed()) == runs(events))
        #expect(runs(Array(events.dropLast())) == ["churn@1.4.0 2000-6000", "churn@1.5.0 6000-"])
    }

    @Test func `what failed made no rotation, and a revision of unknown version is left out`() throws {
        #expect(runs([try Self.prepared(1, 1, "1.4.0"), try Self.routed(2, 1, outcome: .failed)]) == [])
        #expect(runs([try Self.routed(2, 1)]) == [])
        #expect(
            runs([try Self.prepared(1, 1, "1.4.0"), try Self.routed(2, 1), try Self.routed(3, 2)])
                == ["churn@1.4.0 2000-3000"])
    }

    @Test func `a restart of the same version is no other run`() throws {
        let events = [
            try Self.prepared(1, 1, "1.4.0"), try Self.prepared(2, 3, "1.4.0"), try Self.routed(3, 1),
            try Self.routed(5, 3),
        ]
        #expect(runs(events) == ["churn@1.4.0 3000-"])
    }
}

import WaybillAPI
import WaybillCore

/// Fixed values to show.
enum Samples {
    static let time = Timestamp(milliseconds: 1_795_446_245_678)

    static func make<Value>(_ body: () throws(InvalidInput) -> Value) throws(Failure) -> Value {
        do { return try body() } catch { throw Failure(.stall, reason: "Sample", message: error.message) }
    }

    static func key(_ text: String = "production/churn") throws(Failure) -> DeploymentKey {
        try make { () throws(InvalidInput) in try DeploymentKey(parsing: text) }
    }

    static func commit() throws(Failure) -> CommitID {
        try make { () throws(InvalidInput) in try CommitID(parsing: String(repeating: "ab", count: 20)) }
    }

    static func version(_ text: String = "churn@1.4.0") throws(Failure) -> VersionID {
        try make { () throws(InvalidInput) in try VersionID(parsing: text) }
    }

    static let revision = Revision(Digest(of: "revision".utf8))

    static func deployment(
        _ name: String = "production/churn", ready: Int = 1, message: String = "serves what git asks for"
    ) throws(Failure) -> DeploymentView {
        var conditions = Conditions()
        conditions.set(
            Condition(
                .ready, isTrue: ready > 0, reason: ready > 0 ? "Serving" : "Starting", message: message,
                changedAt: time, observedCommit: try commit()))
        return DeploymentView(
            key: try key(name), version: try version(), serving: [try version()],
            runtime: try make { () throws(InvalidInput) in try Name(parsing: "mlserver-sklearn") },
            replicas: .init(desired: 1, ready: ready, running: 1), revision: revision, commit: try commit(),
            url: "http://127.0.0.1:8080/\(name)", conditions: conditions)
    }

    static func fleet() throws(Failure) -> FleetView {
        FleetView(
            controller: .init(build: "0.1.0", pid: 4711, startedAt: time, stateFolder: "/var/lib/waybill"),
            repository: .init(
                url: "https://git.example/fleet", branch: "main", path: "fleet",
                commit: CommitSummary(id: try commit(), author: "Ada", summary: "Raise churn to 1.4.0", time: time),
                head: nil, fetchedAt: time, problem: nil),
            deployments: .init([try deployment()]),
            holds: [
                .init(
                    subject: "fleet", reason: "HistoryRewound", message: "main no longer contains abababab",
                    commit: try commit(), since: time)
            ], problems: [], ledger: .init(origin: "waybill.example/1", entries: 42, anchoredAt: nil, problem: nil),
            gateway: .init(nil))
    }

    static func event(_ index: UInt64, subject: String = "production/churn") -> EventView {
        EventView(
            Event(
                .replicaStarted, phase: .outcome, decision: DecisionID(7), cause: 3, time: time, subject: subject,
                outcome: .succeeded,
                body: ["replica": "production.churn.3f2a9c01d4e5.7", "reason": "nothing serves yet"]),
            at: index)
    }
}

import Foundation
import Testing
import WaybillCore
import WaybillLedger
import WaybillTrust

/// A fact about a deployment, as the controller would note it.
func fact(_ number: Int, message: String = "found") -> Event {
    Event(
        .driftFound, decision: DecisionID(UInt64(number)),
        time: Timestamp(milliseconds: 1_795_000_000_000 + Int64(number)),
        environment: try? Name(parsing: "production"), subject: "production/churn",
        body: ["message": .string(message), "what": "killed"])
}

func intent(_ number: Int) -> Event {
    Event(
        .replicaStarted, phase: .intent, decision: DecisionID(UInt64(number)),
        time: Timestamp(milliseconds: 1_795_000_000_000 + Int64(number)), subject: "production/churn",
        actor: .unixUser(uid: 1000, name: "anna"), body: ["replica": .string("production/churn/\(number)")])
}

func outcome(of cause: LedgerIndex, _ outcome: Event.Outcome = .succeeded) -> Event {
    Event(
        .replicaStarted, phase: .outcome, decision: DecisionID(cause), cause: cause,
        time: Timestamp(milliseconds: 1_795_000_000_000), subject: "production/churn", outcome: outcome)
}

func settings(
    _ folder: URL, name: String = "ledger", origin: String? = nil, known: [[UInt8]] = [], segmentLimit: Int64 = 64 << 20
) -> LedgerSettings {
    var settings = LedgerSettings(folder: folder.appending(path: name).path)
    settings.origin = origin
    settings.knownCheckpoints = known
    settings.segmentLimit = segmentLimit
    return settings
}

/// The failure that `body` throws.
func failure<Result>(_ body: () throws -> Result) -> Failure? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? Failure
    }
}

func bytes(_ folder: URL, _ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appending(path: path)))
}

func write(_ bytes: [UInt8], _ folder: URL, _ path: String) throws {
    try Data(bytes).write(to: folder.appending(path: path))
}

let firstSegment = "ledger/journal/00000000000000000000.segment"

import Foundation
import Synchronization
import WaybillCore
import WaybillLedger
import WaybillTrust

/// When the ledger saw signatures first, by the digest of their bytes. A key that is revoked later does not undo what was seen before.
struct FirstSights: Hashable, Codable, Sendable {
    private(set) var seen: [Digest: Timestamp] = [:]

    mutating func fold(_ event: Event) {
        guard event.type == .signatureVerified,
            let digest = event.body["signature"]?.string.flatMap({ try? Digest(parsing: $0) })
        else { return }
        seen[digest] = min(seen[digest] ?? event.time, event.time)
    }

    /// As the ledger of `folder` has them; none when there is no ledger.
    static func read(ledger folder: String) async throws(Failure) -> [Digest: Timestamp] {
        guard FileManager.default.fileExists(atPath: folder) else { return [:] }
        let events = try await LedgerReader(folder: folder).events { recorded in
            recorded.header?.type == EventType.signatureVerified.rawValue
        }
        var sights = FirstSights()
        for event in events.compactMap(\.event) { sights.fold(event) }
        return sights.seen
    }
}

/// First sights as the running controller knows them: those of its start, and each that it writes.
final class KnownSights: Sendable {
    private let sights: Mutex<FirstSights>

    init(_ sights: FirstSights) { self.sights = Mutex(sights) }

    /// Follows what was written to the ledger.
    func take(_ event: Event) { sights.withLock { $0.fold(event) } }

    var seen: [Digest: Timestamp] { sights.withLock(\.seen) }
}

import Synchronization
import WaybillCore
import WaybillLedger

/// Versions of the last revisions of each deployment, as the ledger tells them: what a collection keeps so that a way back is at hand.
final class RecentVersions: Codable, Sendable {
    /// More of one deployment are not remembered.
    private static let most = 100

    private let kept = Mutex<[String: [VersionID]]>([:])

    init() {}

    init(from decoder: any Decoder) throws {
        let known = try decoder.singleValueContainer().decode([String: [VersionID]].self)
        kept.withLock { $0 = known }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(kept.withLock { $0 })
    }

    /// Follows what was written to the ledger.
    func take(_ event: Event) {
        switch event.type {
        case .revisionPrepared where event.phase == .outcome && event.outcome == .succeeded:
            guard let version = event.body["version"]?.string.flatMap({ try? VersionID(parsing: $0) }) else { return }
            kept.withLock { kept in
                let earlier = (kept[event.subject] ?? []).filter { $0 != version }
                kept[event.subject] = (earlier + [version]).suffix(Self.most)
            }
        // A deployment that goes leaves nothing to go back to.
        case .planDecided where event.body["to"]?.string == "absent": kept.withLock { $0[event.subject] = nil }
        case _: break
        }
    }

    /// Those of the last `count` revisions of each deployment.
    func newest(_ count: Int) -> Set<VersionID> {
        kept.withLock { kept in Set(kept.values.flatMap { $0.suffix(count) }) }
    }

    /// As the ledger of `folder` tells them; none where there is no ledger.
    static func read(_ folder: StateFolder) async throws(Failure) -> RecentVersions {
        let recent = RecentVersions()
        guard folder.hasLedger else { return recent }
        let reader = LedgerReader(folder: folder.ledger)
        _ = try await Blocking.run { () throws(Failure) in
            try reader.forEach { recorded throws(Failure) in
                if let event = recorded.event { recent.take(event) }
                return true
            }
        }
        return recent
    }
}

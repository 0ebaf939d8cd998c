import Foundation
import WaybillCore
import WaybillLedger

/// The ledger of a state folder, or of a copy of one, read for lineage in one pass.
enum LineageLedger {
    /// - Throws: `NoLedger` when the folder has none.
    static func history(of folder: String) async throws -> LineageHistory {
        guard FileManager.default.fileExists(atPath: folder + "/journal") else {
            throw Failure(
                .stall, reason: "NoLedger",
                message:
                    "\(folder): there is no ledger's journal; name a state folder, or a copy of one, with --state. "
                    + "Bodies of entries are not in a published log alone")
        }
        return try await Blocking.run { () throws -> LineageHistory in
            var history = LineageHistory()
            do {
                try LedgerReader(folder: folder).forEach { recorded in
                    if let event = recorded.event {
                        history.fold(recorded.index, event)
                    } else {
                        history.unreadable += 1
                    }
                    return true
                }
            }
            return history
        }
    }
}

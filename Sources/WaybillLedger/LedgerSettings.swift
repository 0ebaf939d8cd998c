package import WaybillCore

/// How a ledger is opened.
package struct LedgerSettings: Sendable {
    /// The ledger's folder, `ledger` in the state folder; its parent exists.
    package var folder: String
    /// The log's name, for the first open; nil takes one of chance. Later opens refuse another one.
    package var origin: String?
    /// Bytes after which a segment is closed.
    package var segmentLimit: Int64 = 64 << 20
    /// Longest time from an append to the published form that has it.
    package var publishDelay: Duration = .milliseconds(500)
    package var sinks: [any CheckpointSink] = []
    /// Shortest time between two deliveries to a sink.
    package var anchorInterval: Duration = .seconds(10)
    package var anchorTimeLimit: Duration = .seconds(10)
    /// The wall clock, to say when an anchor was last reached; it decides nothing.
    package var now: (@Sendable () -> Timestamp)?
    /// Checkpoints that somebody else kept, as notes: opening refuses a journal that does not contain them.
    package var knownCheckpoints: [[UInt8]] = []

    package init(folder: String) { self.folder = folder }
}

/// How a ledger is doing.
package struct LedgerStatus: Hashable, Sendable {
    /// Entries, all durable.
    package var size: UInt64
    /// Bytes that were appended to the journal since it was opened.
    package var bytes: Int64 = 0
    /// Why no event is taken any more; nil when all is well.
    package var failure: Failure?
    /// Entries in the published form.
    package var publishedSize: UInt64
    /// Why the published form lags; appends go on.
    package var publishFailure: Failure?
    package var anchors: [AnchorStatus]
    /// Bytes of a torn tail that the last opening cut.
    package var cutAtOpen: Int64

    /// What is wrong beside the journal: appends go on, and yet proofs are missing where others look for them.
    package var warnings: [String] {
        [publishFailure].compactMap { $0?.message }
            + anchors.compactMap { anchor in
                anchor.failure.map {
                    $0.message.hasPrefix("anchor") ? $0.message : "anchor: \(anchor.name): \($0.message)"
                }
            }
    }
}

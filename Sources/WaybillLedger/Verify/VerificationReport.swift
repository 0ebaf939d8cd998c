package import WaybillCore
package import WaybillTrust

/// What a verification found to hold.
package struct VerificationReport: Hashable, Sendable {
    package var origin: String
    /// Entries that were checked.
    package var size: UInt64 = 0
    /// Root of the tree of all of them.
    package var root: MerkleHash = .empty
    /// Latest time of any entry; nil when there is none.
    package var latestTime: Timestamp?
    /// False when only the published form is there: bodies could not be checked.
    package var hasJournal = false
    /// Entries of the published form; nil when there is none.
    package var publishedSize: UInt64?
    /// Entries of a version that this Waybill does not know: proven, not read.
    package var unreadable: UInt64 = 0
    /// Bytes after the last whole batch: a write that did not finish.
    package var tornBytes: Int64 = 0
    /// Intents without outcome.
    package var openIntents: Int = 0
    /// The checkpoint that it was compared with, and the latest time among its entries.
    package var anchor: Checkpoint?
    package var anchorTime: Timestamp?
    /// Who kept that checkpoint; means nothing without one.
    package var keeper = Keeper.given
    /// False when the key was taken from the folder itself.
    package var isKeyPinned = true

    /// Where a checkpoint comes from, which says how much a comparison with it proves.
    package enum Keeper: String, Hashable, Sendable {
        /// The state folder of the ledger: who can rewrite the one can rewrite the other.
        case own
        /// A file outside the state folder that the controller's settings name.
        case configured
        /// Whoever verifies brought it.
        case given
    }

    /// Whether it was compared with a checkpoint from outside its own folder.
    package var isAnchored: Bool { anchor != nil && keeper != .own }

    /// The one line that matters.
    package var conclusion: String {
        guard let anchor else { return "internally consistent, not anchored" }
        let time = anchorTime.map { " of \($0)" } ?? ""
        let source =
            switch keeper {
            case .own: "that this folder keeps itself; not anchored outside it"
            case .configured: "that ledger.anchors has kept outside the state folder"
            case .given: "that was given"
            }
        return "consistent with the checkpoint\(time), size \(anchor.size), \(source)"
    }
}

/// The first thing that a verification found wrong, and exactly where.
package struct VerificationProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// Relative to the folder that was verified; nil for what was given beside it.
    package var file: String?
    package var offset: Int64?
    /// The entry that is concerned.
    package var index: LedgerIndex?
    package var message: String

    package init(file: String? = nil, offset: Int64? = nil, index: LedgerIndex? = nil, _ message: String) {
        self.file = file
        self.offset = offset
        self.index = index
        self.message = message
    }

    /// `journal/00000000000000000000.segment: byte 300: entry 2: what is wrong`.
    package var description: String {
        let parts = [file, offset.map { "byte \($0)" }, index.map { "entry \($0)" }, message]
        return parts.compactMap(\.self).joined(separator: ": ")
    }
}

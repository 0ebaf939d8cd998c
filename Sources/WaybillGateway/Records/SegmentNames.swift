package import WaybillTrust

/// The files of records in a gateway's state folder.
package struct SegmentNames: Sendable, Hashable {
    /// 0700.
    package let folder: String

    package init(stateFolder: String) { folder = stateFolder + "/records" }

    /// While it is written to; locked (flock) by the process that writes.
    package func open(_ id: RecordID) -> String { folder + "/\(id).open" }
    /// Closed: nothing but erasing changes it.
    package func closed(_ id: RecordID) -> String { folder + "/\(id).segment" }
    /// Where each record of a closed segment is, by prediction id; made anew when it is lost.
    package func index(_ id: RecordID) -> String { folder + "/\(id).index" }
    /// There once the ledger has the segment's root.
    package func seal(_ id: RecordID) -> String { folder + "/\(id).sealed" }

    /// The segments whose files end with `suffix`, oldest first.
    package func list(_ suffix: String) -> [RecordID] {
        FolderListing.names(folder).filter { $0.hasSuffix(suffix) }.compactMap { RecordID($0.dropLast(suffix.count)) }
            .sorted()
    }
}

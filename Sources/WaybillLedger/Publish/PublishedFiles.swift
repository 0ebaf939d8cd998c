import Glibc
import WaybillTrust

/// The files below `log/`.
struct PublishedFiles: Sendable {
    let root: String

    /// Longest file: a bundle of 256 entries.
    static let limit = TilePath.fullWidth * (LedgerEntry.maximumLength + 2)

    func read(_ path: TilePath) throws(SystemError) -> [UInt8]? {
        try FileSystem.read("\(root)/\(path)", limit: Self.limit)
    }

    func readCheckpoint() throws(SystemError) -> [UInt8]? { try FileSystem.read("\(root)/checkpoint", limit: 1 << 20) }

    func exists(_ path: TilePath) throws(SystemError) -> Bool { try FileSystem.status("\(root)/\(path)") != nil }

    /// Adds a tile or bundle to `group` unless it stands there with these bytes.
    func write(_ path: TilePath, _ bytes: [UInt8], with group: FileGroup) throws(SystemError) {
        let relative = path.description
        if try read(path) == bytes { return }
        try FileSystem.makeParents(of: relative, below: root, mode: 0o755)
        try group.put(bytes, at: "\(root)/\(relative)", mode: 0o644)
    }

    func writeCheckpoint(_ note: [UInt8]) throws(SystemError) {
        try FileSystem.replace("\(root)/checkpoint", with: note, mode: 0o644)
    }

    /// Removes the partial tiles of a full one that stands.
    func removePartials(of path: TilePath) throws(SystemError) {
        let folder = "\(root)/\(path.folder).p"
        guard FileSystem.isFolder(folder) else { return }
        for name in try FileSystem.names(in: folder) { try FileSystem.remove("\(folder)/\(name)") }
        try FileSystem.removeFolder(folder)
    }
}

import Glibc
import WaybillCore
import WaybillTrust

/// A ledger's folder, made whole at the first open and locked by the one process that writes.
final class LedgerFolder {
    let paths: LedgerPaths
    let identity: LedgerIdentity
    /// Held, with its lock, for as long as the ledger is open.
    private let lock: OpenFile

    /// - Parameter origin: the name that the configuration asks for; nil takes what is there.
    init(_ folder: String, origin: String?) throws(Failure) {
        let paths = LedgerPaths(folder: folder)
        let lock = try Self.takeLock(paths, origin: origin)
        let identity = try LedgerIdentity(reading: paths)
        if let origin, origin != identity.signer.key.name {
            throw .ledgerIdentity(
                "the configuration names the origin \(origin.quotedForMessage), the ledger is "
                    + "\(identity.signer.key.name.quotedForMessage); an origin never changes: take the setting back, "
                    + "or begin another ledger in another state folder")
        }
        self.paths = paths
        self.identity = identity
        self.lock = lock
    }

    private static func takeLock(_ paths: LedgerPaths, origin: String?) throws(Failure) -> OpenFile {
        do {
            if try FileSystem.status(paths.folder) == nil { try make(paths.folder, origin: origin) }
            let lock = try OpenFile(paths.lock, O_RDWR | O_CREAT)
            guard try lock.tryLock() else {
                throw Failure(
                    .stall, reason: "LedgerLocked",
                    message:
                        "ledger: \(paths.folder) is written by another process; stop that one, or use another state "
                        + "folder")
            }
            return lock
        } catch {
            throw Failure(ledger: error)
        }
    }

    /// Key, first segment and all, in a folder beside that then takes its name.
    private static func make(_ folder: String, origin: String?) throws {
        let identity = try LedgerIdentity(origin: origin)
        let draft = "\(folder).new-\(UInt64.random(in: .min ... .max))"
        let paths = LedgerPaths(folder: draft)
        try FileSystem.makeFolder(draft, mode: 0o700)
        try FileSystem.makeFolder(paths.journal, mode: 0o700)
        try FileSystem.makeFolder(paths.log, mode: 0o755)
        try identity.write(to: paths)
        let header = SegmentHeader(
            frontier: MerkleFrontier(), tally: JournalTally(), key: identity.signer.key, note: [])
        try FileSystem.replace(paths.segment(0), with: header.encoded, mode: 0o600)
        try FileSystem.rename(draft, to: folder)
        try OpenFile(FileSystem.parent(of: folder), O_RDONLY | O_DIRECTORY).syncAll()
    }
}

package import Foundation
import GRDB
import Glibc
package import WaybillCore

/// A cache of what was last known, for reading while no controller runs: summaries, the resources of the accepted
/// commit, and where in the ledger each subject's events stand.
///
/// *Guarantees*: nothing in it decides anything; deleting it loses only speed and what `get` shows while the controller
/// is down. Opening repairs it: a file that is missing, damaged or of a newer layout is made anew, and that is reported.
/// *Assumptions*: one process writes; any number may read at the same time.
package struct Store: Sendable {
    /// What opening found.
    package enum Opening: Hashable, Sendable {
        case existing
        case created
        /// The old file could not be used; it stands beside the new one, named by `kept`.
        case rebuilt(reason: String, kept: String)
    }

    let database: any DatabaseWriter

    /// Opens the store at `path` for writing, made when missing, made anew when it cannot be used.
    /// - Throws: `Failure` `StoreUnavailable` when not even a new file can be made.
    package static func open(_ path: URL) async throws(Failure) -> (store: Store, opening: Opening) {
        let exists = FileManager.default.fileExists(atPath: path.path)
        do {
            return (try await attempt(path), exists ? .existing : .created)
        } catch {
            guard exists else { throw unavailable(path, error) }
            return try await rebuild(path, after: error)
        }
    }

    /// Opens the store at `path` for reading, beside a controller or without one; nil when there is none. Repairs nothing.
    package static func openForReading(_ path: URL) throws(Failure) -> Store? {
        guard FileManager.default.fileExists(atPath: path.path) else { return nil }
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(5)
            return Store(database: try DatabaseQueue(path: path.path, configuration: configuration))
        } catch {
            throw unavailable(path, error)
        }
    }

    private static func rebuild(_ path: URL, after error: any Error) async throws(Failure) -> (Store, Opening) {
        let kept = path.appendingPathExtension("damaged")
        do {
            try setAside(path, as: kept)
            let store = try await attempt(path)
            return (store, .rebuilt(reason: describe(error), kept: kept.path))
        } catch {
            throw unavailable(path, error)
        }
    }

    /// Moves the file and SQLite's companions away; the file that an earlier repair kept goes.
    private static func setAside(_ path: URL, as kept: URL) throws {
        for suffix in ["", "-wal", "-shm"] {
            let old = URL(filePath: path.path + suffix)
            let new = URL(filePath: kept.path + suffix)
            if FileManager.default.fileExists(atPath: new.path) { try FileManager.default.removeItem(at: new) }
            if FileManager.default.fileExists(atPath: old.path) { try FileManager.default.moveItem(at: old, to: new) }
        }
    }

    private static func attempt(_ path: URL) async throws -> Store {
        closeToOthers(path)
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.label = "waybill.store"
        configuration.maximumReaderCount = 2
        let pool = try DatabasePool(path: path.path, configuration: configuration)
        let isNewer = try await pool.read { try Self.migrator.hasBeenSuperseded($0) }
        if isNewer { throw DatabaseError(message: "its layout is of a newer build") }
        try migrator.migrate(pool)
        let problem = try await pool.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
        guard problem == "ok" else { throw DatabaseError(message: problem ?? "the check gave no answer") }
        return Store(database: pool)
    }

    /// The file is made before SQLite would, with its mode; the companions get the mode of the file, unless an older build
    /// left them. What cannot be done here shows when the store is opened.
    private static func closeToOthers(_ path: URL) {
        let descriptor = Glibc.open(path.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if descriptor >= 0 { Glibc.close(descriptor) }
        for suffix in ["", "-wal", "-shm"] { chmod(path.path + suffix, 0o600) }
    }

    static func unavailable(_ path: URL, _ error: any Error) -> Failure {
        Failure(
            .retry, reason: "StoreUnavailable",
            message: "\(path.path): the store cannot be used: \(describe(error)); it is a cache: check the folder's "
                + "permissions and free space, or delete the file")
    }

    static func describe(_ error: any Error) -> String {
        (error as? DatabaseError)?.message ?? (error as NSError).localizedDescription
    }

    /// Brings everything into the one file and closes it; fails while someone still reads.
    package func close() throws(Failure) {
        do {
            if !database.configuration.readonly {
                _ = try database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
            }
            try database.close()
        } catch {
            throw Self.unavailable(URL(filePath: database.path), error)
        }
    }

    // MARK: Work on the database

    func write<Result: Sendable>(_ body: @escaping @Sendable (Database) throws -> Result) async throws(Failure)
        -> Result
    {
        do { return try await database.write(body) } catch {
            throw Self.unavailable(URL(filePath: database.path), error)
        }
    }

    func read<Result: Sendable>(_ body: @escaping @Sendable (Database) throws -> Result) async throws(Failure) -> Result
    {
        do { return try await database.read(body) } catch {
            throw Self.unavailable(URL(filePath: database.path), error)
        }
    }
}

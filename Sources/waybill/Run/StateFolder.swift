import Foundation
import Glibc
import WaybillCore

/// Where a controller keeps everything: one folder, its layout in one place.
///
/// Sandboxed replicas may pass through the folder itself, and through those on the way to their own and to their models, and
/// list none of them (0711); the rest is closed to others (0700, files 0600).
struct StateFolder: Sendable {
    let url: URL

    init(at url: URL) { self.url = url.standardizedFileURL.resolvingSymlinksInPath() }

    var path: String { url.path }
    var lock: String { path + "/controller.lock" }
    var controlSocket: String { path + "/control.sock" }
    var ledger: String { path + "/ledger" }
    /// False before a controller ran here.
    var hasLedger: Bool { FileManager.default.fileExists(atPath: ledger) }
    /// What the controller signs its statements with.
    var statementKey: String { path + "/statement.key" }
    var statementPublicKey: String { path + "/statement.pub" }
    /// The default anchor: beside the ledger, so that it survives what befalls the ledger's folder alone.
    var anchorFolder: String { path + "/anchor" }
    var anchor: String { anchorFolder + "/checkpoint" }
    var git: String { path + "/git" }
    /// Repositories that models come from, while they are read.
    var repositories: String { path + "/repositories" }
    var models: String { path + "/models" }
    /// What replicas of different deployments share, each by its key.
    var shared: [String] { [models + "/sets", environments + "/environments"] }
    var content: String { path + "/content" }
    var environments: String { path + "/environments" }
    var replicas: String { path + "/replicas" }
    /// Candidates that are measured, each run's in a folder of its own.
    var candidates: String { path + "/candidates" }
    /// What gates measured, so that it is not measured again.
    var validations: String { path + "/validations" }
    var gateway: String { path + "/gateway" }
    var routes: String { gateway + "/routes.json" }
    var gatewayLock: String { gateway + "/gateway.lock" }
    var store: String { path + "/store.sqlite" }
    /// What the ledger's first entries come to (`FactsSnapshot`).
    var snapshotFolder: String { path + "/facts" }
    var snapshot: String { snapshotFolder + "/snapshot.json" }

    /// Makes the folders that are missing, and gives each the least mode that works, also those of an older build.
    ///
    /// - Throws: `StateFolderUnusable`, `StateFolderNotPrivate`; both need a person.
    func create() throws(Failure) {
        let folders: [(String, mode_t)] = [
            (path, 0o711), (anchorFolder, 0o700), (git, 0o700), (models, 0o711), (environments, 0o711),
            (replicas, 0o711), (gateway, 0o700), (snapshotFolder, 0o700),
        ]
        for (folder, mode) in folders {
            do {
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: Int(mode)])
            } catch {
                throw Failure(
                    .stall, reason: "StateFolderUnusable",
                    message: "cannot make the state folder \(folder): \(error.localizedDescription); "
                        + "choose another with --state, or mend its permissions")
            }
            try Self.setMode(of: folder, to: mode)
        }
    }

    private static func setMode(of folder: String, to mode: mode_t) throws(Failure) {
        var status = stat()
        if stat(folder, &status) == 0, status.st_mode & 0o7777 == mode { return }
        guard chmod(folder, mode) == 0 else {
            throw Failure(
                .stall, reason: "StateFolderNotPrivate",
                message: "\(folder): cannot be closed to others: \(String(cString: strerror(errno))); "
                    + "the controller must own its state folder")
        }
    }
}

/// The right to be the one controller of a state folder; ends with the process, however it ends.
struct ControllerLock: ~Copyable {
    private let descriptor: CInt

    /// Who takes it: a controller says so, and can be told to end; a command holds it for one entry of the ledger.
    enum Holder { case controller, command }

    /// - Throws: `StateFolderLocked`, which names the controller that has the folder; `StateFolderBusy`, to be tried again, while a
    ///   command has it.
    init(_ folder: StateFolder, for holder: Holder = .controller) throws(Failure) {
        let descriptor = open(folder.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure(
                .stall, reason: "StateFolderUnusable",
                message: "cannot open \(folder.lock): \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var bytes = [UInt8](repeating: 0, count: 32)
            let count = max(0, read(descriptor, &bytes, bytes.count))
            close(descriptor)
            let holder = String(decoding: bytes.prefix(count).filter { (48...57).contains($0) }, as: UTF8.self)
            if holder.isEmpty {
                throw Failure(
                    .retry, reason: "StateFolderBusy",
                    message: "somebody else has just taken \(folder.path); try again")
            }
            throw Failure(
                .stall, reason: "StateFolderLocked",
                message: "another controller (process \(holder)) holds \(folder.path); "
                    + "stop it first, or use another state folder")
        }
        // A command is no controller that 'waybill stop' could end.
        let text = holder == .controller ? Array("\(getpid())\n".utf8) : []
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
            close(descriptor)
            throw Failure(
                .stall, reason: "StateFolderUnusable",
                message: "cannot write \(folder.lock): \(String(cString: strerror(errno)))")
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// The controller's, once no command has it: a command holds it for a moment.
    static func take(_ folder: StateFolder, within patience: Duration = .seconds(10)) async throws(Failure)
        -> ControllerLock
    {
        let end = ContinuousClock.now + patience
        while true {
            do throws(Failure) { return try ControllerLock(folder) } catch {
                guard error.reason == "StateFolderBusy", ContinuousClock.now < end else { throw error }
            }
            do { try await Task.sleep(for: .milliseconds(50)) } catch {
                throw Failure(.wait, reason: "Cancelled", message: "stopped")
            }
        }
    }
}

struct SystemClock: WallClock {
    func now() -> Timestamp {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }
}

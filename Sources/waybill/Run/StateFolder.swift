import Foundation
import Glibc
import WaybillCore

/// Where a controller keeps everything: one folder, its layout in one place.
///
/// The folder itself can be traversed by sandboxed replicas (0711); what holds secrets is 0700 inside.
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

    /// Makes the folders that are missing, each with the least mode that works.
    func create() throws(Failure) {
        let folders: [(String, mode_t)] = [
            (path, 0o711), (anchorFolder, 0o755), (git, 0o700), (models, 0o755), (environments, 0o755),
            (replicas, 0o711), (gateway, 0o700),
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
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

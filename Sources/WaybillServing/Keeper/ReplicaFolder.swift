import CLinux
import Glibc
import WaybillCore

/// One replica's folder: the only memory of it. `docs/local-target.md` lists its files.
struct ReplicaFolder: Hashable, Sendable {
    let id: ReplicaID
    let path: String

    init(_ id: ReplicaID, in replicas: String) {
        self.id = id
        path = "\(replicas)/\(id)"
    }

    /// What is true of a replica now.
    enum Life: Hashable, Sendable {
        /// Its keeper has the lock and has not started the program yet.
        case launching
        case running(Running)
        case ended(Ended)
    }

    struct Running: Hashable, Sendable {
        var keeper: ProcessIdentity
        var program: ProcessIdentity
        var at: Timestamp
        var limits: String
    }

    struct Ended: Hashable, Sendable {
        var cause: ExitStatus.Cause
        var at: Timestamp
        var reason: String?
        /// The keeper ended without a word: processes of the replica may be left.
        var isUnswept: Bool
    }

    var exists: Bool { Disk.exists(path) }
    var hasExitRecord: Bool { Disk.exists("\(path)/exit") }
    /// When it was first asked to stop; nil when it was not.
    var stopAskedAt: Timestamp? { Disk.modified("\(path)/stop") }
    var isAskedToStop: Bool { Disk.exists("\(path)/stop") }

    /// - Throws: `Failure` that stalls when the spec is not what a controller wrote.
    func record() throws(Failure) -> ReplicaRecord {
        guard let bytes = Disk.read("\(path)/spec"), let record = ReplicaRecord(id, KeeperFields(parsing: bytes)) else {
            throw Failure(
                .stall, reason: "ReplicaUnreadable",
                message: "\(path)/spec cannot be read as a replica's; stop what runs from this folder, then remove it")
        }
        return record
    }

    /// Folders outside its own that the replica reads: model files, Python environment.
    func readFolders() throws(Failure) -> [String] {
        _ = try record()
        return Disk.read("\(path)/spec").map { KeeperFields(parsing: $0).all("read") } ?? []
    }

    /// Told by the keeper's lock and its records. A process is only ever named as running while its keeper has the
    /// lock, this kernel is the one it was started under, and the keeper's number still has its start time.
    func life() -> Life {
        if let ended = exitRecord() { return .ended(ended) }
        let isHeld = isLocked()
        let running = runningRecord()
        if isHeld {
            guard let running else { return .launching }
            if running.boot == ProcessTable.bootID(), running.running.keeper.isRunning {
                return .running(running.running)
            }
        }
        // The keeper may have ended between the first look and the lock.
        if let ended = exitRecord() { return .ended(ended) }
        return .ended(lost(running))
    }

    func runningRecord() -> (running: Running, boot: String)? {
        guard let bytes = Disk.read("\(path)/running", limit: 65_536) else { return nil }
        let fields = KeeperFields(parsing: bytes)
        guard fields["format"] == "waybill.running/1", let keeper = ProcessIdentity(fields["keeper"]),
            let program = ProcessIdentity(fields["program"]), let at = fields["at"].flatMap({ Int64($0) })
        else { return nil }
        let running = Running(
            keeper: keeper, program: program, at: Timestamp(milliseconds: at), limits: fields["limits"] ?? "watched")
        return (running, fields["boot"] ?? "")
    }

    /// When the replica was started, or else when its folder was made.
    func startedAt() -> Timestamp {
        runningRecord()?.running.at ?? Disk.modified("\(path)/spec") ?? Timestamp(milliseconds: 0)
    }

    /// Whether somebody holds the lock. Takes it for a moment, shared, so that two who look do not see each other.
    func isLocked() -> Bool {
        let descriptor = open("\(path)/lock", O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    private func exitRecord() -> Ended? {
        guard let bytes = Disk.read("\(path)/exit", limit: 65_536) else { return nil }
        let fields = KeeperFields(parsing: bytes)
        guard fields["format"] == "waybill.exit/1", let number = fields["number"].flatMap({ Int($0) }),
            let at = fields["at"].flatMap({ Int64($0) })
        else { return nil }
        let cause: ExitStatus.Cause =
            switch fields["cause"] {
            case "code", "refused": .code(number)
            case "signal": .signal(number)
            default: .unknown
            }
        return Ended(cause: cause, at: Timestamp(milliseconds: at), reason: fields["reason"], isUnswept: false)
    }

    /// Without an exit status the last sign of life stands for the time: it is the same each time one looks.
    private func lost(_ record: (running: Running, boot: String)?) -> Ended {
        let signs = ["log", "running", "spec"].compactMap { Disk.modified("\(path)/\($0)") }
        let reason =
            switch record {
            case nil: "its keeper never started it"
            case let record? where record.boot != ProcessTable.bootID(): "the machine was restarted while it ran"
            case .some: "its keeper was killed"
            }
        return Ended(
            cause: .unknown, at: signs.max() ?? Timestamp(milliseconds: 0), reason: reason, isUnswept: record != nil)
    }
}

import CLinux
import Glibc

/// From a fresh keeper process to a running program, or to a refusal that is written down and answered.
struct KeeperStart {
    let folder: String

    /// Returns the keeper's exit code once the replica is gone.
    func run() -> Int32 {
        guard holdLock() else {
            write("refused KeeperFailed another keeper holds \(folder)/lock\n", to: Channel.answer.rawValue)
            return 75
        }
        do throws(Refusal) {
            var keeper = try start()
            answer("started", "")
            return keeper.run()
        } catch {
            ExitRecord(folder: folder).write(
                cause: "refused", number: 126, at: wallMilliseconds(), reason: "\(error.reason): \(error.message)")
            answer("refused", "\(error.reason) \(error.message)")
            return 70
        }
    }

    /// The descriptor of the lock came with us; by hand there is none, and it is taken here.
    private func holdLock() -> Bool {
        let lock = Channel.lock.rawValue
        if fcntl(lock, F_GETFD) < 0 {
            let opened = open("\(folder)/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard opened >= 0 else { return false }
            if opened != lock { dup2(opened, lock) }
        }
        _ = fcntl(lock, F_SETFD, FD_CLOEXEC)
        return flock(lock, LOCK_EX | LOCK_NB) == 0
    }

    private func start() throws(Refusal) -> Keeper {
        let spec = try StartSpec(reading: folder)
        let secrets = try readSecrets(count: spec.secretCount)
        let signals = waybill_watch_signals()
        guard signals >= 0 else { throw .system("KeeperFailed", "watch signals") }
        let control = try openControl()
        guard ExitRecord(folder: folder).reserve() else {
            throw .system("DiskFull", "reserve room for the exit status in \(folder)")
        }
        if case .user(let uid) = spec.isolation { try give(spec.work, to: uid) }
        let limits = Limits(spec)
        let launch = try Launch(spec, secrets: secrets, limits: limits)
        do throws(Refusal) {
            try writeRunning(launch.pid, limits)
            try launch.begin()
        } catch {
            kill(launch.pid, SIGKILL)
            waitpid(launch.pid, nil, 0)
            limits.remove()
            throw error
        }
        return Keeper(folder: folder, spec: spec, launch: launch, limits: limits, signals: signals, control: control)
    }

    /// `NAME=value` each, ended by a zero byte, from the pipe; all that the spec counts or none.
    private func readSecrets(count: Int) throws(Refusal) -> [String] {
        guard count > 0 else { return [] }
        guard let bytes = readAll(Channel.secrets.rawValue, limit: 4 << 20), bytes.last == 0 else {
            throw Refusal("SecretsMissing", "the secret variables did not come through whole")
        }
        let secrets = bytes.dropLast().split(separator: 0, omittingEmptySubsequences: false)
        guard secrets.count == count else {
            throw Refusal("SecretsMissing", "\(secrets.count) of \(count) secret variables came through")
        }
        return secrets.map { String(decoding: $0, as: UTF8.self) }
    }

    /// A request to stop may be older than we are: then nothing is started.
    private func openControl() throws(Refusal) -> Int32 {
        let path = "\(folder)/control"
        guard mkfifo(path, 0o600) == 0 || errno == EEXIST else { throw .system("KeeperFailed", "make \(path)") }
        let control = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard control >= 0 else { throw .system("KeeperFailed", "open \(path)") }
        guard access("\(folder)/stop", F_OK) != 0 else {
            throw Refusal("StoppedBeforeStart", "the replica was told to stop before it was started")
        }
        return control
    }

    /// Makes `path` and all in it the user's. Nothing of the program has run in it yet, so nothing in it is hostile.
    private func give(_ path: String, to uid: UInt32) throws(Refusal) {
        guard lchown(path, uid, uid) == 0 else { throw .system("SandboxUnavailable", "give \(path) to user \(uid)") }
        guard let entries = opendir(path) else { return }
        defer { closedir(entries) }
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { try give("\(path)/\(name)", to: uid) }
        }
    }

    private func writeRunning(_ pid: Int32, _ limits: Limits) throws(Refusal) {
        var running = Fields()
        running.add("format", "waybill.running/1")
        running.add("boot", Processes.bootID())
        running.add("keeper", "\(getpid()) \(Processes.startTime(getpid()) ?? 0)")
        running.add("program", "\(pid) \(Processes.startTime(pid) ?? 0)")
        running.add("at", String(wallMilliseconds()))
        running.add("limits", limits.way)
        guard replaceDurably("running", in: folder, with: running.bytes) else {
            throw .system("DiskFull", "write \(folder)/running")
        }
    }

    private func answer(_ word: String, _ rest: String) {
        let line = String(decoding: rest.utf8.map { $0 == 10 ? 32 : $0 }, as: UTF8.self)
        write("\(word) \(line)\n", to: Channel.answer.rawValue)
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        for descriptor: Int32 in 0...2 { dup2(null, descriptor) }
        close(null)
    }
}

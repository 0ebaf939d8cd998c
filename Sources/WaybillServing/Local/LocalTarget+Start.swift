import CLinux
import Glibc
import Synchronization
package import WaybillCore

extension LocalTarget {
    /// Renders, writes and launches one replica; returns once its program runs.
    ///
    /// Safe to repeat: a replica that was started, whatever became of it, is left as it is; one whose start was broken
    /// off before its keeper took over is started anew. Nothing is left behind when it fails.
    package func start(_ id: ReplicaID, _ spec: RevisionSpec, ticket: Ticket) async throws(Failure) {
        let folder = ReplicaFolder(id, in: settings.replicas)
        guard await offloaded({ self.isToBeStarted(folder) }) else { return }
        try checkDevices(spec)
        guard try await models.check(spec.artifacts, of: nil) == .prepared else {
            throw Failure(
                .retry, reason: "NotPrepared", message: "the model files of \(spec.version) are not in place or altered"
            )
        }
        var environment: String?
        if let locked = spec.environment {
            guard try await environments.isBuilt(locked) else {
                throw Failure(
                    .retry, reason: "NotPrepared", message: "the Python environment of \(locked.lock) is not built")
            }
            environment = try await environments.folder(for: locked)
        }
        let (model, resolved) = (models.folder(for: spec.artifacts), environment)
        let secrets = try SecretVariables(spec.env, settings: settings)
        let record = try await offloaded { () throws(Failure) in
            let reservation = try self.reserve(id, ports: spec.ports.count, isSandboxed: spec.isolation == .sandbox)
            defer { self.reserved.withLock { _ = $0.removeValue(forKey: id) } }
            let way: SandboxWay =
                spec.isolation == .none ? .none : reservation.user.map { .user($0) } ?? .namespace
            let plan = ReplicaPlan(
                id: id, spec: spec, folder: folder.path, model: model, environment: resolved, ports: reservation.ports,
                way: way)
            try self.launch(id, folder, secrets.bytes) { (making) throws(Failure) in
                try self.write(plan, into: making, secrets)
            }
            return try plan.record
        }
        watch.add(folder, record, phase: .starting)
        watch.report(id.key)
    }

    /// A start that was broken off before the keeper came up left a folder that means nothing.
    private func isToBeStarted(_ folder: ReplicaFolder) -> Bool {
        guard folder.exists else { return true }
        guard case .ended(let ended) = folder.life(), ended.cause == .unknown, !ended.isUnswept else { return false }
        discard(folder)
        return true
    }

    private func checkDevices(_ spec: RevisionSpec) throws(Failure) {
        for device in spec.resources.devices where access("/dev/nvidia\(device)", F_OK) != 0 {
            throw Failure(
                .stall, reason: "DeviceMissing",
                message: "device \(device) is asked for and /dev/nvidia\(device) is not there; "
                    + "name a device of this machine in resources.devices")
        }
    }

    /// Ports and user that no live replica has, kept for `id` until it is launched.
    func reserve(_ id: ReplicaID, ports count: Int, isSandboxed: Bool) throws(Failure) -> Reservation {
        let (records, all) = index.records()
        let remains = all.compactMap(\.user)
        let named = portsInUse()
        let result = reserved.withLock { table in
            Result { () throws(Failure) in
                let taken = Set(records.flatMap { $0.ports.map(\.number) } + table.values.flatMap(\.ports)).union(named)
                let ports = try FreePorts(range: settings.ports, taken: taken).pick(count, turn: id.serial)
                var reservation = Reservation(ports: ports)
                if isSandboxed, geteuid() == 0 {
                    reservation.user = try freeUser(Set(remains + table.values.compactMap(\.user)), turn: id.serial)
                }
                table[id] = reservation
                return reservation
            }
        }
        return try result.get()
    }

    /// A user of the range whom no folder, live or left, belongs to.
    private func freeUser(_ taken: Set<UInt32>, turn: UInt64) throws(Failure) -> UInt32 {
        let count = UInt64(settings.users.count)
        for offset in 0..<count {
            let user = settings.users.lowerBound + UInt32((turn + offset) % count)
            if !taken.contains(user) { return user }
        }
        throw Failure(
            .retry, reason: "NoFreeUser",
            message: "all \(count) users for replicas are in use; widen the range of users")
    }

    /// Starts the keeper of a new folder, which `write` fills and whose lock it takes.
    func launch(
        _ id: ReplicaID, _ folder: ReplicaFolder, _ secrets: [UInt8], write: (String) throws(Failure) -> Int32
    ) throws(Failure) {
        let making = "\(settings.replicas)/.making-\(id)"
        RemovedTree.remove(making)
        let lock: Int32
        do throws(Failure) {
            lock = try write(making)
        } catch {
            RemovedTree.remove(making)
            throw error
        }
        defer { close(lock) }
        try Disk.rename(making, to: folder.path)
        index.add(id)
        try Disk.syncFolder(settings.replicas)
        let keeper = KeeperProcess(shim: settings.shim)
        let refused: KeeperProcess.Refused?
        do throws(Failure) {
            refused = try keeper.keep(folder.path, lock: lock, secrets: secrets, timeout: .seconds(30))
        } catch {
            if error.reason != "KeeperSilent" { discard(folder) }
            throw error
        }
        guard let refused else { return }
        discard(folder)
        let disposition: Disposition = refused.reason == "DiskFull" ? .retry : .stall
        throw Failure(disposition, reason: refused.reason, message: "\(id) was not started: \(refused.message)")
    }

    /// Removes the folder of a replica that never ran.
    private func discard(_ folder: ReplicaFolder) {
        RemovedTree.remove(folder.path)
        index.remove(folder.id)
    }

    /// Fills a new folder and takes its lock, which passes to the keeper: from here to the replica's end it is never free.
    private func write(_ plan: ReplicaPlan, into making: String, _ secrets: SecretVariables) throws(Failure) -> Int32 {
        try Disk.makeFolder(making, mode: 0o711)
        for name in ["work", "work/tmp"] { try Disk.makeFolder("\(making)/\(name)", mode: 0o700) }
        for file in try plan.files() {
            let path = "\(making)/work/\(file.path)"
            if let slash = path.lastIndex(of: "/") { try Disk.makeFolder(String(path[..<slash])) }
            try Disk.write(Array(file.content.utf8), to: path)
        }
        try Disk.write(try specification(plan, secrets).bytes, to: "\(making)/spec")
        return try lock(making)
    }

    /// Takes the lock of a folder that is being made.
    func lock(_ making: String) throws(Failure) -> Int32 {
        let opened = open("\(making)/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard opened >= 0 else { throw Disk.failure("make \(making)/lock") }
        defer { close(opened) }
        let lock = fcntl(opened, F_DUPFD_CLOEXEC, 10)
        guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0 else { throw Disk.failure("lock \(making)/lock") }
        return lock
    }

    private func specification(_ plan: ReplicaPlan, _ secrets: SecretVariables) throws(Failure) -> KeeperFields {
        var fields = KeeperFields()
        let mark = hexadecimal((0..<16).map { _ in UInt8.random(in: 0...255) })
        try plan.record.write(into: &fields)
        fields.add("mark", mark)
        fields.add("command", try plan.command())
        fields.add("env", try plan.variables(mark: mark))
        fields.add("secrets", String(secrets.count))
        fields.add("work", plan.work)
        let paths = SandboxPaths(
            settings: settings, model: plan.model, environment: plan.environment, secretFiles: secrets.files)
        fields.add("hide", paths.hidden)
        fields.add("read", paths.readable)
        fields.add("write", plan.work)
        fields.add("share", paths.shared)
        if let memory = plan.spec.resources.memory { fields.add("memory", String(memory)) }
        if let cpu = plan.spec.resources.cpuMillis { fields.add("cpu", String(cpu)) }
        fields.add("processor", String(plan.id.serial % 4096))
        if let place = cgroup.path { fields.add("cgroup", "\(place)/\(plan.id)") }
        fields.add("log-size", String(settings.logSize))
        fields.add("log-generations", String(settings.logGenerations))
        return fields
    }
}

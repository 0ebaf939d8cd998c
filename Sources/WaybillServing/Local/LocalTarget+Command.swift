import CLinux
import Glibc
import Synchronization
package import WaybillCore

extension LocalTarget {
    /// Runs `command` to its end in the sandbox of replicas, with its keeper's bounds on time, memory and output.
    ///
    /// *Guarantees*: when it returns nothing of the program runs and its folder is gone, cancelled or not, unless the keeper itself
    /// cannot end it; when this process dies the keeper ends the program at its time, and whoever sweeps the folder of replicas finds it.
    ///
    /// - Throws: what starting a replica throws (`SandboxUnavailable` where this machine cannot keep it apart: it is not run then), and
    ///   `Cancelled`, waiting.
    package func run(_ command: SandboxedCommand, ticket: Ticket) async throws(Failure) -> SandboxedCommand.End {
        let folder = ReplicaFolder(command.id, in: settings.replicas)
        try await offloaded { () throws(Failure) in
            let reservation = try self.reserve(command.id, ports: 0, isSandboxed: command.isolation == .sandbox)
            defer { self.reserved.withLock { _ = $0.removeValue(forKey: command.id) } }
            let way: SandboxWay =
                command.isolation == .none ? .none : reservation.user.map { .user($0) } ?? .namespace
            try self.launch(command.id, folder, []) { (making) throws(Failure) in
                try self.write(command, way, work: "\(folder.path)/work", into: making)
            }
        }
        let end = await ended(folder, command)
        await remove(command.id, ticket)
        guard let end else { throw .cancelled }
        return end
    }

    /// Nil when the task was cancelled; the program has been told to end then.
    private func ended(_ folder: ReplicaFolder, _ command: SandboxedCommand) async -> SandboxedCommand.End? {
        // The keeper ends it in time; a keeper that hangs must not hold us.
        let patience = ContinuousClock.now + command.timeout + .seconds(20)
        while !Task.isCancelled, ContinuousClock.now < patience {
            if case .ended(let ended) = await offloaded({ folder.life() }) {
                return await offloaded { Self.end(ended, folder, command) }
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
        _ = await offloaded { folder.askToStop(reason: "no longer wanted") }
        return Task.isCancelled ? nil : .failed("its keeper did not end it in time")
    }

    private static func end(
        _ ended: ReplicaFolder.Ended, _ folder: ReplicaFolder, _ command: SandboxedCommand
    ) -> SandboxedCommand.End {
        let words = ReplicaLog(folder: folder.path).lastWords().last.map {
            "; its last words: \(String($0.prefix(300)))"
        }
        func failed(_ why: String) -> SandboxedCommand.End { .failed(why + (words ?? "")) }
        if let reason = ended.reason {
            let limit = reason == "its time is over" ? "\(reason) (\(command.timeout.words))" : reason
            return failed("the program was ended: \(limit)")
        }
        switch ended.cause {
        case .code(0) where command.collects != nil:
            do throws(InvalidInput) {
                return .gave(
                    try FileCollection.files(of: command.collects ?? "", in: "\(folder.path)/work"))
            } catch { return failed(error.message) }
        case .code(0):
            return Disk.read("\(folder.path)/answer", limit: command.outputSize).map { .answered($0) }
                ?? failed("the program's answer cannot be read")
        case .code(let code): return failed("the program ended with code \(code)")
        case .signal(let number): return failed("the program was ended by signal \(number)")
        case .unknown: return failed("how the program ended is not known")
        }
    }

    /// Removes the folder once its keeper has let go, also in a task that was cancelled.
    private func remove(_ id: ReplicaID, _ ticket: Ticket) async {
        let patience = ContinuousClock.now + .seconds(15)
        while ContinuousClock.now < patience {
            if (try? await forget(id, ticket: ticket)) != nil { return }
            await offloaded { _ = usleep(20_000) }
        }
    }

    private func write(
        _ command: SandboxedCommand, _ way: SandboxWay, work: String, into making: String
    ) throws(Failure) -> Int32 {
        try Disk.makeFolder(making, mode: 0o711)
        for name in ["work", "work/tmp"] { try Disk.makeFolder("\(making)/\(name)", mode: 0o700) }
        if let collects = command.collects {
            // Made by the way to a file in it, which checks the path as well.
            _ = try Self.place("\(collects)/x", in: making)
        }
        for (path, bytes) in command.files.sorted(by: { $0.key < $1.key }) {
            try Disk.write(bytes, to: try Self.place(path, in: making), mode: 0o700)
        }
        for (path, source) in command.copies.sorted(by: { $0.key < $1.key }) {
            try Disk.copy(source, to: try Self.place(path, in: making))
        }
        try Disk.write(command.input(work), to: "\(making)/question")
        try Disk.write(specification(command, way, work: work).bytes, to: "\(making)/spec")
        return try lock(making)
    }

    /// The place of a file of the work folder, whose folders are made.
    private static func place(_ path: String, in making: String) throws(Failure) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.contains(where: { ["", ".", ".."].contains($0) }), !path.utf8.contains(0) else {
            throw Failure(
                .stall, reason: "CommandInvalid",
                message:
                    "\(path.quotedForMessage) is not a path inside the work folder; use a relative path without '..'")
        }
        let place = "\(making)/work/\(path)"
        if let slash = place.lastIndex(of: "/") { try Disk.makeFolder(String(place[..<slash])) }
        return place
    }

    private func specification(_ command: SandboxedCommand, _ way: SandboxWay, work: String) -> KeeperFields {
        var fields = KeeperFields()
        let mark = hexadecimal((0..<16).map { _ in UInt8.random(in: 0...255) })
        let folder = work.dropLast("/work".count)
        var user: UInt32?
        if case .user(let number) = way { user = number }
        let never = Probe(check: .tcp, period: .seconds(3600), failures: 1)
        ReplicaRecord(
            id: command.id, revision: command.revision, version: command.version, ports: [],
            probes: Probes(startup: never, readiness: never), isolation: way.word, user: user, grace: .zero
        ).write(into: &fields)
        fields.add("mark", mark)
        fields.add("command", command.words)
        // Nothing of the controller's own environment.
        fields.add(
            "env",
            [
                "HOME=\(work)", "LANG=C.UTF-8", "PATH=\(command.searchPath)", "TMPDIR=\(work)/tmp",
                "WAYBILL_MARK=\(mark)",
            ])
        fields.add("work", work)
        let paths = SandboxPaths(
            settings: settings, model: nil, environment: command.environment, secretFiles: [])
        fields.add("hide", paths.hidden)
        fields.add("read", command.readable.compactMap(Disk.resolved) + paths.readable)
        fields.add("write", work)
        fields.add("share", paths.shared)
        fields.add("memory", String(command.memory))
        if let place = cgroup.path { fields.add("cgroup", "\(place)/\(command.id)") }
        fields.add("log-size", "262144")
        fields.add("log-generations", "1")
        fields.add("input", "\(folder)/question")
        fields.add("output", "\(folder)/answer")
        fields.add("output-size", String(command.outputSize))
        fields.add("time", String(command.timeout.milliseconds))
        fields.add("network", command.hasNetwork ? "host" : "none")
        fields.add("file-size", String(1 << 30))
        fields.add("processes", "256")
        return fields
    }
}

extension SandboxedCommand {
    /// The program with its arguments, as it is started: `python` is that of its environment.
    fileprivate var words: [String] {
        guard let environment, let first = run.first, ["python", "python3"].contains(first) else {
            return run
        }
        return ["\(environment)/bin/python"] + run.dropFirst()
    }

    fileprivate var searchPath: String {
        (environment.map { "\($0)/bin:" } ?? "") + "/usr/local/bin:/usr/bin:/bin"
    }
}

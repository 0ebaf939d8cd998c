import CLinux
import Glibc
import WaybillCore

/// A program run to its end, without a shell, in a process group of its own, with a deadline.
struct ChildCommand {
    enum End: Hashable, Sendable {
        case code(Int32)
        case signal(Int32)
        case deadline
    }

    /// The program's path and its arguments.
    let arguments: [String]
    let variables: [String: String]
    /// A lock that lives on in the child as descriptor 3: while any process of a build lives, nobody else builds.
    let lock: Int32?

    /// Runs it and gives all that it wrote to either output to `sink`. At the deadline, or when cancelled, the whole group is killed.
    func run(
        deadline: ContinuousClock.Instant, cancellation: Cancellation, sink: (ArraySlice<UInt8>) -> Void
    ) throws(Failure) -> End {
        var ends: [Int32] = [-1, -1]
        // In one call: a child that another thread starts in between would keep the writer, and with it this command, open.
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw failure("make a pipe for", errno) }
        let (reader, writer) = (ends[0], ends[1])
        defer { close(reader) }
        let child: pid_t
        do throws(Failure) {
            child = try spawn(output: writer)
        } catch {
            close(writer)
            throw error
        }
        close(writer)
        let isInTime = drain(reader, until: deadline, cancellation, sink)
        return try reap(child, isInTime: isInTime, deadline, cancellation)
    }

    private func spawn(output: Int32) throws(Failure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        if let lock { posix_spawn_file_actions_adddup2(&actions, lock, 3) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        posix_spawnattr_setflags(&attributes, Int16(flags))

        let argv = arguments.map { strdup($0) } + [nil]
        let envp = variables.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, arguments[0], &actions, &attributes, argv, envp)
        guard code == 0 else { throw failure("start", code) }
        return child
    }

    /// Reads until the last writer is gone; false when the deadline came first.
    private func drain(
        _ reader: Int32, until deadline: ContinuousClock.Instant, _ cancellation: Cancellation,
        _ sink: (ArraySlice<UInt8>) -> Void
    ) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while ContinuousClock.now < deadline, !cancellation.isCancelled {
            var waiting = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 100) > 0 else { continue }
            let count = read(reader, &buffer, buffer.count)
            if count == 0 { return true }
            if count > 0 { sink(buffer[..<count]) }
        }
        return false
    }

    private func reap(
        _ child: pid_t, isInTime: Bool, _ deadline: ContinuousClock.Instant, _ cancellation: Cancellation
    ) throws(Failure) -> End {
        var status: Int32 = 0
        var isKilled = false
        while true {
            if !isKilled, !isInTime || ContinuousClock.now >= deadline || cancellation.isCancelled {
                kill(-child, SIGKILL)
                isKilled = true
            }
            let ended = waitpid(child, &status, isKilled ? 0 : WNOHANG)
            if ended == child { break }
            if ended < 0, errno != EINTR { throw failure("wait for", errno) }
            poll(nil, 0, 5)
        }
        // What it started must not outlive it.
        kill(-child, SIGKILL)
        if cancellation.isCancelled { throw .cancelled }
        if isKilled { return .deadline }
        let signal = status & 0x7f
        return signal == 0 ? .code((status >> 8) & 0xff) : .signal(signal)
    }

    private func failure(_ verb: String, _ code: Int32) -> Failure {
        Failure(
            .retry, reason: "CommandFailed",
            message: "cannot \(verb) \(arguments[0]): \(String(cString: strerror(code)))")
    }
}

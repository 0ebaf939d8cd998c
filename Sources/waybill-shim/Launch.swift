import CLinux
import Glibc

/// The program as a child that stands before its start: everything about it can be written down before it runs.
struct Launch {
    let pid: Int32
    /// What it writes, for the log.
    let output: Int32
    let errors: Int32
    private let go: Int32
    private let verdict: Int32

    init(_ spec: StartSpec, secrets: [String], limits: Limits) throws(Refusal) {
        let (output, errors, go, verdict) = (Pipe(), Pipe(), Pipe(), Pipe())
        // Opened before it is hidden.
        let input = open(spec.question?.input ?? "/dev/null", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard input >= 0 else { throw .system("StartFailed", "open the program's input") }
        defer { close(input) }
        let keeper = getpid()
        let pid = fork()
        guard pid >= 0 else { throw .system("StartFailed", "fork") }
        if pid == 0 {
            go.closeWriting()
            LaunchedChild(spec: spec, secrets: secrets, limits: limits, keeper: keeper)
                .become(input, output: output.write, errors: errors.write, go: go.read, verdict: verdict.write)
        }
        for pipe in [output, errors, verdict] { pipe.closeWriting() }
        go.closeReading()
        (self.pid, self.output, self.errors, self.go, self.verdict) = (
            pid, output.read, errors.read, go.write, verdict.read
        )
        for descriptor in [output.read, errors.read] { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
    }

    /// Lets the program begin; returns once it runs.
    func begin() throws(Refusal) {
        _ = writeAll([1], to: go)
        close(go)
        let answer = readAll(verdict, limit: 65_536) ?? []
        close(verdict)
        guard answer.isEmpty else {
            let fields = Fields(parsing: answer)
            throw Refusal(fields["reason"] ?? "StartFailed", fields["message"] ?? "the program could not be started")
        }
    }

    private struct Pipe {
        let read: Int32
        let write: Int32

        init() {
            var ends: [Int32] = [-1, -1]
            _ = pipe2(&ends, O_CLOEXEC)
            (read, write) = (ends[0], ends[1])
        }

        func closeReading() { close(read) }
        func closeWriting() { close(write) }
    }
}

/// The child between `fork` and `exec`.
private struct LaunchedChild {
    let spec: StartSpec
    let secrets: [String]
    let limits: Limits
    let keeper: Int32

    func become(_ input: Int32, output: Int32, errors: Int32, go: Int32, verdict: Int32) -> Never {
        var channel = verdict
        do throws(Refusal) {
            waybill_reset_signals()
            _ = setpgid(0, 0)
            guard readAll(go, limit: 1)?.count == 1 else { _exit(126) }
            try limits.apply()
            try Sandbox(spec: spec).enter()
            guard chdir(spec.work) == 0 else { throw .system("StartFailed", "enter \(spec.work)") }
            _ = umask(0o077)
            _ = waybill_prctl(PR_SET_PDEATHSIG, UInt(SIGKILL))
            guard getppid() == keeper else { _exit(126) }
            takeDescriptors(input, output, errors, verdict)
            channel = 3
            throw execute()
        } catch {
            var answer = Fields()
            answer.add("reason", error.reason)
            answer.add("message", error.message)
            _ = writeAll(answer.bytes[...], to: channel)
            _exit(126)
        }
    }

    /// Only input, output, errors and the verdict, which ends with `exec`, go on.
    private func takeDescriptors(_ input: Int32, _ output: Int32, _ errors: Int32, _ verdict: Int32) {
        dup2(input, 0)
        dup2(output, 1)
        dup2(errors, 2)
        dup3(verdict, 3, O_CLOEXEC)
        _ = close_range(4, UInt32.max, 0)
    }

    private func execute() -> Refusal {
        let variables = spec.environment + secrets
        let path = variables.last { $0.utf8.starts(with: "PATH=".utf8) } ?? "PATH=/usr/local/bin:/usr/bin:/bin"
        var arguments = spec.command.map { strdup($0) } + [nil]
        var environment = variables.map { strdup($0) } + [nil]
        putenv(strdup(path))
        if let program = arguments[0] { execvpe(program, &arguments, &environment) }
        let number = errno
        return Refusal(
            number == ENOENT ? "ProgramMissing" : "ProgramUnusable",
            "cannot run '\(spec.command[0])' in \(spec.work): \(errorText(number)) (PATH is searched for names without '/')"
        )
    }
}

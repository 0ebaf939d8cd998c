import CLibgit2
import Glibc

/// A child process in a process group of its own, with nothing of ours open but its three standard descriptors.
///
/// Whoever holds it must call `end` once; a child dropped without it is killed and reaped.
struct ChildProcess: ~Copyable {
    let id: pid_t
    /// A socket: writing to a child that is gone gives an error, not a signal.
    let input: Descriptor
    let output: Descriptor
    let errors: Descriptor
    private var isReaped = false

    /// Starts `path` with `arguments` (the program's name first) and exactly `environment`.
    /// - Throws: the `errno` of what failed.
    init(path: String, arguments: [String], environment: [String: String]) throws(SystemError) {
        let toChild = try SocketPair()
        let fromChild = try SocketPair()
        let errorsOfChild = try SocketPair()
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, toChild.theirs.raw, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, fromChild.theirs.raw, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errorsOfChild.theirs.raw, STDERR_FILENO)
        // Listeners and files of the controller, of the network library above all, are not marked close-on-exec.
        waybill_close_from(&actions, 3)
        Self.configure(&attributes)
        var child: pid_t = 0
        let code = withCStrings(arguments) { arguments in
            withCStrings(environment.map { $0.key + "=" + $0.value }) { environment in
                posix_spawn(&child, path, &actions, &attributes, arguments, environment)
            }
        }
        guard code == 0 else { throw SystemError(code: code) }
        id = child
        input = toChild.ours
        output = fromChild.ours
        errors = errorsOfChild.ours
    }

    deinit {
        guard !isReaped else { return }
        kill(-id, SIGKILL)
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
    }

    /// A group of its own, every signal at its default and none blocked.
    private static func configure(_ attributes: inout posix_spawnattr_t) {
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))
    }

    enum Ending: Equatable {
        case exited(Int32)
        case signalled(Int32)
    }

    /// Waits for the child, killing its whole group first when `killing`, and says how it ended.
    consuming func end(killing: Bool) -> Ending {
        if killing { kill(-id, SIGKILL) }
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        isReaped = true
        let signal = status & 0x7f
        return signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
    }
}

/// Calls `body` with a null-terminated array of C strings that live as long as the call.
private func withCStrings<Result>(
    _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let copies = texts.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
}

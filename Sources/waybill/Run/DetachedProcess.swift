import CLinux
import Foundation
import Glibc
import WaybillCore

/// Starts programs that outlive this process: a session of their own, no inherited descriptor but the log, no controlling
/// terminal, the default signals.
enum DetachedProcess {
    /// Starts `arguments` with standard output and error appended to `log`; returns its process id.
    ///
    /// - Throws: `Failure` when the program or the log cannot be opened.
    static func start(_ arguments: [String], log: String) throws(Failure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)

        var attributes = posix_spawnattr_t()
        waybill_spawn_attributes(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var flags: Int16 = 0
        posix_spawnattr_getflags(&attributes, &flags)
        posix_spawnattr_setflags(&attributes, flags | Self.newSession)

        var pid = pid_t()
        let arguments = CStrings(arguments)
        let environment = CStrings(ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" })
        let code = posix_spawn(
            &pid, arguments.strings[0], &actions, &attributes, arguments.pointers, environment.pointers)
        guard code == 0 else {
            throw Failure(
                .retry, reason: "StartFailed",
                message: "cannot start \(arguments.strings[0]): \(String(cString: strerror(code)))")
        }
        return pid
    }

    /// `POSIX_SPAWN_SETSID` of `<spawn.h>`, which Swift does not see.
    private static let newSession: Int16 = 0x80
}

/// Null-terminated C strings that live as long as this value.
struct CStrings: ~Copyable {
    let strings: [String]
    let pointers: [UnsafeMutablePointer<CChar>?]

    init(_ strings: [String]) {
        self.strings = strings
        pointers = strings.map { strdup($0) } + [nil]
    }

    deinit { for pointer in pointers { free(pointer) } }
}

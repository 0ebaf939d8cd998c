import CLinux
import Foundation
import Glibc
import WaybillCore

/// A program of the user's that ran to its end, found by their `PATH`.
///
/// What it reads and writes are files without names, not pipes: it may write as much as it likes to either stream while nobody reads, may
/// end without having read what it was given, and what it leaves behind in the background keeps nobody waiting.
struct ProgramRun {
    /// What becomes of what it says to its standard error.
    enum Errors { case kept, shown, dropped }

    /// Its exit status; 128 and the signal's number when one ended it, as a shell tells it.
    let status: Int32
    let output: [UInt8]
    /// Empty unless they were kept.
    let errors: [UInt8]

    /// It could not be run at all.
    struct NotRun: Error { let message: String }

    /// - Parameters:
    ///   - command: the program by name or path, and its arguments.
    ///   - variables: beside those of this process.
    init(
        _ command: [String], input: [UInt8] = [], variables: [String: String] = [:], errors: Errors
    ) throws(NotRun) {
        do {
            let (given, said, complained) = (try Self.scratch(), try Self.scratch(), try Self.scratch())
            try given.write(contentsOf: Data(input))
            try given.seek(toOffset: 0)
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            posix_spawn_file_actions_adddup2(&actions, given.fileDescriptor, 0)
            posix_spawn_file_actions_adddup2(&actions, said.fileDescriptor, 1)
            if errors != .shown { posix_spawn_file_actions_adddup2(&actions, complained.fileDescriptor, 2) }
            posix_spawn_file_actions_addclosefrom_np(&actions, 3)
            status = try Self.end(of: try Self.start(command, variables, &actions))
            output = try Self.contents(said)
            self.errors = errors == .kept ? try Self.contents(complained) : []
        } catch {
            throw NotRun(message: error.localizedDescription)
        }
    }

    private static func start(
        _ command: [String], _ variables: [String: String], _ actions: inout posix_spawn_file_actions_t
    ) throws -> pid_t {
        var attributes = posix_spawnattr_t()
        waybill_spawn_attributes(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        let arguments = CStrings(command)
        let environment = CStrings(
            ProcessInfo.processInfo.environment.merging(variables) { $1 }.map { "\($0.key)=\($0.value)" })
        var pid = pid_t()
        let code = posix_spawnp(
            &pid, command[0], &actions, &attributes, arguments.pointers, environment.pointers)
        if code != 0 { throw Self.error(code) }
        return pid
    }

    private static func end(of pid: pid_t) throws -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            if errno != EINTR { throw error(errno) }
        }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    /// A file that nobody else can open, gone with its last holder.
    private static func scratch() throws -> FileHandle {
        let path = FileManager.default.temporaryDirectory.appending(path: "waybill-run-\(UUID().uuidString)").path
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw error(errno) }
        unlink(path)
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    private static func contents(_ file: FileHandle) throws -> [UInt8] {
        try file.seek(toOffset: 0)
        return Array(try file.readToEnd() ?? Data())
    }

    private static func error(_ code: Int32) -> any Error { POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO) }
}

import CLinux
import Glibc
import WaybillCore

/// Runs `waybill-shim`. Everything here blocks.
struct KeeperProcess {
    let shim: String

    /// The reason and words of a keeper that would not start its program.
    struct Refused: Error {
        var reason: String
        var message: String
    }

    /// Launches the keeper of `folder`, which gets `lock` as its own, and returns once the program runs.
    ///
    /// The keeper leaves this process's tree and session at once. Secrets go through a pipe: they are never in an
    /// argument or a file.
    func keep(_ folder: String, lock: Int32, secrets: [UInt8], timeout: Duration) throws(Failure) -> Refused? {
        let (input, output) = (try Pipe(), try Pipe())
        defer { for pipe in [input, output] { pipe.close() } }
        let pid = try spawn(["keep", folder], [0: input.reading, 1: output.writing, 3: lock])
        input.closeReading()
        output.closeWriting()
        feed(secrets, into: input)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return try answer(from: output.reading, within: timeout, folder)
    }

    /// Ends what a killed keeper left; false when something could not be ended.
    func sweep(_ folder: String) throws(Failure) -> Bool {
        let pid = try spawn(["sweep", folder], [:])
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status == 0
    }

    /// Standard output of the shim, for facts about the machine.
    func ask(_ arguments: [String]) throws(Failure) -> String {
        let output = try Pipe()
        defer { output.close() }
        let pid = try spawn(arguments, [1: output.writing])
        output.closeWriting()
        let text = Disk.readAll(output.reading, limit: 65_536) ?? []
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return String(decoding: text, as: UTF8.self)
    }

    /// Starts the shim with exactly the descriptors of `given`, and `/dev/null` for 0 to 2 where none is given.
    private func spawn(_ arguments: [String], _ given: [Int32: Int32]) throws(Failure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        waybill_spawn_attributes(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        for descriptor: Int32 in 0...3 {
            if let source = given[descriptor] {
                posix_spawn_file_actions_adddup2(&actions, source, descriptor)
            } else if descriptor < 3 {
                posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
            }
        }
        posix_spawn_file_actions_addclosefrom_np(&actions, given[3] == nil ? 3 : 4)
        var pointers = ([shim] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = [nil]
        defer { for pointer in pointers { free(pointer) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, shim, &actions, &attributes, &pointers, &variables)
        guard code == 0 else {
            errno = code
            throw Disk.failure("run \(shim)")
        }
        return pid
    }

    private func feed(_ secrets: [UInt8], into pipe: Pipe) {
        _ = Disk.writeToPipe(secrets, pipe.writing)
        pipe.closeWriting()
    }

    private func answer(from descriptor: Int32, within timeout: Duration, _ folder: String) throws(Failure) -> Refused?
    {
        var line: [UInt8] = []
        let deadline = ContinuousClock.now + timeout
        while line.last != 10, line.count < 65_536 {
            let left = ContinuousClock.now.duration(to: deadline).milliseconds
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard left > 0, poll(&polled, 1, Int32(left)) > 0 else {
                throw Failure(
                    .retry, reason: "KeeperSilent", message: "the keeper of \(folder) did not answer within \(timeout)")
            }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            line += buffer[0..<count]
        }
        let words = String(decoding: line.dropLast(), as: UTF8.self).split(separator: " ", maxSplits: 2)
        switch words.first {
        case "started": return nil
        case "refused" where words.count == 3: return Refused(reason: String(words[1]), message: String(words[2]))
        default:
            throw Failure(.retry, reason: "KeeperFailed", message: "the keeper of \(folder) ended without an answer")
        }
    }

    /// Both ends close with `exec`, and are numbered above the ones that the shim is given.
    private final class Pipe {
        private(set) var reading: Int32
        private(set) var writing: Int32

        init() throws(Failure) {
            var ends: [Int32] = [-1, -1]
            guard pipe2(&ends, O_CLOEXEC) == 0 else { throw Disk.failure("make a pipe") }
            reading = fcntl(ends[0], F_DUPFD_CLOEXEC, 10)
            writing = fcntl(ends[1], F_DUPFD_CLOEXEC, 10)
            for end in ends { Glibc.close(end) }
        }

        func closeReading() { Self.close(&reading) }
        func closeWriting() { Self.close(&writing) }
        func close() {
            closeReading()
            closeWriting()
        }

        private static func close(_ descriptor: inout Int32) {
            if descriptor >= 0 { Glibc.close(descriptor) }
            descriptor = -1
        }
    }
}

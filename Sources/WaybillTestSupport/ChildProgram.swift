package import Foundation
import Glibc
import Synchronization

/// A program of a test's own in a process of its own.
///
/// It inherits its three streams and nothing else. `Foundation.Process` waits on Linux until every heir of its socket has ended, and heirs are
/// all programs that were started at the same moment; a test that waits so, with a thread of the tests' pool, can wait for ever.
package final class ChildProgram: Sendable {
    package enum Input: Sendable {
        case nothing
        case file(String)
        /// Open until the program is ended: for servers that end with their input.
        case open
    }

    package let identifier: pid_t
    /// The end of its input that is ours, or -1.
    private let input: Int32
    /// Its status once it has ended.
    private let ended = Mutex<Int32?>(nil)

    /// - Parameters:
    ///   - environment: all of it; nil: that of the tests.
    ///   - output: a file, made anew.
    ///   - errors: another file; nil: the same one.
    package init(
        _ command: [String], in folder: URL? = nil, environment: [String: String]? = nil, input: Input = .nothing,
        output: URL, errors: URL? = nil
    ) throws {
        var ends: [Int32] = [-1, -1]
        if case .open = input {
            guard pipe(&ends) == 0 else { throw ChildProgramError("pipe", errno) }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        }
        defer { if ends[0] >= 0 { close(ends[0]) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        switch input {
        case .nothing: posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        case .file(let path): posix_spawn_file_actions_addopen(&actions, 0, path, O_RDONLY, 0)
        case .open: posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        }
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 1, output.path, flags, 0o600)
        if let errors {
            posix_spawn_file_actions_addopen(&actions, 2, errors.path, flags, 0o600)
        } else {
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        }
        // What is not open is passed over.
        for other in Int32(3)..<1024 { posix_spawn_file_actions_addclose(&actions, other) }
        let command = (folder.map { ["/usr/bin/env", "-C", $0.path] } ?? []) + command
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] =
            (environment ?? ProcessInfo.processInfo.environment).map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var identifier: pid_t = 0
        let code = posix_spawnp(&identifier, command[0], &actions, nil, &arguments, &variables)
        guard code == 0 else {
            if ends[1] >= 0 { close(ends[1]) }
            throw ChildProgramError(command[0], code)
        }
        self.identifier = identifier
        self.input = ends[1]
    }

    deinit { if input >= 0 { close(input) } }

    /// Its status when it has ended: the code, or 128 and the signal.
    package func poll() -> Int32? {
        ended.withLock { ended in
            if let ended { return ended }
            var status: Int32 = 0
            guard waitpid(identifier, &status, WNOHANG) != 0 else { return nil }
            ended = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
            return ended
        }
    }

    package var isRunning: Bool { poll() == nil }

    /// Waits without a thread.
    @discardableResult
    package func status() async -> Int32 {
        while true {
            if let status = poll() { return status }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Waits with the thread that calls: for what ends in a moment.
    package func wait() -> Int32 {
        while true {
            if let status = poll() { return status }
            usleep(2000)
        }
    }

    /// The first line of `output`, once it is whole: what a server says when it listens.
    package func firstLine(of output: URL) throws -> String {
        for _ in 0..<3000 {
            let text = try String(contentsOf: output, encoding: .utf8)
            if let end = text.firstIndex(of: "\n") { return String(text[..<end]) }
            guard isRunning else { break }
            usleep(10_000)
        }
        throw ChildProgramError("\(identifier) said nothing", ETIMEDOUT)
    }

    /// Ends it at once and takes its status.
    package func end() {
        if poll() == nil { kill(identifier, SIGKILL) }
        _ = wait()
    }

    /// Runs a program to its end; both of its outputs together.
    package static func run(
        _ command: [String], in folder: URL? = nil, environment: [String: String]? = nil, input: Input = .nothing
    ) async throws -> (status: Int32, output: String) {
        let output = scratch()
        defer { try? FileManager.default.removeItem(at: output) }
        let program = try ChildProgram(command, in: folder, environment: environment, input: input, output: output)
        return (await program.status(), String(decoding: try Data(contentsOf: output), as: UTF8.self))
    }

    /// The same with the thread that calls; errors apart.
    package static func runNow(
        _ command: [String], in folder: URL? = nil, environment: [String: String]? = nil
    ) throws -> (status: Int32, output: String, errors: String) {
        let (output, errors) = (scratch(), scratch())
        defer { for file in [output, errors] { try? FileManager.default.removeItem(at: file) } }
        let program = try ChildProgram(command, in: folder, environment: environment, output: output, errors: errors)
        let status = program.wait()
        func text(_ file: URL) throws -> String { String(decoding: try Data(contentsOf: file), as: UTF8.self) }
        return (status, try text(output), try text(errors))
    }

    private static func scratch() -> URL {
        FileManager.default.temporaryDirectory.appending(path: "waybill-test-\(UUID().uuidString).txt")
    }
}

package struct ChildProgramError: Error, CustomStringConvertible {
    package let description: String

    init(_ what: String, _ code: Int32) { description = "\(what): \(String(cString: strerror(code)))" }
}

import Dispatch
import Foundation
import Testing

@testable import WaybillGit

/// A program that did not do what a test needs.
struct CommandFailed: Error, CustomStringConvertible {
    var description: String
}

/// Runs real programs for tests, away from the cooperative pool.
enum Shell {
    /// The environment of every program that a test starts: nothing of the user's git settings.
    static func environment(home: String) -> [String: String] {
        [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": home, "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org", "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000000 +0000",
        ]
    }

    static func run(_ words: String..., home: String = "/nonexistent", input: [UInt8] = []) async throws -> String {
        try await run(words, home: home, input: input)
    }

    static func run(_ words: [String], home: String = "/nonexistent", input: [UInt8] = []) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try runBlocking(words, home: home, input: input) })
            }
        }
    }

    private static func runBlocking(_ words: [String], home: String, input: [UInt8]) throws -> String {
        let child = try ChildProcess(
            path: "/usr/bin/env", arguments: ["env"] + words, environment: environment(home: home))
        try? child.input.sendAll(input)
        shutdown(child.input.raw, Int32(SHUT_WR))
        let outcome = ChildRun.run(
            child, input: [], deadline: .now.advanced(by: .seconds(60)), cancellation: try Cancellation())
        if case .ended(.exited(0), let output, _) = outcome { return String(decoding: output, as: UTF8.self) }
        guard case .ended(let ending, _, let errors) = outcome else {
            throw CommandFailed(description: "\(words.joined(separator: " ")): \(outcome)")
        }
        throw CommandFailed(
            description: "\(words.joined(separator: " ")): \(ending) " + String(decoding: errors, as: UTF8.self))
    }

    /// Whether a program can be started; says so on the log when a test is skipped for it.
    static func has(_ paths: String...) -> Bool {
        let missing = paths.filter { !FileManager.default.isExecutableFile(atPath: $0) }
        if !missing.isEmpty { print("skipped: \(missing.joined(separator: ", ")) is not installed") }
        return missing.isEmpty
    }
}

/// The helper program, built beside the test bundle.
let helper: HelperCommand = {
    let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let places = [program] + CommandLine.arguments
    let tool = places.map { URL(filePath: $0).deletingLastPathComponent().path + "/git-helper-tool" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
    return HelperCommand(path: tool ?? "git-helper-tool is not built", arguments: [])
}()

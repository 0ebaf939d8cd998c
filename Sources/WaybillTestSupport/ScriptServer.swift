package import Foundation

/// A server of a test's own in a process of its own: a program that prints `port N` when it listens, a line for each thing worth
/// telling, and ends with its standard input.
package final class ScriptServer: Sendable {
    package let port: Int
    private let output: URL

    private init(port: Int, output: URL) {
        self.port = port
        self.output = output
    }

    /// What it has printed since it listens.
    package var lines: [String] {
        let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").dropFirst().map(String.init)
    }

    /// Runs `body` beside the server and ends it afterwards. Its output stands in `folder`.
    package static func with<Result>(
        _ program: String, _ arguments: [String], in folder: URL, environment: [String: String] = [:],
        deadline: Duration = .seconds(30), _ body: (ScriptServer) async throws -> Result
    ) async throws -> Result {
        let output = folder.appending(path: "server-\(UUID().uuidString).out")
        let server = try ChildProgram(
            [program] + arguments,
            environment: ["PATH": "/usr/bin:/bin", "HOME": folder.path, "PYTHONDONTWRITEBYTECODE": "1"]
                .merging(environment) { $1 }, input: .open, output: output)
        defer { server.end() }
        let end = ContinuousClock.now + deadline
        while ContinuousClock.now < end {
            let text = try String(contentsOf: output, encoding: .utf8)
            if let line = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().first(where: {
                $0.hasPrefix("port ")
            }), let port = Int(line.dropFirst(5)) {
                return try await body(ScriptServer(port: port, output: output))
            }
            guard server.isRunning else {
                throw ScriptServerError(description: "\(arguments.first ?? program) ended: \(text)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw ScriptServerError(description: "\(arguments.first ?? program) does not listen")
    }
}

package struct ScriptServerError: Error, CustomStringConvertible {
    package let description: String
}

/// Programs that stand beside the tests of packaging.
package enum TestServers {
    package static let scripts = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Tests/WaybillPackageTests/Servers")
}

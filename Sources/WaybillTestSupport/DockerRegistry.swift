package import Foundation

/// Debian's `docker-registry` on a free port of loopback, in a folder of its own, for one test.
package struct DockerRegistry: Sendable {
    package let port: Int
    package let folder: URL
    package var host: String { "127.0.0.1:\(port)" }

    /// Runs `body` with a registry that answers, and ends it afterwards. `settings` are further lines of its configuration.
    package static func with<Result>(
        in folder: URL, settings: (_ home: URL) throws -> String = { _ in "" },
        body: (DockerRegistry) async throws -> Result
    ) async throws -> Result {
        let port = try PlainSocket.freePort()
        let home = folder.appending(path: "registry-\(port)")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        let configuration = home.appending(path: "config.yml")
        try Data((text(port, home) + settings(home)).utf8).write(to: configuration)
        let log = home.appending(path: "log")
        let program = try ChildProgram(["/usr/bin/docker-registry", "serve", configuration.path], output: log)
        defer { program.end() }
        try await answers(port, log)
        return try await body(DockerRegistry(port: port, folder: home))
    }

    private static func answers(_ port: Int, _ log: URL) async throws {
        for _ in 0..<200 {
            if (try? PlainSocket(connectingTo: port, timeout: 1)) != nil { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw PlainSocket.Problem(description: "no registry: \((try? String(contentsOf: log, encoding: .utf8)) ?? "")")
    }

    private static func text(_ port: Int, _ home: URL) -> String {
        """
        version: 0.1
        log: {level: warn}
        storage:
          filesystem: {rootdirectory: \(home.path)/data}
          delete: {enabled: true}
        http:
          addr: 127.0.0.1:\(port)

        """
    }
}

package import Foundation

/// Debian's `docker-registry` on a free port of loopback, in a folder of its own, for one test.
package struct RegistryServer {
    package enum Login {
        case none
        /// The user `waybill` with the password `secret`.
        case basic
        /// A server of tokens stands before it, on a port of loopback; its certificate is in a file.
        case tokens(port: Int, certificate: URL)
    }

    package let port: Int
    package let folder: URL
    package var host: String { "127.0.0.1:\(port)" }

    /// Runs `body` with a registry that answers, and ends it afterwards.
    package static func with<Result>(
        _ login: Login = .none, in folder: URL, _ body: (RegistryServer) async throws -> Result
    ) async throws -> Result {
        let port = try PlainSocket.freePort()
        let home = folder.appending(path: "registry-\(port)")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        let configuration = home.appending(path: "config.yml")
        try Data(try text(login, port, home).utf8).write(to: configuration)
        let log = home.appending(path: "log")
        let program = try ChildProgram(["/usr/bin/docker-registry", "serve", configuration.path], output: log)
        do {
            try await answers(port, log)
            let result = try await body(RegistryServer(port: port, folder: home))
            program.end()
            return result
        } catch {
            program.end()
            throw error
        }
    }

    private static func answers(_ port: Int, _ log: URL) async throws {
        for _ in 0..<200 {
            if (try? PlainSocket(connectingTo: port, timeout: 1)) != nil { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw PlainSocket.Problem(description: "no registry: \((try? String(contentsOf: log, encoding: .utf8)) ?? "")")
    }

    private static func text(_ login: Login, _ port: Int, _ home: URL) throws -> String {
        var text = """
            version: 0.1
            log: {level: warn}
            storage:
              filesystem: {rootdirectory: \(home.path)/data}
              delete: {enabled: true}
            http:
              addr: 127.0.0.1:\(port)

            """
        switch login {
        case .none: break
        case .basic:
            // bcrypt of "secret".
            let line = "waybill:\(Self.secretHash)\n"
            try Data(line.utf8).write(to: home.appending(path: "htpasswd"))
            text += "auth:\n  htpasswd: {realm: test, path: \(home.path)/htpasswd}\n"
        case .tokens(let tokens, let certificate):
            text += """
                auth:
                  token:
                    realm: http://127.0.0.1:\(tokens)/token
                    service: test-registry
                    issuer: test-issuer
                    rootcertbundle: \(certificate.path)

                """
        }
        return text
    }

    private static let secretHash = "$2b$04$55C501bsYa4Ugwmmnd58Wu0Y5hAnKXrgFuNsvVnjdxwBVcjSBOjYm"
}

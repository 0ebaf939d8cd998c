import Crypto
import Foundation
import Glibc
import WaybillCore
import WaybillTestSupport

/// A `DockerRegistry` with one of the ways to log in.
struct RegistryServer {
    enum Login {
        case none
        /// The user `waybill` with the password `secret`.
        case basic
        /// A server of tokens of the test's own stands before it.
        case tokens(TokenServer)
    }

    let port: Int
    let folder: URL
    var host: String { "127.0.0.1:\(port)" }

    func reference(_ rest: String) throws -> ImageReference { try ImageReference(parsing: "\(host)/\(rest)") }

    /// Runs `body` with a registry that answers, and ends it afterwards.
    static func with<Result>(
        _ login: Login = .none, in folder: URL, _ body: (RegistryServer) async throws -> Result
    ) async throws -> Result {
        try await DockerRegistry.with(in: folder) { (home) throws in
            try settings(of: login, home)
        } body: { (registry) async throws in
            try await body(RegistryServer(port: registry.port, folder: registry.folder))
        }
    }

    private static func settings(of login: Login, _ home: URL) throws -> String {
        switch login {
        case .none: return ""
        case .basic:
            // bcrypt of "secret".
            let line = "waybill:\(Self.secretHash)\n"
            try Data(line.utf8).write(to: home.appending(path: "htpasswd"))
            return "auth:\n  htpasswd: {realm: test, path: \(home.path)/htpasswd}\n"
        case .tokens(let server):
            return """
                auth:
                  token:
                    realm: http://127.0.0.1:\(server.port)/token
                    service: test-registry
                    issuer: test-issuer
                    rootcertbundle: \(server.certificate.path)

                """
        }
    }

    private static let secretHash = "$2b$04$55C501bsYa4Ugwmmnd58Wu0Y5hAnKXrgFuNsvVnjdxwBVcjSBOjYm"
}

/// Runs a program and gives what it says; both of its outputs together.
func run(_ command: [String]) async throws -> (status: Int32, output: String) { try await ChildProgram.run(command) }

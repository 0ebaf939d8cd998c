package import Foundation

/// A `DockerRegistry` with one of the ways to log in.
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
        case .tokens(let tokens, let certificate):
            return """
                auth:
                  token:
                    realm: http://127.0.0.1:\(tokens)/token
                    service: test-registry
                    issuer: test-issuer
                    rootcertbundle: \(certificate.path)

                """
        }
    }

    private static let secretHash = "$2b$04$55C501bsYa4Ugwmmnd58Wu0Y5hAnKXrgFuNsvVnjdxwBVcjSBOjYm"
}

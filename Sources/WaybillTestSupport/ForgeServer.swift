package import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A forge of the tests' own that follows the published API descriptions; see `Tests/WaybillForgeTests/Servers/forge.py`.
package struct ForgeServer: Sendable {
    package static let token = "secret-token-of-the-tests"
    package static let repository = "acme/fleet"

    package let kind: String
    private let server: ScriptServer

    /// Where the API begins.
    package var url: String { "http://127.0.0.1:\(server.port)\(kind == "gitea" ? "/api/v1" : "")" }
    /// The exchanges so far: `POST /repos/acme/fleet/pulls 201`, or `lost` for a status.
    package var exchanges: [String] { server.lines }

    package static func with<Result>(
        _ kind: String, in folder: URL, _ body: (ForgeServer) async throws -> Result
    ) async throws -> Result {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Tests/WaybillForgeTests/Servers/forge.py")
        return try await ScriptServer.with("/usr/bin/python3", [script.path, kind, token], in: folder) { server in
            try await body(ForgeServer(kind: kind, server: server))
        }
    }

    /// Makes exchanges go wrong; JSON as the script describes.
    package func fail(_ faults: String) async throws { _ = try await ask("_faults", faults) }

    /// Puts members of the state in the place of those that are there.
    package func put(_ state: String) async throws { _ = try await ask("_state", state) }

    /// Of all members of one name in a list of the state, as text.
    package func values(_ list: String, _ name: String) async throws -> [String] {
        let state = try JSONSerialization.jsonObject(with: try await ask("_state", "{}")) as? [String: Any]
        let items = state?[list] as? [[String: Any]] ?? []
        return items.map { "\($0[name] ?? "")" }
    }

    private func ask(_ path: String, _ body: String) async throws -> Data {
        guard let url = URL(string: "http://127.0.0.1:\(server.port)/\(path)") else { return Data() }
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.httpBody = Data(body.utf8)
        return try await URLSession.shared.data(for: request).0
    }

    /// A file with the token, of mode 600.
    package func tokenFile(in folder: URL, mode: Int = 0o600) throws -> String {
        let file = folder.appending(path: "token")
        try Data("\(Self.token)\n".utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        return file.path
    }
}

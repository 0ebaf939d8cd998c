import Crypto
import Foundation
import WaybillCore
import WaybillTestSupport

/// A server of tokens for `docker-registry`: gives who knows the password what is asked for, and anybody else only what reads.
struct TokenServer {
    let server: ScriptedRegistry
    let certificate: URL

    var port: Int { server.port }

    static func with<Result>(in folder: URL, _ body: (TokenServer) async throws -> Result) async throws -> Result {
        let (key, certificate) = (folder.appending(path: "token.key"), folder.appending(path: "token.pem"))
        let made = try await run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=test-issuer", "-keyout", key.path, "-out", certificate.path,
        ])
        guard made.status == 0 else { throw PlainSocket.Problem(description: made.output) }
        let signer = try P256.Signing.PrivateKey(pemRepresentation: String(contentsOf: key, encoding: .utf8))
        let chain = try String(contentsOf: certificate, encoding: .utf8).split(separator: "\n")
            .filter { !$0.hasPrefix("-----") }.joined()
        return try await ScriptedRegistry.with({ answer($0, signer, chain) }) { server in
            try await body(TokenServer(server: server, certificate: certificate))
        }
    }

    private static func answer(
        _ request: ScriptedRegistry.Request, _ signer: P256.Signing.PrivateKey, _ chain: String
    ) -> ScriptedRegistry.Answer {
        let login = request.header("authorization")
        let expected = "Basic \(Data("waybill:secret".utf8).base64EncodedString())"
        guard login == nil || login == expected else { return .text(401, #"{"errors":[{"code":"UNAUTHORIZED"}]}"#) }
        let query = URLComponents(string: "http://x\(request.target)")?.queryItems ?? []
        let access: [Value] = query.filter { $0.name == "scope" }.compactMap(\.value).map { scope in
            let parts = scope.split(separator: ":").map(String.init)
            let actions = parts[2].split(separator: ",").filter { login != nil || $0 == "pull" }
            return [
                "type": .string(parts[0]), "name": .string(parts[1]),
                "actions": .list(actions.map { .string(String($0)) }),
            ]
        }
        let now = Int64(Date().timeIntervalSince1970)
        let claims: Value = [
            "iss": "test-issuer", "sub": "waybill", "aud": "test-registry", "exp": .integer(now + 300),
            "nbf": .integer(now - 10), "iat": .integer(now), "jti": .string(UUID().uuidString), "access": .list(access),
        ]
        let header: Value = ["typ": "JWT", "alg": "ES256", "x5c": [.string(chain)]]
        let signed = "\(base64(header.jsonBytes)).\(base64(claims.jsonBytes))"
        guard let signature = try? signer.signature(for: Data(signed.utf8)) else { return .text(500) }
        let token: Value = ["token": .string("\(signed).\(base64(signature.rawRepresentation))"), "expires_in": 300]
        return .text(200, token.json)
    }

    private static func base64(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }
}

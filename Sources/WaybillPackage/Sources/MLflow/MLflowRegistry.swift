import Foundation
import NIOHTTP1
import WaybillCore

/// The parts of an MLflow server's interface that are needed here.
struct MLflowRegistry: Sendable {
    let transport: HTTPTransport
    private let endpoint: WebAddress?

    init(_ transport: HTTPTransport, _ endpoint: WebAddress?) {
        self.transport = transport
        self.endpoint = endpoint
    }

    static func address(_ text: String) throws(Failure) -> MLflowAddress {
        do throws(InvalidInput) { return try MLflowAddress(parsing: text) } catch { throw unreadable(error) }
    }

    static func number(_ address: MLflowAddress) throws(Failure) -> Int64 {
        do throws(InvalidInput) { return try address.requireNumber() } catch { throw unreadable(error) }
    }

    /// The version that an alias is now.
    func number(_ alias: String, of address: MLflowAddress) async throws(Failure) -> Int64 {
        struct Answer: Decodable {
            struct Version: Decodable { var version: String }
            var model_version: Version
        }
        let answer = try await ask(
            Answer.self, address, "registered-models/alias", ["name": address.model, "alias": alias])
        guard let number = Int64(answer.model_version.version), number > 0 else {
            throw Self.unexpected(address, "names no version")
        }
        return number
    }

    /// Where the server gives a file of a version.
    func file(_ address: MLflowAddress, version: Int64) async throws(Failure) -> WebAddress {
        struct Answer: Decodable { var artifact_uri: String }
        let answer = try await ask(
            Answer.self, address, "model-versions/get-download-uri", ["name": address.model, "version": "\(version)"])
        let top = try artifacts(answer.artifact_uri, address)
        return try place(
            address, "/api/2.0/mlflow-artifacts/artifacts/\(Percent.encoded("\(top)/\(address.path)", keeping: "/"))")
    }

    /// The folder in the server's artifact proxy that `uri` means: `mlflow-artifacts:/PATH`, or the same with this server's name.
    private func artifacts(_ uri: String, _ address: MLflowAddress) throws(Failure) -> String {
        guard uri.hasPrefix("mlflow-artifacts:/"), uri.utf8.count <= 2048 else {
            let scheme = uri.prefix { $0 != ":" }.prefix(40)
            let hint =
                scheme == "s3"
                ? "; name the file by an 's3:' source"
                : "; start the server with '--serve-artifacts', or name the file where it is"
            throw Failure(
                .stall, reason: "SourceUnreadable",
                message:
                    "\(address): the server keeps the version's files at \(String(scheme + ":").quotedForMessage) and does not give them out "
                    + "itself\(hint)")
        }
        var path = uri.dropFirst("mlflow-artifacts:".utf8.count)
        if path.hasPrefix("//") {
            let rest = path.dropFirst(2)
            let authority = rest.prefix { $0 != "/" }
            let here = try place(address, "/").authority
            guard authority.isEmpty || authority == here else {
                throw Failure(
                    .stall, reason: "SourceUnreadable",
                    message:
                        "\(address): the version's files are on another server, \(authority.quotedForMessage); name that one"
                )
            }
            path = rest.dropFirst(authority.count)
        }
        while path.hasPrefix("/") { path.removeFirst() }
        while path.hasSuffix("/") { path.removeLast() }
        if let problem = CleanPath.problemOfRelative(String(path)) {
            throw Self.unexpected(address, "names a bad folder: \(problem)")
        }
        return String(path)
    }

    private func ask<Answer: Decodable>(
        _ type: Answer.Type, _ address: MLflowAddress, _ method: String, _ parameters: KeyValuePairs<String, String>
    ) async throws(Failure) -> Answer {
        let query = parameters.map { "\($0.key)=\(Percent.encoded($0.value))" }.joined(separator: "&")
        let call = HTTPCall(
            "GET", try place(address, "/api/2.0/mlflow/\(method)?\(query)"), headers: ["accept": "application/json"])
        let answer = try await transport.send(call)
        guard answer.status == 200 else { throw answer.failure("GET", "\(address)") }
        guard let decoded = try? JSONDecoder().decode(type, from: Data(answer.body)) else {
            throw Self.unexpected(address, "is not that of an MLflow server")
        }
        return decoded
    }

    private func place(_ address: MLflowAddress, _ target: String) throws(Failure) -> WebAddress {
        let server: WebAddress
        if let named = address.server {
            let isPlain = transport.settings.speaksPlain(
                to: named.host, port: named.port ?? WebAddress.Scheme.https.port)
            server = WebAddress(scheme: isPlain ? .http : .https, host: named.host, port: named.port)
        } else if let endpoint {
            server = endpoint
        } else {
            throw Failure(
                .stall, reason: "SourceUnreadable",
                message:
                    "\(address) names no server; write 'mlflow://HOST/models:/…', or set 'sources.mlflow' of waybill.yaml or MLFLOW_TRACKING_URI"
            )
        }
        return server.with(target: (server.path.hasSuffix("/") ? String(server.path.dropLast()) : server.path) + target)
    }

    private static func unreadable(_ error: InvalidInput) -> Failure {
        Failure(.stall, reason: "SourceUnreadable", message: error.message)
    }

    private static func unexpected(_ address: MLflowAddress, _ what: String) -> Failure {
        Failure(
            .stall, reason: "SourceAnswerUnexpected",
            message: "\(address): the registry's answer \(what); is it an MLflow server of version 2.0 or later?")
    }
}

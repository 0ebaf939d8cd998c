import WaybillCore
import WaybillPackage

/// Where the sources without a host in their name are, and the credentials that the usual
/// variables have for those places: for nobody else, and only where the settings have none.
struct SourceEndpoints {
    let huggingFace: WebAddress
    /// Nil when none is named.
    let mlflow: WebAddress?
    private(set) var credentials: [HTTPCredential] = []

    init(_ settings: WaybillConfiguration.Sources, _ variables: [String: String]) throws(Failure) {
        let (hub, server) = (
            try Self.address("HF_ENDPOINT", variables), try Self.address("MLFLOW_TRACKING_URI", variables)
        )
        huggingFace = settings.huggingFace ?? hub ?? HuggingFaceHub.standard
        mlflow = settings.mlflow ?? server
        func isSet(_ name: String) -> Bool { variables[name]?.isEmpty == false }
        func isOpen(_ place: WebAddress) -> Bool { !settings.credentials.contains { $0.isFor(place) } }
        if isSet("HF_TOKEN"), isOpen(huggingFace) { add(huggingFace, .bearer, "HF_TOKEN") }
        guard let mlflow, isOpen(mlflow) else { return }
        if isSet("MLFLOW_TRACKING_TOKEN") {
            add(mlflow, .bearer, "MLFLOW_TRACKING_TOKEN")
        } else if let user = variables["MLFLOW_TRACKING_USERNAME"], !user.isEmpty, isSet("MLFLOW_TRACKING_PASSWORD") {
            add(mlflow, .basic(user: user), "MLFLOW_TRACKING_PASSWORD")
        }
    }

    private mutating func add(_ place: WebAddress, _ form: HTTPCredential.Form, _ variable: String) {
        credentials.append(
            HTTPCredential(host: place.host, port: place.port, form: form, place: .variable(variable)))
    }

    private static func address(_ name: String, _ variables: [String: String]) throws(Failure) -> WebAddress? {
        guard let text = variables[name], !text.isEmpty else { return nil }
        // MLflow takes a folder or a database there too, which is no server.
        if name == "MLFLOW_TRACKING_URI", !text.hasPrefix("http") { return nil }
        do throws(InvalidInput) { return try WebAddress(parsing: text) } catch {
            throw Failure(.stall, reason: "InvalidConfiguration", message: "\(name): \(error.message)")
        }
    }
}

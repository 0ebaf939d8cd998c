import WaybillAPI
import WaybillCore

/// A request that a deployment understands, made from its protocol and interface.
struct ExampleCall: Hashable, Sendable {
    var url: String
    /// JSON; nil for a request without a body.
    var body: String?

    /// Nil when nothing serves, or the protocol is one of the team's own and says no path.
    init?(_ detail: DeploymentDetail) {
        guard let base = detail.deployment.url, let path = Self.path(detail) else { return nil }
        url = base + path
        body = Self.body(detail)
    }

    /// Where the protocol takes predictions.
    static func path(_ detail: DeploymentDetail) -> String? {
        path(detail.servingProtocol, name: detail.deployment.name, paths: detail.paths)
    }

    static func path(_ servingProtocol: String?, name: String, paths: [String]) -> String? {
        switch servingProtocol {
        case "oip-v2": "/v2/models/\(name)/infer"
        case "openai": "/v1/chat/completions"
        case "http": paths.first
        case _: nil
        }
    }

    var curl: String {
        let quoted = url.shellQuoted
        guard let body else { return "curl \(quoted)" }
        return "curl \(quoted) -H 'Content-Type: application/json' -d \(body.shellQuoted)"
    }

    private static func body(_ detail: DeploymentDetail) -> String? {
        switch detail.servingProtocol {
        case "oip-v2" where !detail.inputs.isEmpty:
            return Value.object(["inputs": .list(detail.inputs.map(input))]).json
        case "openai":
            let message: Value = ["role": "user", "content": "Hello"]
            return Value.object(["model": .string(detail.deployment.name), "messages": [message]]).json
        case _: return nil
        }
    }

    /// One row, or one element, of zeros. A tensor of more than 1000 elements is cut to its first dimension of one.
    private static func input(_ tensor: TensorView) -> Value {
        var shape = tensor.shape.map { $0 < 0 ? 1 : $0 }
        if shape.isEmpty { shape = [1] }
        var count: Int64 = 1
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            count = overflow ? .max : product
        }
        let zero: Value =
            switch tensor.datatype {
            case "BYTES": ""
            case "BOOL": false
            case "FP16", "FP32", "FP64": .number(0)
            case _: 0
            }
        let data = Array(repeating: zero, count: Int(min(max(count, 0), 1000)))
        return [
            "name": .string(tensor.name), "datatype": .string(tensor.datatype),
            "shape": .list(shape.map { .integer($0) }), "data": .list(data),
        ]
    }
}

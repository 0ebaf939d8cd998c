import WaybillCore

/// Which paths of a deployment are passed on, by the protocol that its runtime speaks.
enum PathRules: Sendable, Hashable {
    /// `model` is the deployment's name; `versions` those in rotation.
    case oipV2(model: String, versions: [String])
    case openai
    case http(prefixes: [String])

    enum Verdict: Equatable {
        /// To any backend, or only to one of `version`.
        case pass(version: String?)
        case refused(String)
    }

    /// - Parameter path: what follows `/{environment}/{deployment}`, without the query.
    func judge(_ path: Substring) -> Verdict {
        switch self {
        case .oipV2(let model, let versions): Self.judgeInference(path, model: model, versions: versions)
        case .openai:
            path.hasPrefix("/v1/")
                ? .pass(version: nil) : .refused("only paths under /v1/ are served by this deployment")
        case .http(let prefixes):
            prefixes.contains { Self.covers($0, path) }
                ? .pass(version: nil) : .refused("this path is not served by this deployment")
        }
    }

    /// Whether asking twice does what asking once does, by the protocol itself: an inference changes nothing.
    func isRepeatable(_ path: Substring) -> Bool {
        guard case .oipV2 = self else { return false }
        return path.hasSuffix("/infer")
    }

    private static func covers(_ prefix: String, _ path: Substring) -> Bool {
        guard path.hasPrefix(prefix) else { return false }
        return prefix.hasSuffix("/") || path.utf8.count == prefix.utf8.count
            || path.utf8.dropFirst(prefix.utf8.count).first == UInt8(ascii: "/")
    }

    private static let modelsPrefix = "/v2/models/"
    private static let verbs: Set<Substring> = [
        "ready", "stats", "infer", "infer_stream", "generate", "generate_stream",
    ]

    private static func judgeInference(_ path: Substring, model: String, versions: [String]) -> Verdict {
        guard path.hasPrefix(modelsPrefix) else {
            switch path {
            case "/v2", "/v2/", "/v2/health/live", "/v2/health/ready": return .pass(version: nil)
            default: return .refused("this path is not part of the Open Inference Protocol V2")
            }
        }
        let rest = path.dropFirst(modelsPrefix.count)
        var parts = rest.split(separator: "/", omittingEmptySubsequences: false)[...]
        guard let name = parts.popFirst(), name == model else {
            return .refused("no such model here; the model's name is the deployment's: '\(model)'")
        }
        var version: String?
        if parts.first == "versions" {
            parts.removeFirst()
            guard let asked = parts.popFirst().map(percentDecoded), versions.contains(asked) else {
                return .refused("this version is not in rotation; in rotation: \(versions.joined(separator: ", "))")
            }
            version = asked
        }
        guard parts.count <= 1, parts.first.map(verbs.contains) ?? true else {
            return .refused("this path is not part of the Open Inference Protocol V2")
        }
        return .pass(version: version)
    }

    private static func percentDecoded(_ text: Substring) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        return RequestTarget.percentDecoded(text.utf8).map { String(decoding: $0, as: UTF8.self) } ?? String(text)
    }
}

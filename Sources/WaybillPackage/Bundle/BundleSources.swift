import WaybillCore
import WaybillTrust

/// Where the bytes of a bundle came from. It stands beside the bundle's name in the index, not in the bundle: the same bytes from
/// another place are the same bundle.
struct BundleSources: Hashable, Sendable {
    static let annotation = "dev.waybill.sources"

    var commit: CommitID
    /// By path in the model's folder.
    var artifacts: [String: ArtifactSource]
    var card: String?
    var lock: String?

    init(_ version: ModelVersion, _ commit: CommitID) {
        self.commit = commit
        artifacts = Dictionary(version.artifacts.map { ($0.path, $0.source) }, uniquingKeysWith: { first, _ in first })
        card = version.card
        lock = version.environment?.lock
    }

    /// Nil when `text` is not what `text` gives.
    init?(parsing text: String) {
        guard let value = Value(json: text.utf8), let hex = value["commit"]?.string,
            let commit = try? CommitID(parsing: hex), let sources = value["artifacts"]?.object
        else { return nil }
        self.commit = commit
        artifacts = [:]
        for (path, source) in sources {
            guard let text = source.string, let parsed = try? ArtifactSource(parsing: text) else { return nil }
            artifacts[path] = parsed
        }
        card = value["card"]?.string
        lock = value["lock"]?.string
    }

    var text: String {
        var members: Members = [
            "commit": .string(commit.hex), "artifacts": .object(Members(artifacts.mapValues(\.description))),
        ]
        if let card { members["card"] = .string(card) }
        if let lock { members["lock"] = .string(lock) }
        return Value.object(members).json
    }
}

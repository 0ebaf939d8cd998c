import WaybillAPI
import WaybillCore
import WaybillPackage

/// What is packaged already of the versions that a fleet's deployments name, and how much would come onto the machine. Versions whose
/// files are all in the repository or on the machine itself pull nothing, and are left out.
struct DeployedVersions: Sendable {
    struct Item: Hashable, Sendable {
        var version: VersionID
        /// Of the manifest in the store.
        var bundle: Digest?
        var pull: PullView

        /// `churn@1.4.0 pulls 4.8 GB (3.1 GB held)`.
        var words: String {
            guard let bundle, pull.held >= pull.size else { return "\(version) \(pull.words)" }
            return "\(version) is packaged: \(bundle)"
        }
    }

    let tree: any FleetTree
    let commit: CommitID
    /// Nil when there is none to be asked: then all of it is to be pulled.
    let content: ContentStore?

    /// In the order of the versions' names.
    func items(of state: DesiredState) async throws(Failure) -> [Item] {
        let names = try await content?.names() ?? [:]
        let deployed = Set(state.deployments.values.map(\.spec.version))
        var found: [Item] = []
        for version in deployed.sorted(by: { $0.description < $1.description }) {
            guard case .modelVersion(let manifest)? = state.resources[.modelVersion(version)]?.spec else { continue }
            var isPulled = false
            for artifact in manifest.artifacts where !isPulled { isPulled = try await isRemote(artifact) }
            guard isPulled else { continue }
            let held = content?.held(manifest.artifacts) ?? Self.nothing(of: manifest.artifacts)
            found.append(
                Item(
                    version: version, bundle: names[version.description]?.digest,
                    pull: PullView(size: held.total, held: held.done)))
        }
        return found
    }

    private static func nothing(of artifacts: [Artifact]) -> (done: Int64, total: Int64) {
        let sizes = Dictionary(artifacts.map { ($0.digest, max($0.size, 0)) }, uniquingKeysWith: { first, _ in first })
        return (0, sizes.values.reduce(0) { $0.addingReportingOverflow($1).partialValue })
    }

    /// Whether its bytes are on another machine: by its source, or by a pointer of Git LFS in its place.
    private func isRemote(_ artifact: Artifact) async throws(Failure) -> Bool {
        switch artifact.source {
        case .remote(let source): return source.scheme != .gitFile
        case .file: return false
        case .repository(let path):
            guard let file = try await tree.file(path, at: commit) else { return false }
            do throws(Failure) {
                let bytes = try await tree.read([file.blob], limit: LFSPointer.limit).first ?? []
                return (try? LFSPointer(parsing: bytes)) != nil && Digest(of: bytes) != artifact.digest
            } catch {
                guard error.reason == "FileTooLarge" else { throw error }
                return false
            }
        }
    }
}

extension DeployedVersions.Item {
    /// For scripts.
    var value: Value {
        var members: Members = [
            "version": .string(version.description), "packaged": .bool(bundle != nil && pull.held >= pull.size),
            "size": .integer(pull.size), "held": .integer(pull.held),
        ]
        if let bundle { members["bundle"] = .string(bundle.description) }
        return .object(members)
    }
}

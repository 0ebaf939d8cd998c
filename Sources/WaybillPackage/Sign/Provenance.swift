import WaybillCore
package import WaybillTrust

/// How a bundle was made, as SLSA provenance v1: from which version of which model, from which sources with which digests, by what.
package struct Provenance: Hashable, Sendable {
    package static let predicateType = "https://slsa.dev/provenance/v1"
    private static let buildType = "https://waybill.dev/package/v1"
    private static let builder = "https://waybill.dev/waybill"

    let bundle: StoredBundle
    /// The `spec` of the rendered `ModelVersion` in it.
    let spec: Value
    /// Version of the Waybill that made it, when it is known.
    let build: String?
    /// When it was made; left out unless somebody says it, so that equal bundles have equal provenance.
    let finished: Timestamp?

    package var statement: Statement {
        let name = bundle.version ?? bundle.descriptor.digest.description
        var metadata: Members = [:]
        if let finished { metadata["finishedOn"] = .string(finished.description) }
        var builder: Members = ["id": .string(Self.builder)]
        if let build { builder["version"] = ["waybill": .string(build)] }
        var run: Members = ["builder": .object(builder)]
        if !metadata.isEmpty { run["metadata"] = .object(metadata) }
        var definition: Members = [
            "buildType": .string(Self.buildType), "externalParameters": ["version": .string(name)],
            "resolvedDependencies": .list(dependencies),
        ]
        if let commit = sources?.commit, !commit.isOfFolder {
            definition["internalParameters"] = ["fleetCommit": .string(commit.hex)]
        }
        return Statement(
            subjects: [Statement.Subject(name: name, digest: ["sha256": bundle.descriptor.digest.hex])],
            predicateType: Self.predicateType,
            predicate: ["buildDefinition": .object(definition), "runDetails": .object(run)])
    }

    private var sources: BundleSources? {
        bundle.descriptor.annotations[BundleSources.annotation].flatMap(BundleSources.init(parsing:))
    }

    /// Every source with its digest: files of the model, its card and lock, its code, its data.
    private var dependencies: [Value] {
        var found: [Value] = bundle.layers.compactMap { layer in
            guard layer.path != BundleContent.versionPath else { return nil }
            let source = sources?.artifacts[layer.path]
            var uri = source.map(Self.address)
            if uri == nil, layer.path.hasPrefix("\(BundleFile.ownFolder)/card/") {
                uri = sources?.card.map(Self.inFleet)
            }
            if uri == nil, layer.path.hasPrefix("\(BundleFile.ownFolder)/lock/") {
                uri = sources?.lock.map(Self.inFleet)
            }
            return Self.dependency(name: layer.path, uri: uri, digest: ["sha256": .string(layer.digest.hex)])
        }
        if let repository = spec["code"]?["repository"]?.string, let commit = spec["code"]?["commit"]?.string {
            let name = spec["code"]?["path"]?.string ?? "code"
            found.append(
                Self.dependency(name: name, uri: "git+\(repository)", digest: ["gitCommit": .string(commit)]))
        }
        for set in spec["data"]?.list ?? [] {
            guard let name = set["name"]?.string,
                let digest = set["digest"]?.string.flatMap({ try? Digest(parsing: $0) })
            else { continue }
            found.append(
                Self.dependency(name: "data:\(name)", uri: set["uri"]?.string, digest: ["sha256": .string(digest.hex)]))
        }
        return found
    }

    private static func dependency(name: String, uri: String?, digest: Value) -> Value {
        var members: Members = ["name": .string(name), "digest": digest]
        if let uri { members["uri"] = .string(uri) }
        return .object(members)
    }

    private static func address(_ source: ArtifactSource) -> String {
        switch source {
        case .repository(let path): inFleet(path)
        case .file(let path): "file://\(path)"
        case .remote(let source): source.text
        }
    }

    /// A file of the fleet repository, whose own address is not part of what is packaged.
    private static func inFleet(_ path: String) -> String { "fleet:\(path)" }
}

extension CommitID {
    /// Stands for a look at a folder, not for a commit: such ids count from 1.
    var isOfFolder: Bool { hex.utf8.prefix(24).allSatisfy { $0 == UInt8(ascii: "0") } }
}

import WaybillCore
import WaybillTrust

/// Where a blob can be had again, as it was written down when it came.
enum BlobOrigin: Hashable, Sendable {
    /// A source of a bundle that was built here.
    case artifact(Artifact, of: VersionID, at: CommitID)
    /// The folder of a version's code.
    case code(CodeSource, of: String)
    /// The registry that a bundle was pulled from: one of its blobs, or a manifest when `isManifest`.
    case registry(ImageReference, Descriptor, isManifest: Bool)
    /// A file of a Python environment.
    case wheel(ContentWheels.Wheel)
    /// Waybill wrote it, and writes it again when it is told to.
    case written(remedy: String)
}

extension ContentStore {
    /// Names the reference that a manifest was pulled by, beside its digest in the index.
    static let originAnnotation = "dev.waybill.origin"

    /// Where each of `wanted` can be had again, the likeliest first. A manifest that is rotten itself says nothing of its blobs.
    func origins(of wanted: Set<Digest>) async throws(Failure) -> [Digest: [BlobOrigin]] {
        var found: [Digest: [BlobOrigin]] = [:]
        for descriptor in try await manifests() {
            for (digest, origin) in await origins(in: descriptor) where wanted.contains(digest) {
                found[digest, default: []].append(origin)
            }
        }
        let wheels = try await work.run { (_) throws(Failure) in try allWheels() }
        for wheel in wheels {
            guard let digest = try? Digest(parsing: wheel.digest), wanted.contains(digest) else { continue }
            found[digest, default: []].append(.wheel(wheel))
        }
        return found.mapValues { all in
            // What Waybill writes is asked for only where nobody has it.
            let fetched = all.filter { if case .written = $0 { false } else { true } }
            return fetched.isEmpty ? all : fetched
        }
    }

    /// Of everything that a listed manifest names, and of itself.
    private func origins(in listed: Descriptor) async -> [(Digest, BlobOrigin)] {
        let registry = listed.annotations[Self.originAnnotation].flatMap { try? ImageReference(parsing: $0) }
        let remedy = Self.remedy(for: listed)
        func own(_ blob: Descriptor, isManifest: Bool = false) -> [(Digest, BlobOrigin)] {
            if let registry { return [(blob.digest, .registry(registry, blob, isManifest: isManifest))] }
            return remedy.map { [(blob.digest, .written(remedy: $0))] } ?? []
        }
        var origins = own(listed, isManifest: true)
        guard let bytes = try? await self.bytes(of: listed.digest),
            case .artifact(let manifest)? = try? RegistryManifest(parsing: bytes, mediaType: nil, place: "")
        else { return origins }
        let sources = listed.annotations[BundleSources.annotation].flatMap(BundleSources.init(parsing:))
        let name = manifest.annotations[ModelPack.version] ?? ""
        origins += own(manifest.config)
        for layer in manifest.layers {
            let path = layer.annotations[ModelPack.filePath] ?? layer.annotations[ModelPack.title] ?? ""
            if let sources, let source = sources.source(of: path), let version = try? VersionID(parsing: name) {
                let artifact = Artifact(path: path, source: source, digest: layer.digest, size: layer.size)
                origins.append((layer.digest, .artifact(artifact, of: version, at: sources.commit)))
            } else if registry == nil, path == CodeArchive.path, let code = manifest.code {
                // Of what was pulled the registry alone is asked: its manifest would have this machine call wherever it says.
                origins.append((layer.digest, .code(code, of: name)))
            }
            origins += own(layer)
        }
        return origins
    }

    /// The command that writes again what Waybill itself put there.
    private static func remedy(for listed: Descriptor) -> String? {
        if let name = listed.annotations[ImageIndex.nameAnnotation], (try? VersionID(parsing: name)) != nil {
            return
                "Waybill wrote it; 'waybill package build \(name)' in a clone of the fleet repository writes it again"
        }
        guard let subject = listed.annotations[subjectAnnotation], let type = listed.artifactType else { return nil }
        let command = SignatureForm.types.contains(type) ? "sign" : "attest"
        return "it says something about \(subject); 'waybill package \(command) \(subject)' says it anew"
    }

    private func allWheels() throws(Failure) -> [ContentWheels.Wheel] {
        do throws(SystemError) {
            return try entries(of: layout.wheels).flatMap { ContentWheels.list(layout, $0) ?? [] }
        } catch { throw .disk(error) }
    }
}

extension ArtifactManifest {
    /// The code that a bundle of Waybill names.
    fileprivate var code: CodeSource? {
        guard let repository = annotations[ModelPack.codeRepository],
            let commit = annotations[ModelPack.codeCommit].flatMap({ try? CommitID(parsing: $0) })
        else { return nil }
        return CodeSource(repository: repository, commit: commit, path: annotations[ModelPack.codePath])
    }
}

extension BundleSources {
    /// Where the file at `path` of the bundle came from; nil for what Waybill itself wrote.
    fileprivate func source(of path: String) -> ArtifactSource? {
        if let source = artifacts[path] { return source }
        let own = [card.map { ("card", $0) }, lock.map { ("lock", $0) }].compactMap { $0 }
        return own.first { BundleContent.own($0.0, $0.1) == path }.map { .repository(path: $0.1) }
    }
}

import WaybillCore

/// One file of a bundle: where it stands in it, what it is, and its bytes by digest.
struct BundleFile: Hashable, Sendable {
    /// Below this folder stand the files that are no artifacts; no artifact may.
    static let ownFolder = ".waybill"

    var path: String
    var layer: ModelPack.Layer
    var digest: Digest
    var size: Int64

    /// The layer as a manifest names it. Mode, owner and time are always the same: no host shows in a bundle.
    var descriptor: Descriptor {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let isFolder = layer == .codeFolder
        let metadata: Value = [
            "name": .string(name), "mode": isFolder ? 0o755 : 0o644, "uid": 0, "gid": 0,
            "size": .integer(isFolder ? 0 : size), "mtime": "1970-01-01T00:00:00Z", "typeflag": isFolder ? 5 : 0,
        ]
        return Descriptor(
            mediaType: layer.mediaType, digest: digest, size: size,
            annotations: [
                ModelPack.filePath: path, ModelPack.title: isFolder ? "\(path).tar" : path,
                ModelPack.fileMetadata: metadata.json,
                ModelPack.untested: "true",
            ])
    }
}

/// A model version as a bundle says it: a pure function of the manifest and of the digests of its files. Nothing of it tells who
/// packaged it, when, where, from which commit of the fleet, or by which build of Waybill; nor where the bytes came from, since the same
/// bytes from two places are one bundle.
struct BundleContent: Hashable, Sendable {
    let version: ModelVersion
    /// The bytes of the environment's lock, when the version has one.
    let lock: Content?
    /// Those of the model card.
    let card: Content?
    /// The folder of its code.
    var code: CodeArchive?

    /// The rendered `ModelVersion`: canonical JSON and a line's end.
    var versionBytes: [UInt8] {
        var spec = version.value.object ?? [:]
        spec["artifacts"] = .list(
            version.artifacts.sorted { Self.precedes($0.path, $1.path) }.map {
                ["path": .string($0.path), "digest": .string($0.digest.description), "size": .integer($0.size)]
            })
        if !version.data.isEmpty {
            let ordered = version.data.sorted { Self.precedes($0.name.text, $1.name.text) }
            spec["data"] = .list(ordered.map(\.value))
        }
        if let environment = version.environment, let lock {
            spec["environment"] = [
                "python": .string(environment.python), "lock": .string(Self.own("lock", environment.lock)),
                "lockDigest": .string(lock.digest.description),
            ]
        }
        if let path = version.card, let card {
            spec["card"] = .string(Self.own("card", path))
            spec["cardDigest"] = .string(card.digest.description)
        }
        let document: Value = [
            "apiVersion": .string(KindSchema.apiVersion), "kind": .string(Kind.modelVersion.rawValue),
            "spec": .object(spec),
        ]
        return document.jsonBytes + [UInt8(ascii: "\n")]
    }

    /// Artifacts by path, then what Waybill adds.
    var files: [BundleFile] {
        var files = version.artifacts.sorted { Self.precedes($0.path, $1.path) }.map {
            BundleFile(path: $0.path, layer: .of(path: $0.path), digest: $0.digest, size: $0.size)
        }
        if let path = version.card, let card {
            files.append(
                BundleFile(path: Self.own("card", path), layer: .doc, digest: card.digest, size: card.size))
        }
        if let environment = version.environment, let lock {
            files.append(
                BundleFile(
                    path: Self.own("lock", environment.lock), layer: .code, digest: lock.digest, size: lock.size))
        }
        if let code {
            files.append(
                BundleFile(
                    path: CodeArchive.path, layer: .codeFolder, digest: code.content.digest, size: code.content.size))
        }
        let own = versionBytes
        files.append(
            BundleFile(
                path: Self.versionPath, layer: .doc, digest: Digest(of: own), size: Int64(own.count)))
        return files
    }

    static let versionPath = "\(BundleFile.ownFolder)/modelversion.json"

    /// The ModelPack config: closed, so only what its schema has.
    var configBytes: [UInt8] {
        var descriptor: Members = [
            "name": .string(version.id.model.text), "version": .string(version.id.version.description),
        ]
        if let license = version.license { descriptor["licenses"] = [.string(license)] }
        if let code = version.code {
            descriptor["sourceURL"] = .string(code.repository)
            descriptor["revision"] = .string(code.commit.hex)
        }
        let places = version.data.compactMap(\.uri).sorted(by: Self.precedes)
        if !places.isEmpty { descriptor["datasetsURL"] = .list(places.map { .string($0) }) }
        let config: Value = [
            "descriptor": .object(descriptor), "config": ["format": .string(version.format)],
            "modelfs": ["type": "layers", "diffIds": .list(files.map { .string($0.digest.description) })],
        ]
        return config.jsonBytes
    }

    /// The manifest, whose digest is the bundle's.
    var manifestBytes: [UInt8] {
        let config = configBytes
        let manifest: Value = [
            "schemaVersion": 2, "mediaType": .string(ModelPack.manifestType),
            "artifactType": .string(ModelPack.artifactType),
            "config": Descriptor(
                mediaType: ModelPack.configType, digest: Digest(of: config), size: Int64(config.count)
            ).value,
            "layers": .list(files.map(\.descriptor.value)),
            "annotations": .object(Members(annotations)),
        ]
        return manifest.jsonBytes
    }

    private var annotations: [String: String] {
        var annotations = [ModelPack.version: version.id.description]
        if let code = version.code {
            annotations[ModelPack.codeRepository] = code.repository
            annotations[ModelPack.codeCommit] = code.commit.hex
            if let path = code.path { annotations[ModelPack.codePath] = path }
        }
        if let code { annotations[ModelPack.codeTree] = code.tree }
        for set in version.data { annotations[ModelPack.data + set.name.text] = set.digest.description }
        return annotations
    }

    static func own(_ folder: String, _ path: String) -> String {
        "\(BundleFile.ownFolder)/\(folder)/\(path.split(separator: "/").last.map(String.init) ?? path)"
    }

    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}

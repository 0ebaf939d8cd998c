import WaybillCore
import WaybillTrust

/// A manifest or an index of a registry, read within bounds from bytes that were compared with their digest before.
enum RegistryManifest: Hashable, Sendable {
    /// One artifact: a config and layers.
    case artifact(ArtifactManifest)
    /// A list of manifests.
    case index([Descriptor])

    /// Bytes past which a manifest is refused, before it is read.
    static let limit = 4 << 20
    /// Layers, or manifests of an index, past which it is refused.
    static let itemLimit = 10_000

    static let indexTypes = [
        ImageIndex.mediaType, "application/vnd.docker.distribution.manifest.list.v2+json",
    ]
    static let artifactTypes = [ModelPack.manifestType, "application/vnd.docker.distribution.manifest.v2+json"]

    /// - Throws: `ManifestUnsound`, stalling; `place` says which manifest it is.
    init(parsing bytes: [UInt8], mediaType: String?, place: String) throws(Failure) {
        func unsound(_ what: String) -> Failure {
            Failure(.stall, reason: "ManifestUnsound", message: "\(place): \(what)")
        }
        guard let value = Value(json: bytes) else { throw unsound("its manifest is no JSON") }
        guard value["schemaVersion"]?.integer == 2 else {
            throw unsound(
                "its manifest is of schema version 1, which names no digests; push it again with a newer tool")
        }
        let type = value["mediaType"]?.string ?? mediaType ?? ""
        if let mediaType, let own = value["mediaType"]?.string, own != mediaType {
            throw unsound(
                "the registry says that its manifest is \(mediaType.quotedForMessage), and the manifest says "
                    + own.quotedForMessage)
        }
        let isIndex = Self.indexTypes.contains(type) || (type.isEmpty && value["manifests"] != nil)
        guard isIndex || type.isEmpty || Self.artifactTypes.contains(type) else {
            throw unsound("its manifest is of the unknown type \(type.quotedForMessage)")
        }
        guard let items = value[isIndex ? "manifests" : "layers"]?.list, items.count <= Self.itemLimit else {
            throw unsound(
                "its manifest has no list of \(isIndex ? "manifests" : "layers"), or more than \(Self.itemLimit)")
        }
        let descriptors = items.compactMap(Descriptor.init)
        guard descriptors.count == items.count else {
            throw unsound("an item of its manifest has no media type, digest (SHA-256) or size")
        }
        if isIndex {
            self = .index(descriptors)
            return
        }
        guard let config = value["config"].flatMap(Descriptor.init) else { throw unsound("its manifest has no config") }
        self = .artifact(
            ArtifactManifest(
                artifactType: value["artifactType"]?.string, config: config, layers: descriptors,
                subject: value["subject"].flatMap(Descriptor.init),
                annotations: (value["annotations"]?.object ?? [:]).compactMapValues(\.string)))
    }
}

/// A manifest with a config and layers.
struct ArtifactManifest: Hashable, Sendable {
    var artifactType: String?
    var config: Descriptor
    var layers: [Descriptor]
    /// What it says something about, when it is a referrer.
    var subject: Descriptor?
    var annotations: [String: String]

    /// Config and layers, each digest once, in order.
    var blobs: [Descriptor] {
        var seen: Set<Digest> = []
        return ([config] + layers).filter { seen.insert($0.digest).inserted }
    }

    /// How a referrer is listed (OCI distribution 1.1): its own type, or else that of its config.
    func listed(mediaType: String, digest: Digest, size: Int64) -> Descriptor {
        Descriptor(
            mediaType: mediaType, artifactType: artifactType ?? config.mediaType, digest: digest, size: size,
            annotations: annotations)
    }
}

import Synchronization
import WaybillCore

/// Where the files of an artifact are, told by its manifest.
struct ArtifactFiles {
    enum Place: Hashable {
        /// The file is this layer.
        case layer(Descriptor)
        /// The file is in one of these tars, to be looked through in this order.
        case inside([Descriptor], path: String)
    }

    private static let imageConfigs = [
        "application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json",
    ]

    private let manifest: ArtifactManifest
    private let address: OCIAddress

    init(_ manifest: ArtifactManifest, _ address: OCIAddress) {
        self.manifest = manifest
        self.address = address
    }

    /// - Throws: `SourceNotFound`, stalling, with what is there.
    func find() throws(Failure) -> Place {
        // What Waybill adds to a bundle, its code among it, is no file of the model.
        let files = manifest.layers.filter { !(Self.path($0) ?? "").hasPrefix("\(BundleFile.ownFolder)/") }
        let tars = files.filter { LayerSearch.isTar($0.mediaType) }
        guard let path = address.path else {
            if files.count == 1, tars.isEmpty { return .layer(files[0]) }
            throw Failure(
                .stall, reason: "SourceNotFound",
                message:
                    "\(address) has \(tars.isEmpty ? "\(files.count) files" : "files in archives"); name the one that is "
                    + "meant after a '#'\(listing)")
        }
        if let layer = manifest.layers.first(where: { Self.path($0) == path }) {
            return LayerSearch.isTar(layer.mediaType) ? .inside([layer], path: path) : .layer(layer)
        }
        guard !tars.isEmpty else { throw missing(path) }
        // Of an image the last layer that has it counts.
        return .inside(Self.imageConfigs.contains(manifest.config.mediaType) ? tars.reversed() : tars, path: path)
    }

    func missing(_ path: String) -> Failure {
        Failure(
            .stall, reason: "SourceNotFound", message: "\(address): it has no file \(path.quotedForMessage)\(listing)")
    }

    private var listing: String {
        let paths = manifest.layers.compactMap(Self.path).prefix(8)
        return paths.isEmpty ? "" : "; it has \(paths.map(\.quotedForMessage).joined(separator: ", "))"
    }

    private static func path(_ layer: Descriptor) -> String? {
        layer.annotations[ModelPack.filePath] ?? layer.annotations[ModelPack.title]
    }
}

/// The manifests that were read last: the files of a version come from one of them, mostly.
final class ManifestMemory: Sendable {
    private static let limit = 16

    private let kept = Mutex<[(reference: ImageReference, manifest: ArtifactManifest)]>([])

    func manifest(_ reference: ImageReference) -> ArtifactManifest? {
        kept.withLock { $0.first { $0.reference == reference }?.manifest }
    }

    func keep(_ manifest: ArtifactManifest, of reference: ImageReference) {
        kept.withLock { kept in
            kept.removeAll { $0.reference == reference }
            kept.append((reference, manifest))
            if kept.count > Self.limit { kept.removeFirst() }
        }
    }
}

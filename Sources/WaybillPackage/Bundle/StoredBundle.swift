package import WaybillCore
import WaybillTrust

/// A bundle read back from a store: its manifest and config, within bounds and checked for what Waybill relies on.
package struct StoredBundle: Hashable, Sendable {
    package struct Layer: Hashable, Sendable {
        package var path: String
        package var mediaType: String
        package var digest: Digest
        package var size: Int64
    }

    package var descriptor: Descriptor
    package var config: Descriptor
    package var layers: [Layer]
    package var annotations: [String: String]
    /// The config's three objects.
    package var configValue: Value

    /// `churn@1.4.0`, if Waybill made it.
    package var version: String? { annotations[ModelPack.version] }
    package var size: Int64 { layers.reduce(0) { $0 &+ $1.size } }

    /// Digests of datasets by their names.
    package var data: [String: String] {
        let named = annotations.compactMap { key, value in
            key.hasPrefix(ModelPack.data) ? (String(key.dropFirst(ModelPack.data.count)), value) : nil
        }
        return Dictionary(named, uniquingKeysWith: { first, _ in first })
    }

    /// Every blob that the bundle needs.
    package var blobs: Set<Digest> { Set(layers.map(\.digest) + [config.digest, descriptor.digest]) }
}

extension ContentStore {
    /// Most layers of a bundle that is read.
    private static let layerLimit = 10_000

    /// Reads the bundle that `reference` names.
    /// - Throws: `BundleMissing` or `BundleDamaged`, stalling.
    package func bundle(_ reference: String) async throws(Failure) -> StoredBundle {
        try await bundle(try await manifest(reference))
    }

    func bundle(_ descriptor: Descriptor) async throws(Failure) -> StoredBundle {
        let name = descriptor.annotations[ImageIndex.nameAnnotation] ?? descriptor.digest.description
        func damaged(_ what: String) -> Failure {
            Failure(
                .stall, reason: "BundleDamaged",
                message: "\(name) in \(layout.image): \(what); run 'waybill package verify', then build it again")
        }
        guard let bytes = try await bytes(of: descriptor.digest) else {
            throw damaged("its manifest is missing or rotten")
        }
        guard let value = Value(json: bytes), value["schemaVersion"]?.integer == 2, let items = value["layers"]?.list,
            items.count <= Self.layerLimit, let config = value["config"].flatMap(Descriptor.init)
        else { throw damaged("its manifest is none of OCI") }
        let layers = items.compactMap(Descriptor.init)
        guard layers.count == items.count else { throw damaged("its manifest is none of OCI") }
        guard let configBytes = try await self.bytes(of: config.digest) else {
            throw damaged("its config is missing or rotten")
        }
        return StoredBundle(
            descriptor: descriptor, config: config,
            layers: layers.map {
                StoredBundle.Layer(
                    path: $0.annotations[ModelPack.filePath] ?? $0.annotations[ModelPack.title] ?? $0.digest.short,
                    mediaType: $0.mediaType, digest: $0.digest, size: $0.size)
            },
            annotations: (value["annotations"]?.object ?? [:]).compactMapValues(\.string),
            configValue: Value(json: configBytes) ?? .null)
    }
}

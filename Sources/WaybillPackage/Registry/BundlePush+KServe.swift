package import WaybillCore

extension BundlePush {
    package struct KServeReport: Hashable, Sendable {
        package var reference: ImageReference
        package var digest: Digest
        package var bundle: Digest
        package var layer: Digest
        /// Bytes of the layer.
        package var size: Int64
        /// False when the registry had the layer.
        package var wasSent: Bool
    }

    /// Pushes an image that KServe mounts, made of a bundle: its files below `models/` in one layer, which is made while it is sent, twice the
    /// same for equal bundles. Nothing of it is kept here. Safe to repeat.
    package func pushKServe(
        _ name: String, to reference: ImageReference, gzip: Bool,
        progress: @escaping @Sendable (Int64, Int64) -> Void = { _, _ in }
    ) async throws(Failure) -> KServeReport {
        try content.layout.make()
        let use = try await content.use()
        defer { withExtendedLifetime(use) {} }
        let bundle = try await content.bundle(name)
        for layer in bundle.layers {
            _ = try await content.sound(
                Descriptor(mediaType: layer.mediaType, digest: layer.digest, size: layer.size))
        }
        let layer = try await KServeContent(try KServeLayer(bundle), isPacked: gzip, store: content)
        let image = KServeImage(layer: layer, bundle: bundle)
        let target = try Self.kserveTarget(reference, bundle)
        let (place, sessions) = (try client.place(target), UploadSessions(content.layout))
        let sent = try await client.upload(layer, to: place, mounting: nil, sessions: sessions) {
            progress($0, layer.size)
        }
        _ = try await client.upload(
            MemoryContent(image.config), to: place, mounting: nil, sessions: sessions, progress: { _ in })
        _ = try await client.put(image.manifest, type: ModelPack.manifestType, as: target)
        var named = target
        named.digest = Digest(of: image.manifest)
        return KServeReport(
            reference: named, digest: Digest(of: image.manifest), bundle: bundle.descriptor.digest, layer: layer.digest,
            size: layer.size, wasSent: sent == .sent)
    }

    private static func kserveTarget(_ reference: ImageReference, _ bundle: StoredBundle) throws(Failure)
        -> ImageReference
    {
        guard reference.digest == nil else {
            throw Failure(
                .stall, reason: "ReferenceInvalid",
                message: "\(reference) names a digest, which an image that is yet to be made has not; name a tag")
        }
        guard reference.tag == nil else { return reference }
        var target = try target(reference, bundle)
        target.tag = target.tag.map { "\($0)-kserve" }
        return target
    }
}

/// The small parts of an image for KServe: a function of the bundle, the layer's form and nothing else.
struct KServeImage {
    static let configType = "application/vnd.oci.image.config.v1+json"
    static let layerType = "application/vnd.oci.image.layer.v1.tar"
    /// The bundle that it was made of.
    static let bundle = "dev.waybill.bundle"

    let config: [UInt8]
    let manifest: [UInt8]

    init(layer: KServeContent, bundle: StoredBundle) {
        let config: Value = [
            "architecture": "amd64", "os": "linux", "config": [:],
            "rootfs": ["type": "layers", "diff_ids": [.string(layer.diffID.description)]],
        ]
        self.config = config.jsonBytes
        var annotations = [Self.bundle: bundle.descriptor.digest.description]
        if let version = bundle.version { annotations[ModelPack.version] = version }
        let manifest: Value = [
            "schemaVersion": 2, "mediaType": .string(ModelPack.manifestType),
            "config": Descriptor(
                mediaType: Self.configType, digest: Digest(of: self.config), size: Int64(self.config.count)
            ).value,
            "layers": [
                Descriptor(
                    mediaType: layer.isPacked ? "\(Self.layerType)+gzip" : Self.layerType, digest: layer.digest,
                    size: layer.size
                ).value
            ], "annotations": .object(annotations.mapValues { .string($0) }),
        ]
        self.manifest = manifest.jsonBytes
    }
}

/// Bytes in memory.
struct MemoryContent: UploadContent {
    let bytes: [UInt8]
    let digest: Digest
    var size: Int64 { Int64(bytes.count) }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        digest = Digest(of: bytes)
    }

    func body(from start: Int64, upTo end: Int64) -> HTTPCall.Body {
        end > start ? .bytes(Array(bytes[Int(start)..<Int(end)])) : .none
    }
}

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

    /// What came of writing an image to a folder.
    package struct KServeFolderReport: Hashable, Sendable {
        package var folder: ImageFolder
        package var tag: String
        package var digest: Digest
        package var bundle: Digest
        package var layer: Digest
        /// Bytes of the layer.
        package var size: Int64
        /// False when the folder had the layer.
        package var wasWritten: Bool
    }

    /// Pushes an image that KServe mounts, made of a bundle: its files below `models/` in one layer, which is made while it is sent, twice the
    /// same for equal bundles. Nothing of it is kept here. Safe to repeat.
    package func pushKServe(
        _ name: String, to reference: ImageReference, gzip: Bool,
        progress: @escaping @Sendable (Int64, Int64) -> Void = { _, _ in }
    ) async throws(Failure) -> KServeReport {
        let use = try await beginUse()
        defer { withExtendedLifetime(use) {} }
        let (bundle, layer) = try await kserve(name, gzip: gzip)
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

    /// Writes the same image to a folder of its own, as an OCI image layout that umoci and skopeo read. Safe to repeat; other images of the
    /// layout stay.
    package func writeKServe(
        _ name: String, to folder: ImageFolder, gzip: Bool,
        progress: @escaping @Sendable (Int64, Int64) -> Void = { _, _ in }
    ) async throws(Failure) -> KServeFolderReport {
        let use = try await beginUse()
        defer { withExtendedLifetime(use) {} }
        try folder.refuse(below: content.layout.root)
        let (bundle, layer) = try await kserve(name, gzip: gzip)
        let image = KServeImage(layer: layer, bundle: bundle)
        let unnamed = ImageReference(registry: "localhost", repository: "image", tag: folder.tag)
        guard let tag = try Self.kserveTarget(unnamed, bundle).tag else {
            throw Failure(.stall, reason: "ReferenceInvalid", message: "\(folder) has no tag; write oci:FOLDER:TAG")
        }
        try folder.make()
        try DiskSpace(path: folder.path).require(layer.size)
        let isNew = try await folder.put(layer) { progress($0, layer.size) }
        _ = try await folder.put(MemoryContent(image.config))
        let manifest = MemoryContent(image.manifest)
        _ = try await folder.put(manifest)
        try folder.name(
            Descriptor(mediaType: ModelPack.manifestType, digest: manifest.digest, size: manifest.size), tag)
        return KServeFolderReport(
            folder: folder, tag: tag, digest: manifest.digest, bundle: bundle.descriptor.digest, layer: layer.digest,
            size: layer.size, wasWritten: isNew)
    }

    private func beginUse() async throws(Failure) -> FileLock {
        try content.layout.make()
        return try await content.use()
    }

    /// The bundle, every layer of it sound, and the layer of the image.
    private func kserve(_ name: String, gzip: Bool) async throws(Failure) -> (StoredBundle, KServeContent) {
        let bundle = try await content.bundle(name)
        for layer in bundle.layers {
            _ = try await content.sound(
                Descriptor(mediaType: layer.mediaType, digest: layer.digest, size: layer.size))
        }
        return (bundle, try await KServeContent(try KServeLayer(bundle), isPacked: gzip, store: content))
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
            ], "annotations": .object(Members(annotations)),
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

package import WaybillCore
import WaybillTrust

/// Something that was said about a bundle and stands beside it: a manifest whose subject is the bundle's, with one blob.
package struct Referrer: Hashable, Sendable {
    /// Its own manifest.
    package var descriptor: Descriptor
    package var artifactType: String
    package var subject: Digest
    package var layer: Descriptor
    package var annotations: [String: String]

    /// Every blob that it needs.
    package var blobs: Set<Digest> { [descriptor.digest, layer.digest, EmptyConfig.digest] }
}

/// The config of a manifest that has none, as OCI writes it.
enum EmptyConfig {
    static let bytes = Array("{}".utf8)
    static let digest = Digest(of: bytes)
    static let descriptor = Descriptor(
        mediaType: "application/vnd.oci.empty.v1+json", digest: digest, size: Int64(bytes.count))
}

extension ContentStore {
    /// Names the subject of a referrer beside its manifest in the index, to find it without reading all.
    static let subjectAnnotation = "dev.waybill.subject"
    /// Most referrers of one bundle that are read.
    private static let referrerLimit = 1000

    /// Puts `bytes` beside the bundle that `subject` names. Equal bytes are there once, however often they are attached.
    ///
    /// The manifest stands in `index.json` without a name, where tools that know referrers look for it.
    @discardableResult
    package func attach(
        _ bytes: [UInt8], mediaType: String, artifactType: String, annotations: [String: String] = [:],
        to subject: Descriptor
    ) async throws(Failure) -> Referrer {
        try layout.make()
        let use = try await use()
        defer { withExtendedLifetime(use) {} }
        let layer = Descriptor(mediaType: mediaType, digest: try await put(bytes), size: Int64(bytes.count))
        try await put(EmptyConfig.bytes)
        let named = Descriptor(
            mediaType: subject.mediaType, artifactType: subject.artifactType, digest: subject.digest,
            size: subject.size)
        var manifest: Members = [
            "schemaVersion": 2, "mediaType": .string(ModelPack.manifestType), "artifactType": .string(artifactType),
            "config": EmptyConfig.descriptor.value, "layers": [layer.value], "subject": named.value,
        ]
        if !annotations.isEmpty { manifest["annotations"] = .object(Members(annotations)) }
        let manifestBytes = Value.object(manifest).jsonBytes
        let descriptor = Descriptor(
            mediaType: ModelPack.manifestType, artifactType: artifactType, digest: try await put(manifestBytes),
            size: Int64(manifestBytes.count),
            annotations: annotations.merging([Self.subjectAnnotation: subject.digest.description]) { _, own in own })
        try await work.run { (_) throws(Failure) in
            try changeIndex { $0.put(referrer: descriptor) }
        }
        return Referrer(
            descriptor: descriptor, artifactType: artifactType, subject: subject.digest, layer: layer,
            annotations: annotations)
    }

    /// What stands beside the bundle, oldest first. A referrer that cannot be read is passed over: it says nothing.
    package func attachments(of subject: Digest) async throws(Failure) -> [Referrer] {
        try await attachments { $0 == nil || $0 == subject.description }[subject] ?? []
    }

    /// What stands beside anything, by what it is beside; `isWanted` is told what the index says of the subject, if it does.
    func attachments(where isWanted: (String?) -> Bool = { _ in true }) async throws(Failure) -> [Digest: [Referrer]] {
        var found: [Digest: [Referrer]] = [:]
        for descriptor in try await manifests() where descriptor.annotations[ImageIndex.nameAnnotation] == nil {
            guard isWanted(descriptor.annotations[Self.subjectAnnotation]),
                let referrer = try await referrer(descriptor), found[referrer.subject]?.count ?? 0 < Self.referrerLimit
            else { continue }
            found[referrer.subject, default: []].append(referrer)
        }
        return found
    }

    /// Nil for a manifest that is none of a referrer with one blob, or is not here.
    func referrer(_ descriptor: Descriptor) async throws(Failure) -> Referrer? {
        guard let bytes = try await bytes(of: descriptor.digest), let value = Value(json: bytes),
            let subject = value["subject"].flatMap(Descriptor.init), let layers = value["layers"]?.list,
            layers.count == 1, let layer = layers.first.flatMap(Descriptor.init)
        else { return nil }
        let type = value["artifactType"]?.string ?? value["config"]?["mediaType"]?.string ?? layer.mediaType
        return Referrer(
            descriptor: descriptor, artifactType: type, subject: subject.digest, layer: layer,
            annotations: (value["annotations"]?.object ?? [:]).compactMapValues(\.string))
    }
}

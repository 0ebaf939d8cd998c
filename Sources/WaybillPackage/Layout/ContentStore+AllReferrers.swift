import WaybillCore

extension ImageIndex {
    /// Lists a manifest that refers to another by its `subject`. It has no name; the same one is listed once.
    mutating func put(referrer descriptor: Descriptor) {
        guard !manifests.contains(where: { $0.digest == descriptor.digest }) else { return }
        manifests.append(descriptor)
    }
}

extension ContentStore {
    /// The manifests here whose subject is `digest`, and those that refer to them, in the index's order.
    func allReferrers(of digest: Digest) async throws(Failure) -> [Descriptor] {
        try await allReferrers(of: [digest]).map(\.descriptor)
    }

    /// The same for several, with everything that each of them needs.
    func allReferrers(of digests: Set<Digest>) async throws(Failure) -> [(descriptor: Descriptor, blobs: Set<Digest>)] {
        var subjects = digests
        var found: [(descriptor: Descriptor, blobs: Set<Digest>)] = []
        for descriptor in try await manifests() where descriptor.mediaType == ModelPack.manifestType {
            guard !subjects.contains(descriptor.digest),
                let bytes = try? await bytes(of: descriptor.digest),
                case .artifact(let manifest)? = try? RegistryManifest(parsing: bytes, mediaType: nil, place: ""),
                let subject = manifest.subject, subjects.contains(subject.digest)
            else { continue }
            subjects.insert(descriptor.digest)
            found.append((descriptor, Set(manifest.blobs.map(\.digest) + [descriptor.digest])))
        }
        return found
    }
}

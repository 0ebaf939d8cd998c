package import WaybillCore

/// Reads files of artifacts in OCI registries: ModelPack artifacts, ModelKits, and plain images.
///
/// The manifest is compared with the digest of the address. A file that is a layer of its own is fetched as it is, and goes on where it was
/// cut; one inside a tar is looked for while the layer streams by, again from the layer's beginning after a cut.
package struct OCISource: SourceReader {
    private let client: RegistryClient
    private let manifests = ManifestMemory()

    package init(_ client: RegistryClient) { self.client = client }

    package func read(
        _ source: RemoteSource, from offset: Int64, size: Int64,
        into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) {
        let address = try Self.address(source)
        let files = ArtifactFiles(try await manifest(address), address)
        switch try files.find() {
        case .layer(let layer):
            guard layer.size == size else {
                throw .otherSize("\(address)", announced: layer.size, expected: size)
            }
            try await client.blob(layer, in: try client.place(address.reference), from: offset, into: sink)
        case .inside(let layers, let path):
            try await search(layers, for: path, size, offset, address, files, sink)
        }
    }

    private func search(
        _ layers: [Descriptor], for path: String, _ size: Int64?, _ offset: Int64, _ address: OCIAddress,
        _ files: ArtifactFiles, _ sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) {
        let place = try client.place(address.reference)
        for layer in layers {
            switch try await search(layer, for: path, size, offset, place, address, sink) {
            case .found: return
            case .hidden: throw files.missing(path)
            case .absent: continue
            }
        }
        throw files.missing(path)
    }

    private func search(
        _ layer: Descriptor, for path: String, _ size: Int64?, _ offset: Int64, _ place: RegistryPlace,
        _ address: OCIAddress, _ sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) -> LayerSearch.Outcome {
        let search = try LayerSearch(layer, for: path, size: size, skip: offset, place: "\(address)")
        do throws(Failure) {
            try await client.blob(layer, in: place, from: 0) { (bytes) throws(Failure) in
                try search.take(bytes, sink)
            }
        } catch {
            guard error == LayerSearch.enough else { throw error }
        }
        return try search.finish()
    }

    private func manifest(_ address: OCIAddress) async throws(Failure) -> ArtifactManifest {
        if let known = manifests.manifest(address.reference) { return known }
        let found = try await client.manifest(address.reference)
        let manifest = try await client.single(found, of: address.reference).manifest
        if !address.isMutable { manifests.keep(manifest, of: address.reference) }
        return manifest
    }
}

extension OCISource: NameResolver, SourceMeasure {
    /// With the digest of what its tag names now.
    package func pinned(_ text: String) async throws(Failure) -> String? {
        let address: OCIAddress
        do throws(InvalidInput) { address = try OCIAddress(parsing: text) } catch {
            throw Failure(.stall, reason: "SourceInvalid", message: error.message)
        }
        return address.isMutable ? try await client.pinned(address).description : nil
    }

    /// Told by the manifest, without a transfer, when the file is a layer of its own.
    package func measure(_ source: RemoteSource) async throws(Failure) -> (digest: Digest, size: Int64) {
        let address: OCIAddress
        do throws(InvalidInput) { address = try OCIAddress(parsing: source.text) } catch {
            throw Failure(.stall, reason: "SourceInvalid", message: error.message)
        }
        let files = ArtifactFiles(try await manifest(address), address)
        switch try files.find() {
        case .layer(let layer): return (layer.digest, layer.size)
        case .inside(let layers, let path):
            let hash = RunningHash()
            try await search(layers, for: path, nil, 0, address, files) { (bytes) throws(Failure) in hash.add(bytes) }
            return hash.measure
        }
    }

    private static func address(_ source: RemoteSource) throws(Failure) -> OCIAddress {
        do throws(InvalidInput) {
            let address = try OCIAddress(parsing: source.text)
            try address.requireDigest()
            return address
        } catch { throw Failure(.stall, reason: "SourceUnreadable", message: error.message) }
    }
}

extension RegistryClient {
    /// The address with the digest of what its tag names now, for `waybill pin`.
    package func pinned(_ address: OCIAddress) async throws(Failure) -> OCIAddress {
        address.pinned(to: try await digest(of: address.reference))
    }
}

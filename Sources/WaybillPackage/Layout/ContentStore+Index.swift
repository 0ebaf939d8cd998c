package import WaybillCore

extension ContentStore {
    /// The manifests that have a name here, oldest first; none when nothing was ever packaged.
    package func manifests() async throws(Failure) -> [Descriptor] {
        try await work.run { (_) throws(Failure) in try readIndex().manifests }
    }

    /// The manifests by their names.
    package func names() async throws(Failure) -> [String: Descriptor] {
        let named = try await manifests().compactMap { manifest in
            manifest.annotations[ImageIndex.nameAnnotation].map { ($0, manifest) }
        }
        return Dictionary(named, uniquingKeysWith: { _, last in last })
    }

    /// The manifest that `reference` means: a name such as `churn@1.4.0`, or a digest or at least 8 hex digits of it.
    /// - Throws: `BundleMissing`, stalling, with what is here.
    package func manifest(_ reference: String) async throws(Failure) -> Descriptor {
        let index = try await work.run { (_) throws(Failure) in try readIndex() }
        if let named = index.named(reference) { return named }
        let hex = reference.hasPrefix("sha256:") ? String(reference.dropFirst(7)) : reference
        let found = Set(index.manifests.filter { hex.utf8.count >= 8 && $0.digest.hex.hasPrefix(hex) }.map(\.digest))
        if found.count == 1, let one = index.manifests.last(where: { found.contains($0.digest) }) { return one }
        let names = index.manifests.compactMap { $0.annotations[ImageIndex.nameAnnotation] }
        let here =
            names.isEmpty ? "nothing is packaged there yet" : "there are \(names.suffix(8).joined(separator: ", "))"
        throw Failure(
            .stall, reason: "BundleMissing",
            message: "\(reference.quotedForMessage) names no bundle in \(layout.image): \(here)")
    }

    func readIndex() throws(Failure) -> ImageIndex {
        guard let bytes = try DurableFile.read(layout.index, limit: ImageIndex.limit) else { return ImageIndex() }
        return try ImageIndex(parsing: bytes, path: layout.index)
    }

    /// Whether the ledger knows that `name` is the bundle `manifest`.
    func isNoted(_ manifest: Digest, as name: String) async throws(Failure) -> Bool {
        try await work.run { [layout] (_) throws(Failure) in
            try DurableFile.read(layout.bundled(name), limit: 4096) == Array(manifest.description.utf8)
        }
    }

    /// The ledger knows of it from now on. Where that cannot be written down, it is told once more another time.
    func markNoted(_ manifest: Digest, as name: String) async throws(Failure) {
        try await work.run { [layout] (_) throws(Failure) in
            do throws(SystemError) {
                try DurableFile.replace(
                    layout.bundled(name), with: Array(manifest.description.utf8), mode: 0o600, scratch: layout.partial)
            } catch { throw .disk(error) }
        }
    }

    /// Changes the index as one step, whoever else wants to.
    /// - Throws: what `change` throws; `StoreFull`, stalling, for an index that could not be read again.
    func changeIndex(_ change: (inout ImageIndex) throws(Failure) -> Void) throws(Failure) {
        do {
            let lock = try FileLock.hold(layout.indexLock)
            defer { withExtendedLifetime(lock) {} }
            let before = try readIndex()
            var after = before
            try change(&after)
            if after == before { return }
            let bytes = after.bytes
            guard bytes.count <= ImageIndex.limit else {
                throw Failure(
                    .stall, reason: "StoreFull",
                    message:
                        "\(layout.index) would have more than \(ImageIndex.limit >> 20) MiB; 'waybill package collect' removes "
                        + "what nothing needs")
            }
            try DurableFile.replace(layout.index, with: bytes, mode: 0o644, scratch: layout.partial)
        } catch let error as SystemError {
            throw .disk(error)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.retry, reason: "StoreUnavailable", message: "\(error)")
        }
    }
}

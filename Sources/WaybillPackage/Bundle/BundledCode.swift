package import WaybillCore

extension StoredBundle {
    /// Of the lock that the version was made with.
    package var lockDigest: Digest? {
        layers.first { $0.path.hasPrefix("\(BundleFile.ownFolder)/lock/") }?.digest
    }
}

extension ModelVersion {
    /// Its artifacts that hold weights, told by their names as layers of a bundle are.
    package var weights: [Artifact] {
        artifacts.filter { ModelPack.Layer.of(path: $0.path) == .weight }
    }
}

extension ContentStore {
    /// The files of a bundle's code by their paths in its folder; nil when the version names none.
    ///
    /// - Throws: `BundleDamaged` and `BundleUnsafe`, stalling.
    package func code(of bundle: StoredBundle) async throws(Failure) -> [String: [UInt8]]? {
        guard let layer = bundle.layers.first(where: { $0.path == CodeArchive.path }) else {
            return nil
        }
        func unsafe(_ why: String) -> Failure {
            Failure(
                .stall, reason: "BundleUnsafe",
                message:
                    "the code of \(bundle.version ?? bundle.descriptor.digest.short) is not unpacked: \(why)")
        }
        guard let bytes = try await bytes(of: layer.digest, limit: 2 * CodeArchive.limit) else {
            throw Failure(
                .stall, reason: "BundleDamaged",
                message:
                    "\(layer.path) (\(layer.digest)) is missing or rotten; run 'waybill package verify'")
        }
        var files: [String: [UInt8]] = [:]
        do throws(InspectionError) {
            let source = MemoryBytes(content: bytes)
            var reader = TarReader(source)
            while let member = try reader.next() {
                if member.kind != .file || CleanPath.problemOfRelative(member.name) != nil {
                    throw .malformed("\(member.name.quotedForMessage) is no plain file")
                }
                files[member.name] = try source.bytes(at: member.start, count: Int(member.size))
            }
        } catch { throw unsafe(error.words) }
        return files
    }
}

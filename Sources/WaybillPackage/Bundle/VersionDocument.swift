package import WaybillCore

// The `ModelVersion` that a bundle keeps of itself is known from git alone: it names every file by its digest, and the code by its commit.

extension ModelVersion {
    /// The digest of the document that a bundle of this version has, as `commit` has its manifest, its lock and its card. Another artifact,
    /// another lock or another word about the version is another digest; the place that bytes come from is not part of it.
    ///
    /// - Throws: `CardMissing` and `LockMissing`, stalling, for files that the commit does not have.
    package func documentDigest(in tree: any FleetTree, at commit: CommitID) async throws(Failure) -> Digest {
        func content(_ path: String?, _ field: String) async throws(Failure) -> Content? {
            guard let bytes = try await bytes(of: path, field, in: tree, at: commit) else { return nil }
            return Content(digest: Digest(of: bytes), size: Int64(bytes.count))
        }
        let lock = try await content(environment?.lock, "lock")
        let card = try await content(card, "card")
        return Digest(of: BundleContent(version: self, lock: lock, card: card).versionBytes)
    }

    /// A small file of the repository that the version names; nil when it names none.
    func bytes(
        of path: String?, _ field: String, in tree: any FleetTree, at commit: CommitID
    ) async throws(Failure) -> [UInt8]? {
        guard let path else { return nil }
        guard let file = try await tree.file(path, at: commit) else {
            throw Failure(
                .stall, reason: field == "card" ? "CardMissing" : "LockMissing",
                message:
                    "the \(field) of \(id): commit \(commit.short) has no file \(path.quotedForMessage); commit the "
                    + "file together with its manifest")
        }
        return try await tree.read([file.blob], limit: longestText).first ?? []
    }
}

/// Bytes of the longest card or lock.
private let longestText = 4 << 20

extension StoredBundle {
    /// The same, of a bundle that Waybill made.
    package var documentDigest: Digest? { layers.first { $0.path == BundleContent.versionPath }?.digest }
}

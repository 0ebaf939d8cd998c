/// A file in an artifact of an OCI registry, as an artifact's `source` names it:
///
///     oci://REGISTRY/REPOSITORY[:TAG]@sha256:HEX[#PATH]
///
/// `PATH` is the file's path in a ModelPack artifact, in a ModelKit, or in a plain image, where it is looked up in the layers from the last to
/// the first; it may be left out when the artifact holds one file. The digest is that of a manifest, or of an index with one manifest for
/// the path; a tag beside it is for people, and alone it is an address that only `waybill pin` takes.
package struct OCIAddress: Hashable, Sendable, CustomStringConvertible {
    package static let prefix = "oci://"

    package let reference: ImageReference
    package let path: String?

    package init(reference: ImageReference, path: String?) {
        self.reference = reference
        self.path = path
    }

    /// - Throws: `InvalidInput` that says which part is wrong. A tag without a digest is none of its problems.
    package init(parsing text: String) throws(InvalidInput) {
        guard text.utf8.starts(with: Self.prefix.utf8) else {
            throw InvalidInput(
                "\(text.quotedForMessage) is no place in a registry; expected 'oci://REGISTRY/REPOSITORY@sha256:…#PATH'"
            )
        }
        let halves = text.dropFirst(Self.prefix.count).split(
            separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        reference = try ImageReference(parsing: String(halves[0]))
        path = halves.count == 2 ? String(halves[1]) : nil
        if let path, let problem = CleanPath.problemOfRelative(path) { throw InvalidInput(problem) }
    }

    /// Whether its bytes can change: it names a tag, or nothing, and no digest.
    package var isMutable: Bool { reference.digest == nil }

    /// - Throws: `InvalidInput` that says how to get a digest.
    package func requireDigest() throws(InvalidInput) {
        guard isMutable else { return }
        throw InvalidInput(
            "\(description.quotedForMessage) names \(reference.tag.map { "the tag '\($0)'" } ?? "no digest"), whose bytes can change; "
                + "run 'waybill pin PATH', which writes the digest beside it")
    }

    /// The same with the digest of what it names now.
    package func pinned(to digest: Digest) -> OCIAddress {
        var reference = reference
        reference.digest = digest
        return OCIAddress(reference: reference, path: path)
    }

    package var description: String { "\(Self.prefix)\(reference)\(path.map { "#\($0)" } ?? "")" }
}

package import WaybillCore

extension ContentStore {
    /// Most evidence of one bundle that is read.
    private static let mostEvidence = 100

    /// The evidence that stands beside a bundle, oldest first, as the bytes that its digest names. What is missing or rotten is
    /// passed over.
    package func evidence(about bundle: Digest) async throws(Failure) -> [[UInt8]] {
        var found: [[UInt8]] = []
        let kept = try await attachments(of: bundle).filter { $0.artifactType == EvidenceStatements.mediaType }
        for referrer in kept.suffix(Self.mostEvidence) {
            if let bytes = try await bytes(of: referrer.layer.digest) { found.append(bytes) }
        }
        return found
    }

    /// The evidence that `reference` means: a digest, or at least 8 hex digits of it.
    ///
    /// - Throws: `EvidenceMissing`, stalling, when none is here, or several begin so.
    package func evidence(named reference: String) async throws(Failure) -> [UInt8] {
        let hex = reference.hasPrefix("sha256:") ? String(reference.dropFirst(7)) : reference
        let all = try await attachments().values.joined()
        let found = Set(
            all.filter { $0.artifactType == EvidenceStatements.mediaType }.map(\.layer.digest)
                .filter { hex.utf8.count >= 8 && $0.hex.hasPrefix(hex) })
        guard found.count == 1, let digest = found.first else {
            throw Failure(
                .stall, reason: "EvidenceMissing",
                message: "\(reference.quotedForMessage) names \(found.isEmpty ? "no" : "more than one") evidence in "
                    + "\(layout.image); 'waybill package inspect' lists what stands beside a bundle")
        }
        guard let bytes = try await bytes(of: digest) else {
            throw Failure(
                .stall, reason: "EvidenceMissing",
                message: "\(digest) is missing or rotten; run 'waybill package verify'")
        }
        return bytes
    }
}

package import WaybillCore
import WaybillTrust

/// What a builder says of a bundle that it made, beside the bundle: provenance and a bill of materials.
package struct BuilderStatements: Hashable, Sendable {
    package let provenance: Digest
    package let bill: Digest
    /// False when both were there.
    package let isNew: Bool
}

extension ContentStore {
    /// Puts beside `bundle` what its builder says of it, unless that is there. Nobody signs it: that a controller said it stands in
    /// its ledger, and `package attest` adds what a person signs. The bundle's digest does not change by it. Safe to repeat.
    ///
    /// - Parameter build: version of the Waybill that made the bundle; left out when nil.
    package func attachBuilderStatements(
        to descriptor: Descriptor, build: String?
    ) async throws(Failure) -> BuilderStatements {
        let bundle = try await bundle(descriptor)
        var (provenance, bill): (Digest?, Digest?)
        for referrer in try await attachments(of: descriptor.digest) where try isHeld(referrer.layer.digest) {
            if referrer.isProvenance { provenance = referrer.layer.digest }
            if referrer.artifactType == BillOfMaterials.mediaType { bill = referrer.layer.digest }
        }
        if let provenance, let bill { return BuilderStatements(provenance: provenance, bill: bill, isNew: false) }
        let statement = try await self.provenance(of: bundle, build: build, finished: nil)
        let said = try await attach(
            statement.payload, mediaType: Statement.payloadType, artifactType: Statement.payloadType,
            annotations: [Attestation.predicateAnnotation: Provenance.predicateType], to: descriptor)
        return BuilderStatements(
            provenance: said.layer.digest, bill: try await attachBill(to: bundle).layer.digest, isNew: true)
    }

    private func isHeld(_ digest: Digest) throws(Failure) -> Bool {
        do throws(SystemError) { return try fileStatus(layout.blob(digest)) != nil } catch { throw .disk(error) }
    }
}

extension Referrer {
    fileprivate var isProvenance: Bool {
        artifactType == Statement.payloadType
            && annotations[Attestation.predicateAnnotation] == Provenance.predicateType
    }
}

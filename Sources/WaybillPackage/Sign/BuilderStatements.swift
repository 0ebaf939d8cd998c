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
        let there = try await attachments(of: descriptor.digest)
        var held: Set<Digest> = []
        for referrer in there where try isHeld(referrer.layer.digest) { held.insert(referrer.layer.digest) }
        let provenance = try await ownProvenance(of: bundle, among: there, build: build)
        // Equal bytes are there once.
        let bill = try await attachBill(to: bundle).layer.digest
        return BuilderStatements(
            provenance: provenance, bill: bill, isNew: !held.contains(provenance) || !held.contains(bill))
    }

    /// What this builder said before, or else says now.
    private func ownProvenance(
        of bundle: StoredBundle, among there: [Referrer], build: String?
    ) async throws(Failure) -> Digest {
        for referrer in there where try await isOwn(referrer, of: bundle) { return referrer.layer.digest }
        let statement = try await provenance(of: bundle, build: build, finished: nil)
        return try await attach(
            statement.payload, mediaType: Statement.payloadType, artifactType: Statement.payloadType,
            annotations: [Attestation.predicateAnnotation: Provenance.predicateType], to: bundle.descriptor
        ).layer.digest
    }

    private func isHeld(_ digest: Digest) throws(Failure) -> Bool {
        do throws(SystemError) { return try fileStatus(layout.blob(digest)) != nil } catch { throw .disk(error) }
    }

    /// Whether it says what this builder says, byte for byte, whichever version of Waybill said it. Anybody can put a statement
    /// beside a bundle in a registry, and a ledger vouches for its own only.
    private func isOwn(_ referrer: Referrer, of bundle: StoredBundle) async throws(Failure) -> Bool {
        guard referrer.isProvenance, referrer.layer.size <= Envelope.longest,
            let bytes = try await bytes(of: referrer.layer.digest)
        else { return false }
        let builder = Value(json: bytes)?["predicate"]?["runDetails"]?["builder"]
        let said = try await provenance(of: bundle, build: builder?["version"]?["waybill"]?.string, finished: nil)
        return said.payload == bytes
    }
}

extension Referrer {
    fileprivate var isProvenance: Bool {
        artifactType == Statement.payloadType
            && annotations[Attestation.predicateAnnotation] == Provenance.predicateType
    }
}

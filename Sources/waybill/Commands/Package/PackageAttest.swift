import ArgumentParser
import WaybillCore
import WaybillPackage
import WaybillTrust

/// `waybill package attest`.
struct PackageAttest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attest", abstract: "Put provenance and a bill of materials beside a bundle.",
        discussion: """
            REF is a version such as churn@1.4.0, or a digest or at least 8 digits of it. Provenance is SLSA v1 in a DSSE envelope \
            that the key signs: which version, which sources with which digests. The bill of materials is CycloneDX 1.6: files, \
            data, and the Python packages of the lock. Both are functions of the bundle; no time is in them unless --finished says it. Whoever builds a bundle puts both beside it, unsigned; this adds the word of a \
            person.

            \(StoreOptions.recorded)
            """)

    @Argument(help: ArgumentHelp("The bundle.", valueName: "ref"))
    var reference: String

    @OptionGroup var key: SigningKeyOptions

    @Option(
        help: ArgumentHelp("When the bundle was made, as in 2026-11-23T15:04:05Z.", valueName: "time"),
        transform: { try Timestamp(parsing: $0) })
    var finished: Timestamp?

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var options: StoreOptions

    func run() async throws {
        let content = try options.content()
        let bundle = try await content.bundle(reference)
        let key = try key.load()
        let name = bundle.version ?? bundle.descriptor.digest.description
        let (provenance, bill) = try await options.acts().perform(.bundleAttested, name, bundle.facts) {
            () throws(Failure) in
            let attested = try await attest(bundle, in: content, by: key)
            return ((attested.provenance, attested.bill), attested.facts)
        }
        let value: Value = [
            "kind": "BundleAttestations", "bundle": .string(bundle.descriptor.digest.description),
            "provenance": .string(provenance.layer.digest.description), "bill": .string(bill.layer.digest.description),
        ]
        try show(value, output) {
            "\(name.harmless) has provenance \(provenance.layer.digest) and a bill of materials \(bill.layer.digest)\n"
        }
    }

    private func attest(
        _ bundle: StoredBundle, in content: ContentStore, by key: SigningKey
    ) async throws(Failure) -> (provenance: Referrer, bill: Referrer, facts: Members) {
        let statement = try await content.provenance(of: bundle, build: BuildVersion.text, finished: finished)
        let (envelope, signer) = try key.envelope(statement)
        let provenance = try await content.attach(envelope, predicateType: Provenance.predicateType, to: bundle)
        let bill = try await content.attachBill(to: bundle)
        var facts: Members = [
            "provenance": .string(provenance.layer.digest.description), "bill": .string(bill.layer.digest.description),
        ]
        facts["key"] = .string(signer.fingerprint)
        return (provenance, bill, facts)
    }
}

import ArgumentParser
import WaybillCore
import WaybillPackage
import WaybillTrust

/// `waybill package sign`.
struct PackageSign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Sign a bundle; the signature stands beside it.",
        discussion: """
            REF is a version such as churn@1.4.0, or a digest or at least 8 digits of it. An SSH key signs the bundle's manifest \
            (SSHSIG, namespace waybill.dev/model); an ECDSA key in PEM signs its files by OpenSSF Model Signing. No model file is \
            read. Who may sign which model stands in .waybill/access.yaml of the fleet repository; anybody can sign, and a \
            signature counts when the rules say so.

            \(StoreOptions.recorded)
            """)

    @Argument(help: ArgumentHelp("The bundle.", valueName: "ref"))
    var reference: String

    @OptionGroup var key: SigningKeyOptions

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var options: StoreOptions

    func run() async throws {
        let content = try options.content()
        let bundle = try await content.bundle(reference)
        let key = try key.load()
        let name = bundle.version ?? bundle.descriptor.digest.description
        let (referrer, signer) = try await options.acts().perform(.bundleSigned, name, bundle.facts) {
            () throws(Failure) in
            let signed = try await Self.sign(bundle, in: content, by: key)
            let facts: Members = [
                "signature": .string(signed.0.layer.digest.description), "form": .string(signed.1.kind),
                "key": .string(signed.1.key.fingerprint),
            ]
            return (signed, facts)
        }
        let value: Value = [
            "kind": "BundleSignature", "bundle": .string(bundle.descriptor.digest.description),
            "form": .string(signer.kind), "key": .string(signer.key.fingerprint),
            "publicKey": .string(signer.key.description), "signature": .string(referrer.layer.digest.description),
            "referrer": .string(referrer.descriptor.digest.description),
        ]
        try show(value, output) {
            "\(name.harmless) is signed by \(signer.key.fingerprint), \(signer.title)\n"
        }
    }

    private static func sign(
        _ bundle: StoredBundle, in content: ContentStore, by key: SigningKey
    ) async throws(Failure) -> (Referrer, (key: SSHPublicKey, kind: String, title: String)) {
        if case .ec(let key) = key {
            let referrer = try await content.sign(bundle, by: key)
            let form = SignatureForm.openssf
            return (referrer, (SSHPublicKey(key.publicKey), form.rawValue, form.title))
        }
        let message = try await content.signedBytes(of: bundle)
        guard let signature = try key.signature(of: message, namespace: BundleSignature.namespace) else {
            throw Failure(.stall, reason: "SigningFailed", message: "the key makes no SSH signatures")
        }
        let form = SignatureForm.ssh
        return (try await content.attach(signature, to: bundle), (signature.key, form.rawValue, form.title))
    }
}

extension StoredBundle {
    /// As entries of the ledger name it.
    var facts: Members {
        var facts: Members = ["digest": .string(descriptor.digest.description)]
        if let version { facts["version"] = .string(version) }
        return facts
    }
}

package import WaybillCore
package import WaybillTrust

/// The ways in which a bundle is signed.
package enum SignatureForm: String, CaseIterable, Hashable, Sendable {
    /// SSHSIG over the bytes of the bundle's manifest.
    case ssh
    /// OpenSSF Model Signing over the files of the bundle.
    case openssf

    package var title: String {
        switch self {
        case .ssh: "SSH"
        case .openssf: "OpenSSF Model Signing"
        }
    }

    var artifactType: String {
        switch self {
        case .ssh: "application/vnd.waybill.signature.ssh.v1"
        case .openssf: SigstoreBundle.mediaType
        }
    }

    var annotations: [String: String] {
        switch self {
        case .ssh: [Self.namespaceAnnotation: BundleSignature.namespace]
        case .openssf:
            [
                "dev.sigstore.bundle.content": "dsse-envelope",
                "dev.sigstore.bundle.predicateType": ModelManifest.predicateType,
            ]
        }
    }

    /// Artifact types of what is a signature, or may be.
    static var types: Set<String> { Set(allCases.map(\.artifactType)) }

    private static let namespaceAnnotation = "dev.waybill.signature.namespace"

    /// Nil for a referrer that is no signature of a model.
    package init?(_ referrer: Referrer) {
        switch referrer.artifactType {
        case Self.ssh.artifactType: self = .ssh
        case Self.openssf.artifactType:
            let predicate = referrer.annotations["dev.sigstore.bundle.predicateType"]
            guard predicate == nil || predicate == ModelManifest.predicateType else { return nil }
            self = .openssf
        default: return nil
        }
    }
}

/// Signing bundles.
package enum BundleSignature {
    /// The purpose for which SSH keys sign models: no signature of a commit, and none of an approval, passes for one of a model.
    package static let namespace = "waybill.dev/model"
    /// Bytes of the longest signature that is read.
    static let limit = 16 << 20
}

extension ContentStore {
    /// The bytes that an SSH key signs for a bundle: its manifest, which names every file by its digest.
    package func signedBytes(of bundle: StoredBundle) async throws(Failure) -> [UInt8] {
        guard let bytes = try await bytes(of: bundle.descriptor.digest) else {
            throw Failure(
                .stall, reason: "BundleDamaged",
                message: "the manifest \(bundle.descriptor.digest) is missing or rotten; build the bundle again")
        }
        return bytes
    }

    /// Puts a signature by an SSH key beside the bundle.
    ///
    /// - Throws: `SignatureUnsound`, stalling, when it does not hold for this bundle.
    package func attach(_ signature: SSHSignature, to bundle: StoredBundle) async throws(Failure) -> Referrer {
        let message = try await signedBytes(of: bundle)
        do throws(InvalidInput) {
            try signature.verify(message, namespace: BundleSignature.namespace)
        } catch {
            throw Failure(
                .stall, reason: "SignatureUnsound",
                message: "the signature was not taken: \(error.message)")
        }
        return try await attach(
            Array(signature.armored.utf8), mediaType: SignatureForm.ssh.artifactType,
            artifactType: SignatureForm.ssh.artifactType, annotations: SignatureForm.ssh.annotations,
            to: bundle.descriptor)
    }

    /// Signs a bundle by OpenSSF Model Signing, from the digests that the bundle has: no file is read.
    package func sign(_ bundle: StoredBundle, by key: ECPrivateKey) async throws(Failure) -> Referrer {
        let manifest = try Self.modelManifest(of: bundle)
        let bytes: [UInt8]
        do throws(InvalidInput) {
            bytes = try SigstoreBundle(signing: manifest.statement, by: key).bytes
        } catch { throw Failure(.stall, reason: "SigningFailed", message: error.message) }
        return try await attach(
            bytes, mediaType: SigstoreBundle.mediaType, artifactType: SignatureForm.openssf.artifactType,
            annotations: SignatureForm.openssf.annotations, to: bundle.descriptor)
    }

    /// The files of a bundle as OpenSSF Model Signing lists them.
    ///
    /// - Throws: `CannotSign`, stalling, for a file that this format leaves out of every signature.
    static func modelManifest(of bundle: StoredBundle) throws(Failure) -> ModelManifest {
        if let left = bundle.layers.first(where: { ModelManifest.isIgnored($0.path) }) {
            throw Failure(
                .stall, reason: "CannotSign",
                message:
                    "OpenSSF Model Signing leaves \(left.path.quotedForMessage) out of every signature; "
                    + "sign with an SSH key, or give the file another name")
        }
        let name = bundle.version?.prefix { $0 != "@" }
        return ModelManifest(
            name: name.map(String.init) ?? bundle.descriptor.digest.short,
            files: bundle.layers.filter { !isFolder($0) }.map { ModelManifest.File(path: $0.path, digest: $0.digest) },
            bundle: bundle.descriptor.digest, leaving: bundle.layers.filter(isFolder).map(\.path))
    }

    /// Packed as one layer, and a folder of files to whoever unpacks it.
    private static func isFolder(_ layer: StoredBundle.Layer) -> Bool {
        ModelPack.Layer(mediaType: layer.mediaType) == .codeFolder
    }
}

package import WaybillCore
import WaybillTrust

/// Measures what gates ask of a bundle itself: its bytes, and what stands in them. Starts nothing.
package struct BundleMeasures: Sendable {
    private let content: ContentStore
    private let bundle: StoredBundle
    private let version: ModelVersion

    package init(of bundle: StoredBundle, in content: ContentStore, as version: ModelVersion) {
        self.content = content
        self.bundle = bundle
        self.version = version
    }

    /// Every file of the manifest with the digest that its bytes have now: they are read again.
    package func integrity() async throws(Failure) -> GateMeasurement {
        let layers = Dictionary(bundle.layers.map { ($0.path, $0.digest) }, uniquingKeysWith: { first, _ in first })
        let artifacts = version.artifacts
        let files = try await content.work.run { [layout = content.layout] (cancellation) throws(Failure) in
            var files: [GateMeasurement.FileDigests] = []
            for artifact in artifacts {
                var found: Digest?
                if let layer = layers[artifact.path] {
                    let blob = layout.blob(layer)
                    do throws(SystemError) {
                        if try fileStatus(blob) != nil { found = layer }
                    } catch { throw .disk(error) }
                    if found != nil { found = try FileCopy.digest(ofEntry: blob, cancellation) }
                }
                files.append(GateMeasurement.FileDigests(path: artifact.path, expected: artifact.digest, found: found))
            }
            return files
        }
        return .integrity(files)
    }

    /// The model's files, looked into by the allow list.
    package func safeFormat(_ inside: BundleInside) -> GateMeasurement {
        .safeFormat(
            inside.files.map { file in
                let verdict = file.inspection.verdict
                let reason = file.inspection.findings.first { $0.verdict == verdict } ?? file.inspection.findings.first
                return GateMeasurement.FileSafety(
                    path: file.path, verdict: verdict.rawValue, reason: verdict == .safe ? nil : reason?.sentence)
            })
    }

    /// The files that hold weights, beside what the manifest says.
    package func interface(_ inside: BundleInside) -> GateMeasurement {
        .interface(
            inside.files.filter { ModelPack.Layer.of(path: $0.path) == .weight }.map { file in
                let agreement = InterfaceAgreement(of: file.inspection, with: version)
                return GateMeasurement.FileInterface(
                    path: file.path, disagreements: agreement.disagreements, isConclusive: agreement.isConclusive)
            })
    }

    /// What the packaged model card has.
    package func card() async throws(Failure) -> GateMeasurement {
        guard let layer = bundle.layers.first(where: { $0.path.hasPrefix("\(BundleFile.ownFolder)/card/") }) else {
            return .card(nil)
        }
        guard let bytes = try await content.bytes(of: layer.digest) else {
            return .nothing("the model card is missing or rotten; run 'waybill package verify'")
        }
        return .card(CardOutline(markdown: String(decoding: bytes, as: UTF8.self)))
    }
}

extension GateMeasurement {
    /// Signatures of a bundle: whose count, and why others do not.
    package static func signed(_ findings: [SignatureFinding]) -> GateMeasurement {
        .signed(
            findings.map { finding in
                let trusted: String? =
                    switch finding.verdict {
                    case .trusted(let person): person.text
                    // A key that whoever asks named is nobody's who may sign.
                    case .given, .sound, .refused: nil
                    }
                return Signer(trusted: trusted, sentence: finding.sentence)
            })
    }
}

extension ArtifactIntake {
    /// Brings a file of data into the content store and gives its path there, compared with its digest.
    package func bring(
        data file: DataFile, named name: String, for version: VersionID, at commit: CommitID
    ) async throws(Failure) -> String {
        let artifact = Artifact(path: name, source: file.source, digest: file.digest, size: file.size)
        _ = try await bring([artifact], of: version, at: commit)
        return content.layout.blob(file.digest)
    }
}

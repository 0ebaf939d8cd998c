package import WaybillCore

/// What looking inside one file of a version found, as it is kept and shown.
package struct InspectedFile: Codable, Hashable, Sendable {
    package var path: String
    package var digest: String
    /// An `Inspection.Verdict`.
    package var verdict: String
    package var format: String?
    /// Reasons of the verdict, in sentences.
    package var findings: [String]
    /// How what the file declares differs from what its manifest says, in sentences.
    package var disagreements: [String]

    /// Sentences of one kind that are kept.
    private static let most = 10
    /// Characters of a sentence that are kept.
    private static let longest = 500

    init(_ artifact: Artifact, _ inspection: Inspection, _ manifest: ModelVersion?) {
        path = artifact.path
        digest = artifact.digest.description
        verdict = inspection.verdict.rawValue
        format = inspection.format
        // What made the verdict comes first, so that it is among those that are kept.
        let order: [Inspection.Verdict] = [.dangerous, .unscanned, .safe]
        let ordered = order.flatMap { verdict in inspection.findings.filter { $0.verdict == verdict } }
        findings = ordered.prefix(Self.most).map { String($0.sentence.prefix(Self.longest)) }
        disagreements = []
        // A tokenizer or a card beside the weights is not what the manifest describes.
        guard let manifest, ModelPack.Layer.of(path: artifact.path) == .weight else { return }
        let agreement = InterfaceAgreement(of: inspection, with: manifest)
        disagreements = agreement.disagreements.prefix(Self.most).map { String($0.prefix(Self.longest)) }
    }

    package var isDangerous: Bool { verdict == Inspection.Verdict.dangerous.rawValue }
    package var isUnscanned: Bool { verdict == Inspection.Verdict.unscanned.rawValue }
}

extension Inspection.Finding {
    /// The message, after the member of an archive that it is about.
    package var sentence: String { place.isEmpty ? message : "\(place): \(message)" }
}

extension AllowList {
    /// A function of what is allowed, in any order and writing.
    package var digest: Digest {
        let lines = entries.map { "\($0.key) \($0.value.rawValue)\n" }.sorted()
        return Digest(of: "waybill.allow/1\n\(lines.joined())".utf8)
    }
}

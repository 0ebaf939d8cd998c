/// The definition of one kind of manifest.
package struct KindSchema: Sendable {
    package let kind: Kind
    /// Whether `metadata.name` must be written. A `ModelVersion` is identified by its spec.
    package let isNameRequired: Bool
    /// The fields of `spec`.
    package let spec: [Field]
    package let documentation: String
    /// A manifest of this kind that a reader can start from.
    package let example: String

    package static let apiVersion = "waybill.dev/v1alpha1"

    /// In the order of `Kind`.
    package static let all: [KindSchema] = Kind.allCases.map { of($0) }

    package static func of(_ kind: Kind) -> KindSchema {
        switch kind {
        case .model: model
        case .modelVersion: modelVersion
        case .servingRuntime: servingRuntime
        case .environment: environment
        case .checklist: checklist
        case .modelDeployment: modelDeployment
        }
    }

    /// The top of a document of this kind. `spec` may be left out when nothing in it is required.
    package var document: [Field] { Self.documents[kind] ?? [] }

    private static let documents: [Kind: [Field]] = Dictionary(
        uniqueKeysWithValues: all.map { ($0.kind, $0.makeDocument()) })

    private func makeDocument() -> [Field] {
        [
            Field("apiVersion", .choice([Self.apiVersion]), required: true, "The version of this format."),
            Field("kind", .choice([kind.rawValue]), required: true, "The kind of resource."),
            Field("metadata", .object(metadata), required: isNameRequired, "Name, labels and annotations."),
            Field("spec", .object(spec), required: spec.contains { $0.isRequired }, documentation),
        ]
    }

    private var metadata: [Field] {
        let what = isNameRequired ? "Unique for its kind" : "Not needed: the identity is `spec.model@spec.version`"
        let scope = kind == .modelDeployment ? "Unique in its environment" : what
        return [
            Field("name", .string(.name), required: isNameRequired, "\(scope)."),
            Field("labels", .map(keys: .labelKey, values: .string(.text)), "For people and searches."),
            Field(
                "annotations", .map(keys: .labelKey, values: .string(.text)),
                kind == .modelDeployment
                    ? "`\(Metadata.pruneKey): \(Metadata.pruneDisabled)` leaves the deployment running when its manifest is removed."
                    : "For people and tools."),
        ]
    }
}

/// The stable short names of what can be wrong with a fleet's files.
package enum DiagnosticRule: String, CaseIterable, Hashable, Sendable {
    case notUTF8 = "not-utf-8"
    case syntax = "yaml-syntax"
    case limit
    case duplicateKey = "duplicate-key"
    case unknownField = "unknown-field"
    case missingField = "missing-field"
    case wrongType = "wrong-type"
    case invalidValue = "invalid-value"
    case conflictingFields = "conflicting-fields"
    case wrongVersion = "wrong-version"
    case unknownKind = "unknown-kind"
    case danglingReference = "dangling-reference"
    case duplicateResource = "duplicate-resource"
    case unsupportedFormat = "unsupported-format"
    case unusableFile = "unusable-file"
    case changedVersion = "changed-version"
    case heldResource = "held-resource"
    case unlockedEnvironment = "unlocked-environment"
    case invalidAllowList = "invalid-allow-list"
    case blindAnalysis = "blind-analysis"

    /// One sentence for tools that list rules.
    package var summary: String {
        switch self {
        case .notUTF8: "A manifest is UTF-8 text."
        case .syntax: "A manifest is well-formed YAML."
        case .limit: "A manifest keeps to the bounds of size, depth and count."
        case .duplicateKey: "A field is written once."
        case .unknownField: "Every field is one that its kind has."
        case .missingField: "Required fields are there."
        case .wrongType: "A field holds the type that its kind gives it."
        case .invalidValue: "A value has the form that its field asks for."
        case .conflictingFields: "Fields that exclude each other are not written together."
        case .wrongVersion: "The apiVersion is one that this Waybill reads."
        case .unknownKind: "The kind is one that this Waybill knows."
        case .danglingReference: "What a manifest names is there."
        case .duplicateResource: "A resource is defined in one place."
        case .unsupportedFormat: "The runtime serves the format of the model version."
        case .unusableFile: "Every entry of the fleet's folders can be read."
        case .changedVersion: "A version of a model never changes."
        case .heldResource: "What a manifest depends on is not broken elsewhere."
        case .unlockedEnvironment: "Packages of a Python environment have exact versions and hashes."
        case .blindAnalysis: "An analysis asks for enough requests to find what it looks for."
        case .invalidAllowList: "Every line of an allow list names what a pickle may import."
        }
    }
}

extension Diagnostic {
    /// By place, then by rule and message.
    package static func inOrder(_ left: Diagnostic, _ right: Diagnostic) -> Bool {
        if left.location != right.location { return left.location < right.location }
        return (left.rule, left.message) < (right.rule, right.message)
    }
}

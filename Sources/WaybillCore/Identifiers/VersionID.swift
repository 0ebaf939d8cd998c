/// One version of one model, written `churn@1.4.0`.
package struct VersionID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let model: Name
    package let version: SemanticVersion

    package init(model: Name, version: SemanticVersion) {
        self.model = model
        self.version = version
    }

    /// - Throws: `InvalidInput` that shows the expected form.
    package init(parsing text: String) throws(InvalidInput) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw InvalidInput(
                "\(text.quotedForMessage) is not a model version; expected NAME@VERSION as in 'churn@1.4.0'")
        }
        model = try Name(parsing: String(parts[0]))
        version = try SemanticVersion(parsing: String(parts[1]))
    }

    package static func < (left: VersionID, right: VersionID) -> Bool {
        (left.model, left.version) < (right.model, right.version)
    }
    package var description: String { "\(model)@\(version)" }
}

/// One field of a deployment that differs between what serves and what is desired.
package struct FieldChange: Hashable, Sendable, CustomStringConvertible {
    /// As a reader of the manifest knows it: `spec.version`.
    package var path: String
    /// Nil when the field is new.
    package var before: String?
    /// Nil when the field is gone.
    package var after: String?
    /// True when replicas must be replaced for it.
    package var restarts: Bool

    package init(path: String, before: String?, after: String?, restarts: Bool) {
        self.path = path
        self.before = before
        self.after = after
        self.restarts = restarts
    }

    /// `spec.version: 1.4.0 → 1.5.0`, `spec.replicas: 1 → 3 (no restart)`.
    package var description: String {
        "\(path): \(before ?? "(absent)") → \(after ?? "(absent)")\(restarts ? "" : " (no restart)")"
    }
}

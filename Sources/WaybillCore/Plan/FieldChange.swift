/// One field of a deployment that differs between what serves and what is desired.
package struct FieldChange: Hashable, Sendable {
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
}

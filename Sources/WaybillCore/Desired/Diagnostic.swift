/// One problem of one place in the fleet repository, in facts; `DiagnosticText` writes the words.
package struct Diagnostic: Hashable, Sendable, Error {
    package enum Severity: String, Hashable, Sendable { case error, warning }

    package var location: SourceLocation
    package var severity: Severity
    /// A stable short name for scripts and SARIF, such as `unknown-field`.
    package var rule: String
    package var message: String
    package var hint: String?
    /// The offending line as it stands in the file, without its line end, at most 500 characters.
    package var line: String
    /// Characters to underline, from the column.
    package var length: Int
    /// A second place that matters, as the first of two duplicate keys.
    package var related: SourceLocation?

    package init(
        location: SourceLocation, severity: Severity = .error, rule: String, message: String, hint: String? = nil,
        line: String = "", length: Int = 1, related: SourceLocation? = nil
    ) {
        self.location = location
        self.severity = severity
        self.rule = rule
        self.message = message
        self.hint = hint
        self.line = line
        self.length = length
        self.related = related
    }
}

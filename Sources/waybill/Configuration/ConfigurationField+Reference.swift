import WaybillCore

extension ConfigurationField {
    /// The field's row of the table in `docs/cli.md`.
    static func referenceRow(_ field: ConfigurationField) -> String {
        let standard = field.standard.map { "`\(field.type.text(of: $0))`" } ?? ""
        return "| `\(field.path)` | `\(field.environmentVariable)` | \(field.type.expectation) | \(standard) | "
            + "\(field.meaning) |\n"
    }
}

extension ConfigurationType {
    /// A canonical value as someone would write it.
    fileprivate func text(of value: Value) -> String {
        switch (self, value) {
        case (.duration, .integer(let milliseconds)): Quantity.text(.milliseconds(milliseconds))
        case (.bytes, .integer(let count)):
            Bytes.text(count).split(separator: " ").joined()
        case (_, .string(let text)): text
        case _: value.json
        }
    }
}

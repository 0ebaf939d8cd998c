/// What keeps each resource of a state at its last good form: the errors of the file that defines it, and those of its own
/// references. A broken file holds all that it defines; a problem between files holds the resource that it is about.
package struct ResourceProblems: Sendable {
    private var errors: [String: [Diagnostic]] = [:]
    /// Where the resources of files with errors begin, in order.
    private var heads: [String: [Int]] = [:]

    package init(_ state: DesiredState) {
        for diagnostic in state.diagnostics where diagnostic.severity == .error {
            errors[diagnostic.location.path, default: []].append(diagnostic)
        }
        guard !errors.isEmpty else { return }
        for location in state.resources.values.map(\.location) where errors[location.path] != nil {
            heads[location.path, default: []].append(location.line)
        }
    }

    package func of(_ resource: Resource) -> [Diagnostic] {
        let place = resource.location
        return (errors[place.path] ?? []).filter { error in
            guard Self.betweenFiles.contains(error.rule) else { return true }
            let head = heads[place.path]?.filter { $0 <= error.location.line }.max()
            return head == nil || head == place.line
        }
    }

    /// Rules about one resource of a file that is sound itself.
    private static let betweenFiles: Set<String> = Set(
        [DiagnosticRule.danglingReference, .duplicateResource, .unsupportedFormat, .unusableFile, .heldResource].map(
            \.rawValue))
}

extension [Diagnostic] {
    /// The first problem with its place, and how many more there are.
    package var summary: String {
        guard let first else { return "held" }
        let more = count > 1 ? " (and \(count - 1) more)" : ""
        return "\(first.location): \(first.message)\(more)"
    }
}

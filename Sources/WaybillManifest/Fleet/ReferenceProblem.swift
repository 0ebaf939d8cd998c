import WaybillCore

/// A problem of a sound file that only other files show; its place is that of a field of its resource.
struct ReferenceProblem {
    var resource: Resource
    /// From the top of the document; empty for the resource as a whole.
    var field: [FieldStep]
    var rule: DiagnosticRule
    var message: String
    var hint: String?
    var related: SourceLocation?

    /// The problem at the head of its resource, until its exact place is found.
    var provisional: Diagnostic {
        Diagnostic(
            location: resource.location, rule: rule.rawValue, message: message, hint: hint, related: related)
    }

    /// The problems, all of resources in `bytes`, in their exact places.
    static func locate(_ problems: [ReferenceProblem], path: String, in bytes: [UInt8], _ limits: YAMLLimits)
        -> [Diagnostic]
    {
        let source = SourceText(path: path, bytes: bytes)
        let waiting = Dictionary(grouping: problems.indices) { problems[$0].resource.location }
        var found: [Int: Diagnostic] = [:]
        _ = YAMLReader.read(source, limits) { document in
            let start = source.location(ofOffset: Int(document.nodes[0].start))
            for index in waiting[start] ?? [] {
                let problem = problems[index]
                var decoder = DocumentDecoder(source, document, room: 1)
                decoder.note(
                    problem.rule, decoder.node(at: problem.field), problem.message, hint: problem.hint)
                found[index] = decoder.problems.first
                found[index]?.related = problem.related
            }
        }
        return problems.enumerated().map { found[$0.offset] ?? $0.element.provisional }
    }
}

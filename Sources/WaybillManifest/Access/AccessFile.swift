package import WaybillCore

/// `.waybill/access.yaml`, read as strictly as a manifest: every problem is in its place, and a file with a problem says nothing.
package struct AccessFile: Sendable {
    /// The decoded document; nil when anything is wrong with it.
    package private(set) var document: Value?
    /// In the order of places.
    package private(set) var problems: [Diagnostic] = []

    /// `rules` finds what several fields together, or a key, have wrong.
    package init(
        path: String, bytes: [UInt8], limits: YAMLLimits = YAMLLimits(), rules: (Value) -> [FieldProblem]
    ) {
        let source = SourceText(path: path, bytes: bytes)
        var (found, noted, count): (Value?, [Diagnostic], Int) = (nil, [], 0)
        let stopped = YAMLReader.read(source, limits) { document in
            count += 1
            guard count == 1 else {
                let start = Int(document.nodes[0].start)
                if count == 2 {
                    noted.append(source.diagnostic(.syntax, start, start, "an access file has one document"))
                }
                return
            }
            var decoder = DocumentDecoder(source, document, room: limits.problems)
            found = decoder.decodeAccess(rules)
            noted += decoder.problems
        }
        if count == 0, stopped.isEmpty {
            noted.append(
                source.diagnostic(
                    .missingField, 0, 0, "the file is empty",
                    hint: "begin with 'apiVersion: \(KindSchema.apiVersion)' and 'kind: \(AccessSchema.kind)'"))
        }
        problems = (noted + stopped).sorted(by: Diagnostic.inOrder)
        document = problems.isEmpty ? found : nil
    }
}

extension DocumentDecoder {
    fileprivate mutating func decodeAccess(_ rules: (Value) -> [FieldProblem]) -> Value? {
        guard document.nodes[0].kind == .mapping else {
            note(.wrongType, 0, "an access file is a mapping of fields, not \(describe(0))")
            return nil
        }
        guard let value = decodeObject(0, AccessSchema.document, at: 0) else { return nil }
        for problem in rules(value) {
            let rule = DiagnosticRule(rawValue: problem.rule) ?? .invalidValue
            note(rule, node(at: problem.path), problem.message, hint: problem.hint)
        }
        return value
    }
}

import WaybillCore

/// That a resource is not there, in words, and the field of `spec` to show.
struct MissingResource {
    var field: String
    var message: String
    var hint: String?

    func problem(of resource: Resource) -> ReferenceProblem {
        ReferenceProblem(
            resource: resource, field: [.member("spec"), .member(field)], rule: .danglingReference, message: message,
            hint: hint)
    }

    func diagnostic(in reference: WrittenReference) -> Diagnostic? {
        var place = reference.places[field] ?? reference.places.values.first
        place?.message = message
        place?.hint = hint
        return place
    }
}

extension Fleet {
    /// What to say of a reference to `id`; nil when something defines it, or may.
    func missing(_ id: ResourceID, _ step: inout Step) -> MissingResource? {
        if isNamed(id) { return nil }
        switch id {
        case .environment(let name):
            return MissingResource(
                field: "environment", message: "there is no Environment \(name.text.quotedForMessage)",
                hint: nearest(to: name.text, .environment, &step))
        case .servingRuntime(let name):
            return MissingResource(
                field: "runtime", message: "there is no ServingRuntime \(name.text.quotedForMessage)",
                hint: nearest(to: name.text, .servingRuntime, &step))
        case .model(let name):
            return MissingResource(
                field: "model", message: "there is no Model \(name.text.quotedForMessage)",
                hint: nearest(to: name.text, .model, &step))
        case .modelVersion(let id): return missingVersion(id, &step)
        case .checklist(let name):
            return MissingResource(
                field: "checklist", message: "there is no Checklist \(name.text.quotedForMessage)",
                hint: nearest(to: name.text, .checklist, &step))
        case .modelDeployment: return nil
        }
    }

    private func missingVersion(_ id: VersionID, _ step: inout Step) -> MissingResource? {
        guard let known = versionsOfModel[id.model], !known.isEmpty else {
            if let model = missing(.model(id.model), &step) { return model }
            return MissingResource(
                field: "version", message: "there is no ModelVersion of \(id.model.text.quotedForMessage)",
                hint: "'waybill new version \(id) FILE…' writes one")
        }
        let newest = known.sorted().suffix(5).map(\.version.description).joined(separator: ", ")
        return MissingResource(
            field: "version", message: "there is no ModelVersion '\(id)'", hint: "versions of '\(id.model)': \(newest)")
    }

    private func nearest(to name: String, _ kind: Kind, _ step: inout Step) -> String? {
        step.suggestions -= 1
        guard step.suggestions >= 0 else { return nil }
        let names = resources.keys.lazy.filter { $0.kind == kind }.map(\.name)
        if let near = Suggestion.nearest(to: name, in: names) { return "did you mean '\(near)'?" }
        let known = names.sorted().prefix(5).joined(separator: ", ")
        return known.isEmpty ? "add a manifest of kind \(kind.rawValue)" : "there is \(known)"
    }
}

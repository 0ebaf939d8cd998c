import WaybillCore

// What environments name: their checklists, and each other on the promotion path.
extension Fleet {
    /// Environments that name `id`, or an environment that does, and so on.
    func environmentsFollowing(_ id: ResourceID) -> Set<Name> {
        var found: Set<Name> = []
        var next = environmentsNaming[id] ?? []
        while let name = next.popFirst() {
            guard found.insert(name).inserted else { continue }
            next.formUnion(environmentsNaming[.environment(name)] ?? [])
        }
        return found
    }

    func environmentProblems(
        _ resource: Resource, _ environment: Environment, _ step: inout Step
    ) -> [ReferenceProblem] {
        var found: [ReferenceProblem] = []
        if let name = environment.checklist, let none = missing(.checklist(name), &step) {
            found.append(none.problem(of: resource))
        }
        guard let upstream = environment.promotion?.from, case .environment(let name) = resource.id else {
            return found
        }
        func problem(_ rule: DiagnosticRule, _ message: String, _ hint: String?) -> ReferenceProblem {
            ReferenceProblem(
                resource: resource, field: [.member("spec"), .member("promotion"), .member("from")], rule: rule,
                message: message, hint: hint)
        }
        if let none = missing(.environment(upstream), &step) {
            found.append(problem(.danglingReference, none.message, none.hint))
        }
        if let cycle = cycle(from: name) {
            let words = cycle.map(\.text).joined(separator: ", which takes from ")
            found.append(
                problem(
                    .invalidValue, "\(name) takes from \(words): nothing could ever begin there",
                    "the first environment of a path has no 'promotion'"))
        }
        return found
    }

    /// The environments before `name`, up to itself again; nil when the path has a beginning.
    private func cycle(from name: Name) -> [Name]? {
        var path: [Name] = []
        var place = name
        while case .environment(let its)? = resources[.environment(place)]?.spec, let upstream = its.promotion?.from {
            path.append(upstream)
            if upstream == name { return path }
            // A cycle further up is reported there.
            if path.dropLast().contains(upstream) { return nil }
            place = upstream
        }
        return nil
    }
}

extension Environment {
    /// What it names.
    var references: [ResourceID] {
        [checklist.map { .checklist($0) }, promotion.map { .environment($0.from) }].compactMap(\.self)
    }
}

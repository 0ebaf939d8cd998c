import WaybillCore

extension Fleet {
    /// Makes the last sound definition of a resource, and the indexes over it, true again.
    mutating func settle(_ id: ResourceID, _ step: inout Step) {
        let paths = definers[id] ?? []
        if paths.isEmpty, claims[id] == nil {
            forget(id, &step)
        } else if paths.count == 1, claims[id] == nil, let path = paths.first,
            let resource = files[path]?.parsed.resources.first(where: { $0.id == id })
        {
            if isAlteration(of: id, resource, step) { return }
            replace(id, with: resource)
        }
    }

    private mutating func replace(_ id: ResourceID, with resource: Resource?) {
        let old = resources[id]
        resources[id] = resource
        guard old?.spec != resource?.spec else { return }
        unindex(old)
        index(resource)
    }

    private mutating func forget(_ id: ResourceID, _ step: inout Step) {
        if case .modelDeployment(let key) = id {
            let isKnown = deployments[key] != nil || held[key] != nil
            if isKnown {
                step.removed.insert(key)
                if resources[id]?.metadata.isPruneDisabled == true { step.orphaned.insert(key) }
            }
        }
        if case .servingRuntime(let name) = id { runtimes[name] = nil }
        if case .modelVersion(let version) = id {
            acceptedTexts[version] = nil
            unfixed.remove(version)
        }
        altered[id] = nil
        replace(id, with: nil)
    }

    private mutating func index(_ resource: Resource?) {
        switch resource?.spec {
        case .modelVersion(let version):
            versionsOfModel[version.id.model, default: []].insert(version.id)
            for path in version.textPaths { versionsOfText[path, default: []].insert(version.id) }
        case .servingRuntime(let runtime):
            guard let lock = runtime.environment?.lock, case .servingRuntime(let name)? = resource?.id else { return }
            runtimesOfLock[lock, default: []].insert(name)
        case .modelDeployment(let deployment):
            for id in Self.references(of: deployment) { dependents[id, default: []].insert(deployment.key) }
        case .environment(let environment):
            guard case .environment(let name)? = resource?.id else { return }
            for id in environment.references { environmentsNaming[id, default: []].insert(name) }
        case .model, .checklist, nil: break
        }
    }

    private mutating func unindex(_ resource: Resource?) {
        switch resource?.spec {
        case .modelVersion(let version):
            versionsOfModel[version.id.model]?.remove(version.id)
            if versionsOfModel[version.id.model]?.isEmpty == true { versionsOfModel[version.id.model] = nil }
            for path in version.textPaths {
                versionsOfText[path]?.remove(version.id)
                if versionsOfText[path]?.isEmpty == true { versionsOfText[path] = nil }
            }
        case .servingRuntime(let runtime):
            guard let lock = runtime.environment?.lock, case .servingRuntime(let name)? = resource?.id else { return }
            runtimesOfLock[lock]?.remove(name)
            if runtimesOfLock[lock]?.isEmpty == true { runtimesOfLock[lock] = nil }
        case .modelDeployment(let deployment):
            for id in Self.references(of: deployment) {
                dependents[id]?.remove(deployment.key)
                if dependents[id]?.isEmpty == true { dependents[id] = nil }
            }
        case .environment(let environment):
            guard case .environment(let name)? = resource?.id else { return }
            for id in environment.references {
                environmentsNaming[id]?.remove(name)
                if environmentsNaming[id]?.isEmpty == true { environmentsNaming[id] = nil }
            }
        case .model, .checklist, nil: break
        }
    }

    static func references(of deployment: ModelDeployment) -> [ResourceID] {
        [
            .environment(deployment.key.environment), .model(deployment.version.model),
            .modelVersion(deployment.version), .servingRuntime(deployment.runtime),
        ]
    }

    /// The same, and what those refer to in their turn.
    func allReferences(of deployment: ModelDeployment) -> [ResourceID] {
        let own = Self.references(of: deployment)
        return checklist(of: deployment.key.environment).map { own + [.checklist($0)] } ?? own
    }

    /// The checklist that an environment names, there or not.
    func checklist(of environment: Name) -> Name? {
        guard case .environment(let its)? = resources[.environment(environment)]?.spec else { return nil }
        return its.checklist
    }

    /// Finds what is wrong with a touched resource itself, with versions of a touched model, and with environments that follow on
    /// what is touched.
    mutating func judge(_ id: ResourceID, _ step: inout Step) {
        judgeAlone(id, &step)
        var others: [ResourceID] = []
        if case .model(let name) = id { others = (versionsOfModel[name] ?? []).map { .modelVersion($0) } }
        others += environmentsFollowing(id).map { .environment($0) }
        for other in others where !step.touched.contains(other) { judgeAlone(other, &step) }
    }

    private mutating func judgeAlone(_ id: ResourceID, _ step: inout Step) {
        var found = repeated(id)
        let isRepeated = !found.isEmpty
        if !isRepeated, let alteration = altered[id] { found.append(alteration.problem) }
        if !isRepeated, let resource = resources[id] {
            switch resource.spec {
            case .modelVersion(let version):
                if let model = missing(.model(version.id.model), &step) { found.append(model.problem(of: resource)) }
            case .servingRuntime(let runtime):
                found = resolveRuntime(resource, runtime) + templateProblems(resource, runtime)
            case .environment(let environment):
                found = environmentProblems(resource, environment, &step)
            case .model, .checklist, .modelDeployment: break
            }
        }
        note(found, of: id, &step)
    }

    /// Keeps problems without their exact place, and asks for it.
    mutating func note(_ found: [ReferenceProblem], of id: ResourceID, _ step: inout Step) {
        // An empty dictionary is not asked: most of a large fleet has no problem.
        if !found.isEmpty || !problems.isEmpty { problems[id] = found.isEmpty ? nil : found.map(\.provisional) }
        if !found.isEmpty || !step.unlocated.isEmpty { step.unlocated[id] = found.isEmpty ? nil : found }
    }

    /// A resource that several sound files define: all of them are named, none wins.
    private func repeated(_ id: ResourceID) -> [ReferenceProblem] {
        guard let paths = definers[id], paths.count > 1 else { return [] }
        let places = paths.compactMap { path in files[path]?.parsed.resources.first { $0.id == id } }
            .sorted { $0.location < $1.location }
        return places.enumerated().map { index, resource in
            let other = places[index == 0 ? 1 : 0].location
            return ReferenceProblem(
                resource: resource, field: [], rule: .duplicateResource,
                message: "\(id) is defined here and in \(other.path); neither is used", hint: "remove one of them",
                related: other)
        }
    }

    private mutating func resolveRuntime(_ resource: Resource, _ runtime: ServingRuntime) -> [ReferenceProblem] {
        guard case .servingRuntime(let name) = resource.id else { return [] }
        let lock = runtime.environment.flatMap { locks[$0.lock] }
        runtimes[name] = ResolvedRuntime(name: name, runtime: runtime, lockDigest: lock?.digest)
        guard let python = runtime.environment, lock?.digest == nil else { return [] }
        return [
            ReferenceProblem(
                resource: resource, field: [.member("spec"), .member("environment"), .member("lock")],
                rule: .danglingReference,
                message: lock?.problem ?? "there is no file \(python.lock.quotedForMessage) in the repository",
                hint: "the path is read from the top of the repository")
        ]
    }
}

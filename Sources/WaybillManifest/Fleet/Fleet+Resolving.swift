import Dispatch
import Synchronization
import WaybillCore

extension Fleet {
    /// Deployments that a touched resource may change.
    func collectAffected(_ id: ResourceID, _ step: inout Step) {
        if case .modelDeployment(let key) = id { step.affected.insert(key) }
        // At the first commit every deployment is touched itself.
        guard commit != nil else { return }
        if let keys = dependents[id] { step.affected.formUnion(keys) }
        for environment in environmentsFollowing(id) {
            step.affected.formUnion(dependents[.environment(environment)] ?? [])
        }
    }

    /// Resolves the affected deployments that nothing holds.
    mutating func resolveAffected(_ step: inout Step) {
        var sound: [Sound] = []
        sound.reserveCapacity(step.affected.count)
        for key in step.affected {
            if let found = examine(key, &step) { sound.append(found) }
        }
        step.changed.reserveCapacity(sound.count)
        for part in Self.resolve(sound) {
            for desired in part { take(desired, &step) }
        }
    }

    /// All that a deployment is resolved from.
    private struct Sound: Sendable {
        let deployment: ModelDeployment
        let version: ModelVersion
        let runtime: ResolvedRuntime
        let location: SourceLocation
        let admission: AdmissionPolicy
        let lifecycle: Model.Lifecycle?

        func resolve() -> DesiredDeployment {
            .resolve(
                deployment, version: version, runtime: runtime, location: location, admission: admission,
                lifecycle: lifecycle)
        }
    }

    /// What to resolve one deployment from; nil when it is held or gone.
    private mutating func examine(_ key: DeploymentKey, _ step: inout Step) -> Sound? {
        let id = ResourceID.modelDeployment(key)
        guard let resource = resources[id], case .modelDeployment(let deployment) = resource.spec else {
            if claims[id] == nil, definers[id] == nil { deployments[key] = nil }
            return nil
        }
        guard claims[id] == nil, (definers[id]?.count ?? 0) == 1 else { return nil }
        note(danglingReferences(resource, deployment, &step), of: id, &step)
        guard problems[id] == nil, !allReferences(of: deployment).contains(where: isBlocked),
            case .modelVersion(let version)? = resources[.modelVersion(deployment.version)]?.spec,
            let runtime = runtimes[deployment.runtime]
        else { return nil }
        return Sound(
            deployment: deployment, version: version, runtime: runtime, location: resource.location,
            admission: admission(of: key.environment, &step), lifecycle: lifecycle(of: version.id))
    }

    /// What the environment asks of each of its deployments.
    private func admission(of environment: Name, _ step: inout Step) -> AdmissionPolicy {
        if let known = step.admissions[environment] { return known }
        var policy = AdmissionPolicy()
        if let name = checklist(of: environment), case .checklist(let rules)? = resources[.checklist(name)]?.spec {
            policy.checklist = AskedChecklist(name: name, rules: rules)
        }
        step.admissions[environment] = policy
        return policy
    }

    private func lifecycle(of version: VersionID) -> Model.Lifecycle? {
        guard case .model(let model)? = resources[.model(version.model)]?.spec else { return nil }
        return model.lifecycle(of: version.version)
    }

    /// Resolves many on all cores, in parts: a pure function of each.
    private static func resolve(_ sound: [Sound]) -> [[DesiredDeployment]] {
        guard sound.count > 64 else { return [sound.map { $0.resolve() }] }
        let parts = 8
        let results = Mutex([[DesiredDeployment]](repeating: [], count: parts))
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            let some = sound[sound.count * part / parts..<sound.count * (part + 1) / parts].map { $0.resolve() }
            results.withLock { $0[part] = some }
        }
        return results.withLock(\.self)
    }

    private mutating func take(_ desired: DesiredDeployment, _ step: inout Step) {
        guard let old = deployments.updateValue(desired, forKey: desired.key) else {
            step.changed[desired.key] = desired
            return
        }
        // Where the manifest stands changes nothing.
        var moved = old
        moved.location = desired.location
        if moved != desired { step.changed[desired.key] = desired }
    }

    private func danglingReferences(
        _ resource: Resource, _ deployment: ModelDeployment, _ step: inout Step
    ) -> [ReferenceProblem] {
        let (environment, runtime) = (deployment.key.environment, deployment.runtime)
        let named: [ResourceID] = [
            .environment(environment), .servingRuntime(runtime), .modelVersion(deployment.version),
        ]
        var found = named.compactMap { missing($0, &step)?.problem(of: resource) }
        if isNamed(.modelVersion(deployment.version)), let problem = unsupportedFormat(resource, deployment) {
            found.append(problem)
        }
        return found + templateProblems(resource, deployment)
    }

    private func unsupportedFormat(_ resource: Resource, _ deployment: ModelDeployment) -> ReferenceProblem? {
        guard case .modelVersion(let version)? = resources[.modelVersion(deployment.version)]?.spec,
            case .servingRuntime(let runtime)? = resources[.servingRuntime(deployment.runtime)]?.spec,
            !runtime.formats.contains(version.format)
        else { return nil }
        return ReferenceProblem(
            resource: resource, field: [.member("spec"), .member("runtime")], rule: .unsupportedFormat,
            message: "the runtime '\(deployment.runtime)' does not serve the format "
                + "\(version.format.quotedForMessage) of '\(version.id)'",
            hint: "it serves \(runtime.formats.joined(separator: ", "))")
    }

    func isNamed(_ id: ResourceID) -> Bool { resources[id] != nil || claims[id] != nil || definers[id] != nil }

    /// Whether a resource is broken, in its own file or by others.
    private func isBlocked(_ id: ResourceID) -> Bool { claims[id] != nil || problems[id] != nil }

    /// Why a deployment is held, empty when it is not.
    func reasons(for key: DeploymentKey) -> [Diagnostic] {
        let id = ResourceID.modelDeployment(key)
        var found = reasons(of: id)
        if case .modelDeployment(let deployment)? = resources[id]?.spec {
            for reference in allReferences(of: deployment) { found += reasons(of: reference) }
        }
        var seen: Set<Diagnostic> = []
        return found.filter { seen.insert($0).inserted }.sorted(by: Diagnostic.inOrder)
    }

    private func reasons(of id: ResourceID) -> [Diagnostic] {
        (claims[id] ?? []).flatMap { files[$0]?.parsed.diagnostics ?? [] } + (problems[id] ?? [])
    }

    /// Ends a step: which deployments are held from now on, and all that is wrong.
    mutating func finish(_ step: Step, _ changes: [Change], commit next: CommitID) -> DesiredDelta {
        var delta = DesiredDelta(commit: next, changed: step.changed, removed: step.removed, orphaned: step.orphaned)
        past.begin(next)
        noteTurns(step, changes)
        for key in step.affected {
            let reasons = step.removed.contains(key) ? [] : reasons(for: key)
            let before = held[key]
            past.note(.held(key), isStuck: !reasons.isEmpty, isTurn: before == nil)
            if reasons.isEmpty {
                held[key] = nil
                if before != nil { delta.released.insert(key) }
            } else if before != reasons {
                held[key] = reasons
                delta.held[key] = reasons
            }
        }
        past.end()
        commit = next
        delta.diagnostics = diagnostics
        delta.history = past.history
        return delta
    }

    /// Notes where this step made something broken, or broken in another way.
    private mutating func noteTurns(_ step: Step, _ changes: [Change]) {
        for change in changes {
            past.note(.file(change.path), isStuck: brokenPaths.contains(change.path), isTurn: true)
        }
        for id in step.touched {
            let isClaimedAnew = step.claimsBefore[id].map { $0 != claims[id] ?? [] } ?? false
            // Without exactly one sound definition it stays as it was.
            past.note(
                .resource(id), isStuck: claims[id] != nil || (definers[id]?.count ?? 0) > 1 || altered[id] != nil,
                isTurn: isClaimedAnew || !past.isStuck(.resource(id)))
        }
    }

    var diagnostics: [Diagnostic] {
        var own: [Diagnostic] = []
        var step = Step()
        for path in brokenPaths.sorted() {
            guard let file = files[path]?.parsed else { continue }
            own += file.diagnostics
            // What a broken file refers to is looked up, too: all of its problems come at once.
            own += file.references.compactMap { missing($0.id, &step)?.diagnostic(in: $0) }
        }
        return Array(Set(own + problems.values.joined())).sorted(by: Diagnostic.inOrder)
    }
}

import WaybillAPI
import WaybillCore
import WaybillEngine
import WaybillPackage

extension ControllerFace {
    func models() async throws(Failure) -> [ModelView] {
        let state = await source.stateInForce()
        let conditions = catalogue.take(state)
        let versions = Dictionary(grouping: versionIDs(state), by: \.model)
        return resources(state).compactMap { resource in
            guard case .model(let model) = resource.spec, case .model(let name) = resource.id else { return nil }
            return ModelView(
                name: name, model, versions: (versions[name] ?? []).map(\.version), location: resource.location,
                conditions: conditions[resource.id] ?? Conditions())
        }
    }

    func versions() async throws(Failure) -> [VersionView] {
        let state = await source.stateInForce()
        let conditions = catalogue.take(state)
        let users = Dictionary(grouping: state?.deployments.values.map(\.self) ?? [], by: \.spec.version)
        let bundles = await bundles()
        let serving = await serving()
        return resources(state).compactMap { resource in
            guard case .modelVersion(let version) = resource.spec else { return nil }
            var model: Model?
            if case .model(let found)? = state?.resources[.model(version.id.model)]?.spec { model = found }
            return VersionView(
                version, deployments: (users[version.id] ?? []).map(\.key), bundle: bundles[version.id.description],
                serving: serving[version.id] ?? [], lifecycle: model?.lifecycle(of: version.id.version),
                location: resource.location, conditions: conditions[resource.id] ?? Conditions())
        }
    }

    /// Deployments by the versions of which replicas are in rotation.
    private func serving() async -> [VersionID: [DeploymentKey]] {
        var found: [VersionID: [DeploymentKey]] = [:]
        for summary in await controller.allSummaries {
            let versions = summary.replicas.filter { summary.rotation.contains($0.id) }.map(\.version)
            for version in Set(versions) { found[version, default: []].append(summary.key) }
        }
        return found
    }

    func checklists() async throws(Failure) -> [ChecklistView] {
        let state = await source.stateInForce()
        let conditions = catalogue.take(state)
        var users: [Name: [Name]] = [:]
        for resource in resources(state) {
            guard case .environment(let environment) = resource.spec, case .environment(let name) = resource.id,
                let checklist = environment.checklist
            else { continue }
            users[checklist, default: []].append(name)
        }
        return resources(state).compactMap { resource in
            guard case .checklist(let checklist) = resource.spec, case .checklist(let name) = resource.id else {
                return nil
            }
            return ChecklistView(
                name: name, checklist, environments: users[name] ?? [], location: resource.location,
                conditions: conditions[resource.id] ?? Conditions())
        }
    }

    /// Digests of the bundles that are in the store, by version; none when it cannot be read: it decides nothing.
    func bundles() async -> [String: Digest] {
        let named = (try? await ContentStore(root: folder.content).names()) ?? [:]
        return named.mapValues(\.digest)
    }

    func runtimes() async throws(Failure) -> [RuntimeView] {
        let state = await source.stateInForce()
        let conditions = catalogue.take(state)
        let users = Dictionary(grouping: state?.deployments.values.map(\.self) ?? [], by: \.spec.runtime)
        return resources(state).compactMap { resource in
            guard case .servingRuntime(let runtime) = resource.spec, case .servingRuntime(let name) = resource.id else {
                return nil
            }
            return RuntimeView(
                name: name, runtime, deployments: (users[name] ?? []).map(\.key), location: resource.location,
                conditions: conditions[resource.id] ?? Conditions())
        }
    }

    func environments() async throws(Failure) -> [EnvironmentView] {
        let state = await source.stateInForce()
        let conditions = catalogue.take(state)
        let summaries = Dictionary(grouping: await controller.allSummaries, by: \.key.environment)
        return resources(state).compactMap { resource in
            guard case .environment(let environment) = resource.spec, case .environment(let name) = resource.id else {
                return nil
            }
            let here = summaries[name] ?? []
            return EnvironmentView(
                name: name, environment, deployments: here.count, ready: here.count { $0.conditions.isTrue(.ready) },
                location: resource.location,
                conditions: conditions[resource.id] ?? Conditions())
        }
    }

    private func resources(_ state: DesiredState?) -> [Resource] {
        (state?.resources.values.map(\.self) ?? []).sorted { $0.id < $1.id }
    }

    private func versionIDs(_ state: DesiredState?) -> [VersionID] {
        resources(state).compactMap { if case .modelVersion(let id) = $0.id { id } else { nil } }
    }
}

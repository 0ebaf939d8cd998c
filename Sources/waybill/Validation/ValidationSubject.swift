import WaybillCore
import WaybillManifest

/// What is validated, by which rules, run how: all of it as a fleet folder has it now.
struct ValidationSubject: Sendable {
    let version: ModelVersion
    /// What the version states, or else its model.
    let license: String?
    let checklist: (name: Name, rules: Checklist)
    let tree: any FleetTree
    /// The look at the folder that it was read in.
    let commit: CommitID
    let state: DesiredState
    /// How a replica of the version is run, where a deployment says so.
    var candidate: RevisionSpec?
    /// What serves in an environment; nil: what `state` deploys there is taken for it.
    var serving: (@Sendable (Name) async -> [ServedVersion])?
    /// Of each replica in rotation, whether it is ready; nil where nobody knows what serves.
    var rotation: (@Sendable () async -> [ReplicaID: Bool])?
    /// Why no load may be put on this machine; nil: it may.
    var loadRefused: String?

    /// - Throws: `ManifestProblem`, stalling, when the folder has no sound manifest of the version or the checklist.
    static func find(
        _ id: VersionID, checklist name: Name, in folder: String, path: String?
    ) async throws -> ValidationSubject {
        let root = FleetTop.above(folder)
        let tree = FolderTree(root: root)
        let commit = try tree.scan()
        let loader = FleetLoader(tree: tree, path: try path ?? ManifestFolder.configured(in: root))
        let delta = try await loader.load(commit)
        guard let state = await loader.state else {
            throw Failure(.stall, reason: "ManifestProblem", message: "\(root): the folder holds no fleet")
        }
        let problem = delta.diagnostics.first { $0.severity == .error }.map {
            "; the first problem: \(DiagnosticText.headline($0))"
        }
        guard case .modelVersion(let version)? = state.resources[.modelVersion(id)]?.spec else {
            throw missing("\(id)", root, problem)
        }
        guard case .checklist(let rules)? = state.resources[.checklist(name)]?.spec else {
            let names = state.resources.keys.filter { $0.kind == .checklist }.map(\.name).sorted()
            let known = names.isEmpty ? "" : "; there is \(names.joined(separator: ", "))"
            throw missing("the Checklist \(name)\(known)", root, problem)
        }
        var license = version.license
        if license == nil, case .model(let model)? = state.resources[.model(id.model)]?.spec { license = model.license }
        return ValidationSubject(
            version: version, license: license, checklist: (name, rules), tree: tree, commit: commit, state: state)
    }

    private static func missing(_ what: String, _ root: String, _ problem: String?) -> Failure {
        Failure(
            .stall, reason: "ManifestProblem",
            message: "\(root): no manifest below it defines \(what)\(problem ?? ""); 'waybill lint' shows what it has")
    }

    /// The version of the model that serves in an environment, and how it is run; nil when nothing does.
    ///
    /// - Throws: `BaselineAmbiguous`, stalling, when versions there differ; `EnvironmentMissing` for one that nothing defines;
    ///   `BaselineIsCandidate`; `BaselineMissing` for one that no manifest defines any more.
    func baseline(in environment: Name) async throws(Failure) -> (version: ModelVersion, spec: RevisionSpec)? {
        guard state.resources[.environment(environment)] != nil else {
            throw Failure(
                .stall, reason: "EnvironmentMissing", message: "no manifest defines the Environment \(environment)")
        }
        let there = await serving?(environment) ?? deployed(in: environment)
        guard let first = there.first else { return nil }
        guard there.allSatisfy({ $0.version == first.version }) else {
            let names = Set(there.map(\.version.description)).sorted().joined(separator: " and ")
            throw Failure(
                .stall, reason: "BaselineAmbiguous", message: "\(names) are both deployed in \(environment)")
        }
        guard first.version != version.id else {
            throw Failure(
                .stall, reason: "BaselineIsCandidate",
                message: serving == nil
                    ? "the folder deploys \(version.id) itself in \(environment); compare where it does not yet"
                    : "\(version.id) itself serves in \(environment)")
        }
        guard case .modelVersion(let manifest)? = state.resources[.modelVersion(first.version)]?.spec else {
            throw Failure(
                .stall, reason: "BaselineMissing",
                message: "\(first.version) serves in \(environment), and no manifest defines it any more")
        }
        return (manifest, try await spec(of: manifest, runtime: first.runtime))
    }

    private func deployed(in environment: Name) -> [ServedVersion] {
        state.deployments.values.filter {
            $0.key.environment == environment && $0.spec.version.model == version.id.model
        }.map { ServedVersion(version: $0.spec.version, runtime: $0.spec.runtime) }
    }

    /// How a replica of a version of the model is run: by `runtime`; or else as the deployments of the model are; or by the only runtime that serves
    /// its format.
    ///
    /// - Throws: `RuntimeAmbiguous` or `RuntimeMissing`, stalling, with what there is.
    func spec(of version: ModelVersion, runtime named: Name?) async throws(Failure) -> RevisionSpec {
        let name = if let named { named } else { try onlyRuntime() }
        guard case .servingRuntime(let runtime)? = state.resources[.servingRuntime(name)]?.spec else {
            throw Failure(
                .stall, reason: "RuntimeMissing", message: "no manifest defines the ServingRuntime \(name)")
        }
        guard runtime.formats.contains(version.format) else {
            throw Failure(
                .stall, reason: "RuntimeMissing",
                message:
                    "\(name) serves \(runtime.formats.joined(separator: ", ")), and \(version.id) is \(version.format)")
        }
        guard runtime.protocolName == .oipV2 else {
            throw .unusable(name, runtime.protocolName)
        }
        var digest: Digest?
        if let lock = runtime.environment?.lock {
            guard let file = try await tree.file(lock, at: commit) else {
                throw Failure(
                    .stall, reason: "LockMissing", message: "\(lock): there is no such file in the repository")
            }
            digest = Digest(of: try await tree.read([file.blob], limit: 8 << 20).first ?? [])
        }
        let key = Self.candidateKey(of: version.id.model)
        return DesiredDeployment.resolve(
            ModelDeployment(key: key, version: version.id, runtime: name), version: version,
            runtime: ResolvedRuntime(name: name, runtime: runtime, lockDigest: digest),
            location: SourceLocation(path: "", line: 1, column: 1)
        ).spec
    }

    /// Of a replica that only gates ask; sandboxed like any.
    static func candidateKey(of model: Name) -> DeploymentKey { DeploymentKey(environment: .validation, name: model) }

    private func onlyRuntime() throws(Failure) -> Name {
        let deployed = Set(
            state.deployments.values.filter { $0.spec.version.model == version.id.model }.map(\.spec.runtime))
        if deployed.count == 1, let only = deployed.first { return only }
        var able: [Name] = []
        for case .servingRuntime(let name) in state.resources.keys {
            guard case .servingRuntime(let runtime)? = state.resources[.servingRuntime(name)]?.spec,
                runtime.formats.contains(version.format)
            else { continue }
            able.append(name)
        }
        if able.count == 1, let only = able.first { return only }
        let names = able.map(\.text).sorted().joined(separator: ", ")
        throw able.isEmpty
            ? Failure(
                .stall, reason: "RuntimeMissing", message: "no ServingRuntime of the folder serves \(version.format)")
            : Failure(
                .stall, reason: "RuntimeAmbiguous",
                message: "several runtimes serve \(version.format): \(names); name one by --runtime")
    }
}

extension Failure {
    static func unusable(_ runtime: Name, _ spoken: ServingProtocol) -> Failure {
        Failure(
            .stall, reason: "RuntimeUnusable",
            message: "\(runtime) speaks '\(spoken.rawValue)'; gates ask candidates in 'oip-v2'")
    }
}

/// A serving runtime with the digest of its lock, ready to be joined with many deployments.
package struct ResolvedRuntime: Hashable, Sendable {
    package let name: Name
    package let runtime: ServingRuntime
    package let environment: LockedEnvironment?
    package let part: Rendering.RuntimePart

    /// `lockDigest` is that of the lock's bytes at the desired commit; without it a runtime that has a lock has no environment.
    package init(name: Name, runtime: ServingRuntime, lockDigest: Digest?) {
        self.name = name
        self.runtime = runtime
        part = Rendering.RuntimePart(runtime, lockDigest: lockDigest)
        if let python = runtime.environment, let lockDigest {
            environment = LockedEnvironment(python: python.python, lock: python.lock, lockDigest: lockDigest)
        } else {
            environment = nil
        }
    }
}

extension DesiredDeployment {
    /// What should serve for `deployment`: a pure function of what git says.
    package static func resolve(
        _ deployment: ModelDeployment, version: ModelVersion, runtime: ResolvedRuntime, location: SourceLocation,
        admission: AdmissionPolicy = .open, lifecycle: Model.Lifecycle? = nil
    ) -> DesiredDeployment {
        let rendering = Rendering.of(deployment, version: version, runtimePart: runtime.part)
        let its = runtime.runtime
        let own = Set(deployment.env.map(\.name))
        let spec = RevisionSpec(
            revision: rendering.revision(using: runtime.part), key: deployment.key, version: version.id,
            runtime: runtime.name,
            protocolName: its.protocolName, paths: its.paths, artifacts: version.artifacts,
            environment: runtime.environment, command: its.command, files: its.files,
            env: its.env.filter { !own.contains($0.name) } + deployment.env, ports: its.ports, probes: its.probes,
            resources: deployment.resources, isolation: its.isolation, stopGrace: its.stopGrace,
            manifest: version)
        return DesiredDeployment(
            spec: spec, replicas: deployment.replicas, drain: deployment.rollout.drain, rendering: rendering,
            location: location, admission: admission, lifecycle: lifecycle, rollout: deployment.rollout,
            recording: deployment.recording)
    }
}

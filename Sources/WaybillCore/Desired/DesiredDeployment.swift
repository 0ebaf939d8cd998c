/// The `restart` part of a rendering, in the types that a target needs to run a replica. Computed from git alone.
package struct RevisionSpec: Hashable, Sendable {
    package var revision: Revision
    package var key: DeploymentKey
    package var version: VersionID
    package var runtime: Name
    package var protocolName: ServingProtocol
    package var paths: [String]
    package var artifacts: [Artifact]
    package var environment: LockedEnvironment?
    package var command: [String]
    package var files: [RenderedFile]
    /// The runtime's variables, then the deployment's, which win.
    package var env: [EnvironmentVariable]
    package var ports: [String]
    package var probes: Probes
    package var resources: Resources
    package var isolation: Isolation
    package var stopGrace: Duration
    /// The version as git has it, which is packaged when the revision is prepared. No part of the revision.
    package var manifest: ModelVersion?

    package init(
        revision: Revision, key: DeploymentKey, version: VersionID, runtime: Name, protocolName: ServingProtocol,
        paths: [String], artifacts: [Artifact], environment: LockedEnvironment?, command: [String],
        files: [RenderedFile], env: [EnvironmentVariable], ports: [String], probes: Probes, resources: Resources,
        isolation: Isolation, stopGrace: Duration, manifest: ModelVersion? = nil
    ) {
        self.revision = revision
        self.key = key
        self.version = version
        self.runtime = runtime
        self.protocolName = protocolName
        self.paths = paths
        self.artifacts = artifacts
        self.environment = environment
        self.command = command
        self.files = files
        self.env = env
        self.ports = ports
        self.probes = probes
        self.resources = resources
        self.isolation = isolation
        self.stopGrace = stopGrace
        self.manifest = manifest
    }
}

/// A Python environment with the digest of its lock's bytes, as the desired commit has them.
package struct LockedEnvironment: Hashable, Sendable {
    package var python: String
    package var lock: String
    package var lockDigest: Digest

    package init(python: String, lock: String, lockDigest: Digest) {
        self.python = python
        self.lock = lock
        self.lockDigest = lockDigest
    }
}

/// What should be serving for one key at one commit.
package struct DesiredDeployment: Hashable, Sendable {
    /// Boxed, so that a deployment is small: a fleet holds and passes on many.
    private var boxed: Boxed
    package var replicas: Int
    package var drain: Duration
    /// The whole rendering in its versioned canonical form; `Rendering` makes it.
    package var rendering: Rendering
    package var location: SourceLocation
    /// What its environment asks before a revision starts. No part of the rendering.
    package var admission: AdmissionPolicy
    /// What its model says of its version; nil while that is active. No part of the rendering.
    package var lifecycle: Model.Lifecycle?
    /// How it takes over from what serves. Part of the rendering, as `drain` is.
    package var rollout: ModelDeployment.Rollout
    /// What is recorded of its predictions. Part of the rendering.
    package var recording: RecordingPolicy

    package init(
        spec: RevisionSpec, replicas: Int, drain: Duration, rendering: Rendering, location: SourceLocation,
        admission: AdmissionPolicy = .open, lifecycle: Model.Lifecycle? = nil,
        rollout: ModelDeployment.Rollout = ModelDeployment.Rollout(), recording: RecordingPolicy = .off
    ) {
        self.recording = recording
        self.rollout = rollout
        self.admission = admission
        boxed = Boxed(spec)
        self.replicas = replicas
        self.drain = drain
        self.rendering = rendering
        self.location = location
        self.lifecycle = lifecycle
    }

    package var spec: RevisionSpec {
        get { boxed.spec }
        set { boxed = Boxed(newValue) }
    }
    package var key: DeploymentKey { boxed.spec.key }
    package var revision: Revision { boxed.spec.revision }
    /// In a sentence, why nothing may begin to serve it; nil when its version is not banned.
    package var ban: String? {
        guard let lifecycle, lifecycle.state == .banned else { return nil }
        return "\(spec.version) \(lifecycle.sentence)"
    }

    private final class Boxed: Hashable, Sendable {
        let spec: RevisionSpec

        init(_ spec: RevisionSpec) { self.spec = spec }

        static func == (left: Boxed, right: Boxed) -> Bool { left === right || left.spec == right.spec }
        func hash(into hasher: inout Hasher) { hasher.combine(spec.revision) }
    }
}

/// The canonical, versioned, fully resolved form of a deployment. Absent and default fields are not in it.
package struct Rendering: Hashable, Sendable {
    /// What changes a replica; its digest is the revision.
    package var restart: Value
    /// What applies without a restart.
    package var live: Value

    package init(restart: Value, live: Value) {
        self.restart = restart
        self.live = live
    }

    /// The format of the bytes below. A new version keeps the old one's bytes for all that the old one could say.
    package static let version = "waybill.rendering/1"

    /// The exact bytes whose digest is the revision: the version's line and the JSON of `restart` on one line.
    package var restartBytes: [UInt8] { Self.lines([restart]) }
    /// The exact bytes whose digest a change names: those, and the JSON of `live` on one line.
    package var bytes: [UInt8] { Self.lines([restart, live]) }

    private static func lines(_ parts: [Value]) -> [UInt8] {
        var writer = JSONWriter()
        writer.write(raw: version)
        for part in parts {
            writer.write(raw: "\n")
            writer.write(part)
        }
        writer.write(raw: "\n")
        return writer.bytes
    }

    package var revision: Revision { Revision(Digest(of: restartBytes)) }
    package var digest: Digest { Digest(of: bytes) }
}

import Foundation
import Testing
import WaybillCore

@Suite struct RenderingTests {
    /// A deployment with every field that changes a rendering, or with as few as there can be.
    static func desired(
        full: Bool, edit: (inout ModelDeployment, inout ModelVersion, inout ServingRuntime) -> Void = { _, _, _ in }
    )
        throws -> DesiredDeployment
    {
        let digest = Digest(of: Array("weights".utf8))
        let id = try VersionID(parsing: "churn@1.4.0")
        var version = ModelVersion(
            id: id, format: "sklearn-joblib",
            artifacts: [
                Artifact(path: "model.joblib", source: .repository(path: "m/model.joblib"), digest: digest, size: 7)
            ])
        var runtime = ServingRuntime(
            formats: ["sklearn-joblib"], protocolName: .oipV2, command: ["mlserver", "start"],
            probes: Probes(
                startup: Probe(check: .http(path: "/v2/health/ready"), failures: 120),
                readiness: Probe(check: .http(path: "/v2/health/ready"))))
        var deployment = ModelDeployment(
            key: try DeploymentKey(parsing: "production/churn"), version: id, runtime: try Name(parsing: "mlserver"))
        if full {
            runtime.environment = PythonEnvironment(python: "3.11", lock: "runtimes/mlserver.lock")
            runtime.protocolName = .http
            runtime.paths = ["/predict"]
            runtime.files = [RenderedFile(path: "settings.json", content: "{\"a\": \"é\"}\n")]
            runtime.env = [
                EnvironmentVariable(name: "A", source: .value("1")),
                EnvironmentVariable(name: "B", source: .value("2")),
            ]
            runtime.ports = ["http", "grpc"]
            runtime.probes.liveness = Probe(check: .tcp, period: .seconds(10))
            runtime.isolation = .none
            runtime.stopGrace = .seconds(90)
            deployment.replicas = 3
            deployment.resources = Resources(memory: 512 << 20, cpuMillis: 1500, devices: [0, 1])
            deployment.env = [
                EnvironmentVariable(name: "B", source: .file("/run/b")),
                EnvironmentVariable(name: "C", source: .value("c")),
            ]
            deployment.rollout.drain = .milliseconds(1500)
        }
        edit(&deployment, &version, &runtime)
        let resolved = ResolvedRuntime(
            name: deployment.runtime, runtime: runtime, lockDigest: full ? Digest(of: Array("lock".utf8)) : nil)
        return .resolve(
            deployment, version: version, runtime: resolved,
            location: SourceLocation(path: "a.yaml", line: 1, column: 1))
    }

    /// Renderings that some Waybill has made must stay as they are, to the byte: approvals and running replicas name them.
    @Test(arguments: ["full", "least"])
    func `every past rendering is byte-equal`(_ name: String) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/1-\(name).txt")
        let desired = try Self.desired(full: name == "full")
        let rendering = desired.rendering
        #expect(desired.revision == rendering.revision)
        let text = String(decoding: rendering.bytes, as: UTF8.self) + "\(rendering.revision)\n"
        if !FileManager.default.fileExists(atPath: file.path),
            ProcessInfo.processInfo.environment["WAYBILL_REGENERATE"] == "1"
        {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }

    @Test func `defaults and absent fields are not in a rendering`() throws {
        let rendering = try Self.desired(full: false).rendering
        #expect(rendering.live == .object([:]))
        #expect(rendering.restart["runtime"]?["stopGrace"] == nil)
        #expect(rendering.restart["runtime"]?["probes"]?["startup"] == ["http": "/v2/health/ready"])
    }

    @Test func `what only describes, and where bytes come from, is in no rendering`() throws {
        let before = try Self.desired(full: true)
        let after = try Self.desired(full: true) { _, version, runtime in
            version.artifacts[0].source = .file(path: "/elsewhere/model.joblib")
            version.inputs = [Tensor(name: "x", datatype: .FP32, shape: [-1])]
            runtime.formats.append("onnx")
            runtime.environment?.lock = "other/place.lock"
        }
        #expect(after.rendering == before.rendering)
        #expect(after.revision == before.revision)
    }

    @Test func `replicas and drain change the rendering but no revision`() throws {
        let before = try Self.desired(full: false)
        let after = try Self.desired(full: false) { deployment, _, _ in
            deployment.replicas = 3
            deployment.rollout.drain = .seconds(5)
        }
        #expect(after.revision == before.revision)
        #expect(after.rendering.digest != before.rendering.digest)
        #expect(
            FieldChange.between(before.rendering, after.rendering).map(\.description) == [
                "spec.replicas: 1 → 3 (no restart)", "spec.rollout.drain: 30s → 5s (no restart)",
            ])
    }

    @Test func `differences are shown by field, lists by what tells their items apart`() throws {
        let before = try Self.desired(full: true)
        let after = try Self.desired(full: true) { deployment, version, runtime in
            deployment.version = VersionID(model: deployment.version.model, version: SemanticVersion.next)
            deployment.env[1].source = .value("d")
            deployment.env.append(EnvironmentVariable(name: "D", source: .value("x y")))
            deployment.resources.memory = nil
            version.artifacts[0].digest = Digest(of: [])
            runtime.command.append("--fast")
        }
        #expect(
            FieldChange.between(before.rendering, after.rendering).map(\.description) == [
                #"runtime.command: ["mlserver","start"] → ["mlserver","start","--fast"]"#, "spec.env[C].value: c → d",
                #"spec.env[D]: (absent) → {"name":"D","value":"x y"}"#, "spec.resources.memory: 512Mi → (absent)",
                "spec.version: 1.4.0 → 1.5.0",
                "version.artifacts[model.joblib].digest: \(Digest(of: Array("weights".utf8))) → \(Digest(of: []))",
            ])
    }

    @Test func `what comes is shown whole, with the defaults that it takes, and so is what goes`() throws {
        let rendering = try Self.desired(full: false).rendering
        let created = FieldChange.between(nil, rendering)
        let lines = created.map(\.description)
        for line in [
            "spec.version: (absent) → 1.4.0", "spec.replicas: (absent) → 1",
            "spec.runtime: (absent) → mlserver",
            "spec.rollout.drain: (absent) → 30s", "runtime.isolation: (absent) → sandbox",
            "runtime.stopGrace: (absent) → 10s",
        ] {
            #expect(lines.contains(line), "\(line) in \(lines)")
        }
        #expect(!created.contains { $0.path.hasPrefix("runtime.probes.liveness") })
        #expect(created.map(\.path) == created.map(\.path).sorted())
        let removed = FieldChange.between(rendering, nil)
        #expect(removed.map(\.path) == created.map(\.path))
        #expect(removed.map(\.before) == created.map(\.after))
        #expect(removed.allSatisfy { $0.after == nil })
        #expect(FieldChange.between(nil as Rendering?, nil) == [])
    }

    @Test func `an order that changed is a difference`() throws {
        let before = try Self.desired(full: true)
        let after = try Self.desired(full: true) { deployment, _, _ in deployment.env.reverse() }
        #expect(FieldChange.between(before.rendering, after.rendering).map(\.path) == ["spec.env"])
        #expect(FieldChange.between(before.rendering, before.rendering) == [])
    }

    @Test func `the deployment's variables win over the runtime's`() throws {
        let names = try Self.desired(full: true).spec.env.map { "\($0.name) \($0.source)" }
        #expect(names == [#"A value("1")"#, #"B file("/run/b")"#, #"C value("c")"#])
    }
}

extension SemanticVersion {
    fileprivate static var next: SemanticVersion {
        guard let version = try? SemanticVersion(parsing: "1.5.0") else { preconditionFailure("a sound version") }
        return version
    }
}

extension RenderingTests {
    @Test func `what is packaged with a version changes nothing that runs`() throws {
        let plain = try Self.desired(full: true)
        let described = try Self.desired(full: true) { _, version, _ in
            version.card = "docs/churn.md"
            version.license = "Apache-2.0"
            version.environment = PythonEnvironment(python: "3.12", lock: "locks/train.lock")
            if let commit = try? CommitID(parsing: String(repeating: "c", count: 40)) {
                version.code = CodeSource(repository: "https://git.example/churn", commit: commit)
            }
            if let name = try? Name(parsing: "train") {
                version.data = [Dataset(name: name, digest: Digest(of: "data".utf8))]
            }
        }
        #expect(described.rendering == plain.rendering)
        #expect(described.revision == plain.revision)
        #expect(described.spec.manifest?.card == "docs/churn.md")
    }
}

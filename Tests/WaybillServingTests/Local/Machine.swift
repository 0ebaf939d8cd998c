import AsyncHTTPClient
import Foundation
import Glibc
import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillServing

private let client = HTTPClient(configuration: LocalTarget.probeConfiguration)
private let nextRange = Mutex(0)

/// The shim that was built with the tests.
let builtShim = URL(filePath: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "/")
    .deletingLastPathComponent().appending(path: "waybill-shim").path

/// A machine of one test: a state folder, a model, and a local target that can be dropped and made again.
final class Machine: Sendable {
    let root: URL
    let settings: LocalTargetSettings
    let models: PlainModelStore
    let server: String
    let weights: Artifact
    let inUse = Mutex<Set<Int>>([])

    var state: String { settings.state }

    init(root: URL, _ adjust: (inout LocalTargetSettings) -> Void = { _ in }) throws {
        // Real paths, as the target uses them.
        let real = root.resolvingSymlinksInPath()
        self.root = real
        let first = nextRange.withLock { range in
            defer { range += 1 }
            return 20_000 + Int(getpid()) % 20 * 500 + range % 100 * 5
        }
        var settings = LocalTargetSettings(
            state: real.appending(path: "state").path, shim: builtShim, ports: first...(first + 4))
        adjust(&settings)
        self.settings = settings
        models = PlainModelStore(root: real.appending(path: "state/models"))
        server = real.appending(path: "server.py").path
        try Data(sampleServer.utf8).write(to: URL(filePath: server))
        let file = real.appending(path: "weights")
        try Data("2.5".utf8).write(to: file)
        weights = Artifact(
            path: "weights", source: .file(path: file.path), digest: Digest(of: Array("2.5".utf8)), size: 3)
    }

    func makeTarget() throws -> LocalTarget {
        try LocalTarget(
            settings: settings, models: models, environments: NoEnvironments(), client: client,
            portsInUse: { [self] in inUse.withLock { $0 } })
    }

    /// A spec of the sample server.
    func spec(
        _ name: String = "churn", isolation: Isolation = .none, env: [EnvironmentVariable] = [],
        resources: Resources = Resources(), grace: Duration = .seconds(5), command: [String]? = nil,
        files: [RenderedFile] = [], liveness: Probe? = nil
    ) throws -> RevisionSpec {
        let health = Probe(check: .http(path: "/v2/health/ready"), period: .milliseconds(100), failures: 2)
        var startup = health
        startup.failures = 300
        return RevisionSpec(
            revision: Revision(Digest(of: Array(name.utf8))), key: try DeploymentKey(parsing: "test/\(name)"),
            version: try VersionID(parsing: "\(name)@1.0.0"), runtime: try Name(parsing: "sample"),
            protocolName: .oipV2, paths: [], artifacts: [weights], environment: nil,
            command: command ?? [
                "/usr/bin/python3", "-u", server, "{{ ports.http }}", "{{ deployment.name }}", "{{ model.file }}",
            ],
            files: files, env: env, ports: ["http"],
            probes: Probes(startup: startup, readiness: health, liveness: liveness), resources: resources,
            isolation: isolation, stopGrace: grace)
    }

    func start(_ spec: RevisionSpec, serial: UInt64 = 1, on target: LocalTarget) async throws -> ReplicaID {
        let id = ReplicaID(key: spec.key, revision: spec.revision, serial: serial)
        try await target.prepare(
            spec, at: try CommitID(parsing: String(repeating: "a", count: 40)), ticket: try await ticket())
        try await target.start(id, spec, ticket: try await ticket())
        return id
    }

    func folder(_ id: ReplicaID) -> ReplicaFolder { ReplicaFolder(id, in: settings.replicas) }

    /// Ends whatever the test left running.
    func cleanUp() async throws {
        let folders = Disk.names(in: settings.replicas).compactMap { try? ReplicaID(parsing: $0) }.map(folder)
        for folder in folders { _ = folder.askToStop(reason: "the test is over") }
        for folder in folders {
            try await eventually("\(folder.id) ends") { if case .ended = folder.life() { true } else { false } }
            if case .ended(let ended) = folder.life(), ended.isUnswept {
                _ = try KeeperProcess(shim: settings.shim).sweep(folder.path)
            }
        }
    }
}

/// Gives `body` a machine and a target whose prober runs; ends what is left.
func withMachine(
    _ adjust: (inout LocalTargetSettings) -> Void = { _ in },
    _ body: (Machine, LocalTarget) async throws -> Void
) async throws {
    try await withTemporaryFolder { root in
        chmod(root.path, 0o755)
        try await withReplicas(of: try Machine(root: root, adjust), body)
    }
}

/// Gives `body` a target of `machine` whose prober runs; ends what is left.
func withReplicas(of machine: Machine, _ body: (Machine, LocalTarget) async throws -> Void) async throws {
    do {
        let target = try machine.makeTarget()
        try await whileProbing(target) { try await body(machine, target) }
    } catch {
        try await machine.cleanUp()
        throw error
    }
    try await machine.cleanUp()
}

/// Runs `body` beside the target's prober.
func whileProbing(_ target: LocalTarget, _ body: () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await target.prober.run() }
        do {
            try await body()
        } catch {
            group.cancelAll()
            throw error
        }
        group.cancelAll()
    }
}

/// Waits until `condition` holds; a test that waits for long has failed.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("never: \(what)")
            throw NeverHappened(what: what)
        }
        try await Task.sleep(for: .milliseconds(20))
    }
}

struct NeverHappened: Error { var what: String }

extension LocalTarget {
    func only(_ key: DeploymentKey) async throws -> ObservedReplica {
        let replicas = try await observe(key, revisions: []).replicas
        #expect(replicas.count == 1)
        return try #require(replicas.first)
    }

    func waitUntilReady(_ key: DeploymentKey) async throws -> ObservedReplica {
        try await eventually("\(key) is ready") {
            let replica = try await self.only(key)
            if case .exited(let status) = replica.phase {
                throw NeverHappened(what: "\(replica.id) ready: \(status) \(status.lastLines)")
            }
            return replica.phase == .ready
        }
        return try await only(key)
    }

    func waitUntilExited(_ key: DeploymentKey) async throws -> WaybillCore.ExitStatus {
        try await eventually("\(key) has exited") { try await self.only(key).phase.exit != nil }
        return try #require(try await only(key).phase.exit)
    }
}

extension ObservedReplica.Phase {
    var exit: WaybillCore.ExitStatus? { if case .exited(let status) = self { status } else { nil } }
}

/// POSTs `body` to the sample server and returns the answer's text.
@discardableResult
func post(_ path: String, _ body: String, to replica: ObservedReplica) async throws -> String {
    var request = HTTPClientRequest(url: "http://127.0.0.1:\(try #require(replica.port))\(path)")
    request.method = .POST
    request.body = .bytes(Array(body.utf8))
    let response = try await client.execute(request, timeout: .seconds(20))
    return String(buffer: try await response.body.collect(upTo: 1 << 20))
}

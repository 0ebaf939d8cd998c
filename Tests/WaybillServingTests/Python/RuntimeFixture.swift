import Foundation
import Glibc
import WaybillCore
import WaybillTestSupport

@testable import WaybillServing

/// The files that the project ships, read from its own folder.
enum Shipped {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    static let runtimes = root.appending(path: "manifests/runtimes")
    static let samples = root.appending(path: "samples")
    static let fleet = samples.appending(path: "fleet")

    /// A shipped runtime, read by another YAML library than ours.
    static func runtime(_ name: String) async throws -> RuntimeManifest {
        let json = try await documents(in: runtimes.appending(path: "\(name).yaml"))
        return try JSONDecoder().decode([RuntimeManifest].self, from: json)[0]
    }

    /// All documents of a YAML file as a JSON list.
    static func documents(in file: URL) async throws -> Data {
        let python = try await PythonSuite.environment(lock: "pyyaml==6.0.3\n").appending(path: "bin/python").path
        let program = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))"
        return Data(try await run([python, "-c", program, file.path]).utf8)
    }

    /// The packages of the shipped lock, built by the code under test, once a machine.
    static func environment(lock: String) async throws -> String {
        // A runtime names its lock as a fleet has it: below `runtimes/`.
        let text = try Data(contentsOf: root.appending(path: "manifests").appending(path: lock))
        let ledger = RecordedLedger()
        let store = PythonEnvironments(
            root: PythonSuite.environments.path, tree: MemoryTree([lock: [UInt8](text)]),
            journal: Journal(storage: ledger),
            search: InterpreterSearch(folders: ["/usr/bin"], isForOthers: true),
            variables: ProcessInfo.processInfo.environment, keepsUnused: true, now: { Timestamp(milliseconds: 0) })
        let environment = LockedEnvironment(python: "3.11", lock: lock, lockDigest: Digest(of: text))
        let commit = try CommitID(parsing: String(repeating: "c", count: 40))
        try await store.build(environment, at: commit, ticket: try await ledger.ticket())
        return try await store.folder(for: environment)
    }

    /// What a program writes; throws when it fails.
    @discardableResult
    static func run(_ arguments: [String]) async throws -> String {
        try await BlockingWork(label: "test").run { (cancellation) throws(Failure) in
            var output: [UInt8] = []
            let command = ChildCommand(arguments: arguments, variables: ["PATH": "/usr/bin:/bin"], lock: nil)
            let end = try command.run(deadline: .now + .seconds(240), cancellation: cancellation) { output += $0 }
            let text = String(decoding: output, as: UTF8.self)
            guard end == .code(0) else {
                throw Failure(.stall, reason: "Test", message: "\(arguments): \(end)\n\(text)")
            }
            return text
        }
    }
}

/// As much of a `ServingRuntime` as a test needs to run it.
struct RuntimeManifest: Decodable {
    struct Spec: Decodable {
        let formats: [String]
        let `protocol`: String
        let environment: Environment?
        let command: [String]
        let files: [File]?
        let env: [Variable]?
        let ports: [String]?
        let probes: [String: Probe]
    }
    struct Environment: Decodable { let python: String, lock: String }
    struct File: Decodable { let path: String, content: String }
    struct Variable: Decodable { let name: String, value: String }
    struct Probe: Decodable { let http: String }

    let spec: Spec

    /// Every template of it.
    var templates: [String] {
        spec.command + (spec.files ?? []).map(\.content) + (spec.env ?? []).map(\.value)
            + spec.probes.values.map(\.http)
    }
}

/// A runtime with its variables filled in: one server.
struct RunningServer {
    let manifest: RuntimeManifest
    let values: [String: String]
    let port: Int

    init(_ manifest: RuntimeManifest, model: URL, work: URL, environment: String?, deployment: String) throws {
        self.manifest = manifest
        let ports = try (manifest.spec.ports ?? ["http"]).map { ($0, try PlainSocket.freePort()) }
        port = ports[0].1
        values = Dictionary(
            uniqueKeysWithValues: [
                ("model.dir", model.path), ("work.dir", work.path), ("environment.dir", environment ?? ""),
                ("deployment.name", deployment), ("deployment.environment", "staging"), ("model.version", "2.0.0"),
                ("replica.id", "staging.\(deployment).000000000000.1"),
            ] + ports.map { ("ports.\($0.0)", String($0.1)) })
        try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
        for file in manifest.spec.files ?? [] {
            try Data(rendered(file.content).utf8).write(to: work.appending(path: file.path))
        }
    }

    /// Replaces each variable; an unknown one stays as it is.
    func rendered(_ text: String) -> String {
        values.reduce(text) { text, value in
            text.replacing("{{ \(value.key) }}", with: value.value).replacing("{{\(value.key)}}", with: value.value)
        }
    }

    /// Runs the server while `body` runs. Its output is in the error when it ends by itself.
    func whileRunning<Result: Sendable>(_ body: @escaping @Sendable (RunningServer) async throws -> Result) async throws
        -> Result
    {
        try await withThrowingTaskGroup(of: Result.self) { group in
            let arguments = manifest.spec.command.map(rendered)
            let work = values["work.dir"] ?? "/"
            group.addTask {
                let output = try await Shipped.run(["/usr/bin/env", "--chdir=\(work)"] + arguments)
                throw Failure(.stall, reason: "Test", message: "the server ended: \(output)")
            }
            group.addTask { try await body(self) }
            defer { group.cancelAll() }
            guard let result = try await group.next() else { throw CancellationError() }
            return result
        }
    }

    /// Asks until the probe passes.
    func waitUntilReady() async throws {
        let path = rendered(manifest.spec.probes["startup"]?.http ?? "/")
        while (try? await status(of: path)) != 200 { try await Task.sleep(for: .milliseconds(100)) }
    }

    func status(of path: String) async throws -> Int {
        let arguments = [
            "/usr/bin/curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", url(path),
        ]
        return Int(try await Shipped.run(arguments)) ?? 0
    }

    func post(_ file: URL, to path: String) async throws -> Data {
        let header = "Content-Type: application/json"
        let arguments = ["/usr/bin/curl", "--silent", "--header", header, "--data-binary", "@\(file.path)", url(path)]
        return Data(try await Shipped.run(arguments).utf8)
    }

    private func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }
}

/// An answer of Open Inference Protocol V2.
struct Answer: Decodable {
    struct Output: Decodable { let name: String, shape: [Int], data: [Double] }
    let modelName: String
    let modelVersion: String?
    let id: String?
    let outputs: [Output]

    private enum CodingKeys: String, CodingKey {
        case modelName = "model_name"
        case modelVersion = "model_version"
        case id, outputs
    }
}

import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillLedger
import WaybillTestSupport

@testable import waybill

/// A fleet of one test on the real programs: a bare remote, a clone to push from, a state folder, a controller.
struct Fleet: Sendable {
    let folder: String
    let ports: PortBlock
    let controller: RunningController

    var remote: String { folder + "/remote.git" }
    var clone: String { folder + "/clone" }
    var state: String { folder + "/state" }
    var ledger: String { state + "/ledger" }
    var client: ControlClient { ControlClient(stateFolder: state) }
    var processes: FleetProcesses { FleetProcesses(folder: folder) }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    static let samples = root + "/samples"

    // MARK: Commands

    /// Runs `waybill` as a person in the fleet's folder would.
    func waybill(_ words: String...) async throws -> Program.Result {
        try await Program.run([Program.waybill] + words, in: folder)
    }

    @discardableResult
    func git(_ words: String...) async throws -> String {
        let variables = [
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0", "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@example.org",
        ]
        let result = try await Program.run(["/usr/bin/git"] + words, in: clone, variables)
        guard result.code == 0 else {
            throw Failure(.stall, reason: "Test", message: "git \(words): \(result.errors)")
        }
        return result.output.trimmed
    }

    /// Commits all of the clone and pushes it, whatever the remote has.
    @discardableResult
    func push(_ message: String = "change") async throws -> CommitID {
        try await git("add", "-A")
        try await git("commit", "-q", "--allow-empty", "-m", message)
        try await git("push", "-q", "--force", "origin", "HEAD:main")
        return try CommitID(parsing: try await git("rev-parse", "HEAD"))
    }

    /// Pushes and has the controller look at once.
    @discardableResult
    func apply(_ message: String = "change") async throws -> CommitID {
        let commit = try await push(message)
        _ = try await client.perform(.sync)
        return commit
    }

    /// Starts the controller and waits until it answers.
    func start(_ program: String = Program.waybill, under prefix: [String] = []) async throws {
        try controller.start(program, under: prefix)
        try await eventually("the controller answers") { [client, controller] in
            try? await client.status().controller.pid == controller.pid
        }
    }

    // MARK: What is

    func deployment(_ key: String) async throws -> DeploymentView? {
        try await client.list(DeploymentView.self).items.first { $0.deployment == key }
    }

    func condition(_ key: String, _ type: String) async throws -> ConditionView? {
        try await deployment(key)?.conditions.first { $0.type == type && $0.status }
    }

    /// Waits until `key` is ready with just `version` and no other replica runs.
    func serves(
        _ key: String, _ version: String, of model: String = "risk-score", within limit: Duration = .seconds(90)
    ) async throws {
        try await eventually("\(key) serves \(version)", within: limit) {
            let view = try? await deployment(key)
            return view?.conditions.contains { $0.type == "Ready" && $0.status } == true
                && view?.serving == ["\(model)@\(version)"] && view?.replicas.running == view?.replicas.desired
        }
    }

    /// The ledger's events from an index on, read from the disk.
    func events(from index: LedgerIndex) async throws -> [Event] {
        try await LedgerReader(folder: ledger).events(from: index).compactMap(\.event)
    }

    func events(_ type: EventType, phase: Event.Phase? = nil) async throws -> [Event] {
        try await events(from: 0).filter { $0.type == type && (phase == nil || $0.phase == phase) }
    }

    /// Asks again and again until `condition` holds. The bound is for a machine that is very busy.
    func eventually(
        _ what: String, within limit: Duration = .seconds(90), _ condition: () async throws -> Bool?
    ) async throws {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if try await condition() == true { return }
            try await Task.sleep(for: .milliseconds(30))
        }
        let views = (try? await client.list(DeploymentView.self).items) ?? []
        let shown = views.map { "\($0.deployment) \($0.status) \($0.serving): \($0.decisive?.message ?? "")" }
        throw Failure(.stall, reason: "Test", message: "never came true: \(what); \(shown)")
    }

    // MARK: Load

    static func path(_ key: String) -> String {
        "/\(key)/v2/models/\(key.split(separator: "/").last ?? "")/infer"
    }

    static let request = #"{"inputs":[{"name":"features","datatype":"FP64","shape":[1,3],"data":[1.0,0.5,2.0]}]}"#

    /// Steady load on a deployment while `body` runs.
    func load(_ key: String, while body: () async throws -> Void) async throws -> LoadGenerator.Tally {
        try await LoadGenerator(
            port: ports.gateway, path: Self.path(key), body: Self.request, connections: 3, pause: 0.004
        ).run(while: body)
    }

    /// One answer of the gateway.
    func ask(_ path: String, body: String? = nil) async throws -> PlainSocket.Message {
        try await Blocking.run { [port = ports.gateway] () throws -> PlainSocket.Message in
            let socket = try PlainSocket(connectingTo: port)
            let head = body.map {
                "POST \(path) HTTP/1.1\r\nhost: localhost\r\ncontent-length: \($0.utf8.count)\r\n\r\n\($0)"
            }
            try socket.send(head ?? "GET \(path) HTTP/1.1\r\nhost: localhost\r\n\r\n")
            return try socket.readMessage()
        }
    }

    /// The version that answers, from the answer itself.
    func answeringVersion(_ key: String) async throws -> String? {
        struct Answer: Decodable { let model_version: String }
        let message = try await ask(Self.path(key), body: Self.request)
        return try? JSONDecoder().decode(Answer.self, from: Data(message.body)).model_version
    }
}

/// Makes a fleet with `risk-score@1.0.0` and its runtime, runs `body`, and ends every process of it, however `body` ends.
func withFleet(
    _ settings: [String] = [], variables: [String: String] = [:], _ body: (Fleet) async throws -> Void
) async throws {
    let folder = "/tmp/waybill-e2e-" + String(UInt32.random(in: 0x1000_0000 ... .max), radix: 16)
    let fleet = Fleet(
        folder: folder, ports: try .free(), controller: RunningController(folder: folder, variables: variables))
    try await run(fleet) {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try await fleet.prepare(settings)
        try await body(fleet)
    }
}

/// Runs `body` on a fleet, and ends every process of it, however `body` ends.
func run(_ fleet: Fleet, _ body: () async throws -> Void) async throws {
    do {
        try await body()
        try await fleet.expectGoodEnd()
    } catch {
        let log = FileManager.default.contents(atPath: fleet.controller.log) ?? Data()
        print(String(decoding: log, as: UTF8.self).split(separator: "\n").suffix(30).joined(separator: "\n"))
        await fleet.finish()
        throw error
    }
    await fleet.finish()
}

extension Fleet {
    /// A controller that still runs stops when it is asked to, and leaves a whole ledger in which each intent has its end.
    fileprivate func expectGoodEnd() async throws {
        guard controller.pid != nil else { return }
        #expect(try await controller.end(SIGTERM) == 0)
        let report = try LedgerVerifier.verify(folder: ledger, key: nil)
        #expect(report.size > 0 && report.publishedSize == report.size && report.unreadable == 0)
        #expect(report.openIntents == 0)
        #expect(try await unsettledIntents() == [])
    }

    fileprivate func finish() async {
        _ = try? await controller.end(SIGKILL)
        await processes.endAll()
        try? FileManager.default.removeItem(atPath: folder)
    }
}

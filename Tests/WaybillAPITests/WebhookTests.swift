import AsyncHTTPClient
import Crypto
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

@Suite struct WebhookTests {
    static let secret = "it's a secret"
    static let push = #"{"ref":"refs/heads/main","after":"abc"}"#

    static func signature(_ body: String, _ secret: String = secret) -> String {
        let key = SymmetricKey(data: Data(secret.utf8))
        return hexadecimal(HMAC<SHA256>.authenticationCode(for: Data(body.utf8), using: key))
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var headers: [String: String]
        var body: String = push
        var status: UInt
        var syncs = 0
        var answer: String
    }

    static let cases: [Case] = [
        Case(
            testDescription: "GitHub push",
            headers: ["X-GitHub-Event": "push", "X-Hub-Signature-256": "sha256=" + signature(push)], status: 202,
            syncs: 1, answer: "looking at the remote\n"),
        Case(
            testDescription: "Gitea push",
            headers: ["X-Gitea-Event": "push", "X-Gitea-Signature": signature(push)], status: 202, syncs: 1,
            answer: "looking at the remote\n"),
        Case(
            testDescription: "GitLab push", headers: ["X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": secret],
            status: 202, syncs: 1, answer: "looking at the remote\n"),
        Case(
            testDescription: "GitHub ping",
            headers: ["X-GitHub-Event": "ping", "X-Hub-Signature-256": "sha256=" + signature("{}")], body: "{}",
            status: 200, answer: "pong\n"),
        Case(
            testDescription: "another branch",
            headers: [
                "X-GitHub-Event": "push", "X-Hub-Signature-256": "sha256=" + signature(#"{"ref":"refs/heads/next"}"#),
            ], body: #"{"ref":"refs/heads/next"}"#, status: 200,
            answer: "ignored: 'refs/heads/next' is not the watched branch 'main'\n"),
        Case(
            testDescription: "another event",
            headers: ["X-GitHub-Event": "issues", "X-Hub-Signature-256": "sha256=" + signature("{}")], body: "{}",
            status: 200, answer: "ignored: event 'issues'\n"),
        Case(
            testDescription: "wrong secret",
            headers: ["X-GitHub-Event": "push", "X-Hub-Signature-256": "sha256=" + signature(push, "guess")],
            status: 401, answer: "refused\n"),
        Case(
            testDescription: "another body than signed",
            headers: ["X-GitHub-Event": "push", "X-Hub-Signature-256": "sha256=" + signature(push + " ")],
            status: 401, answer: "refused\n"),
        Case(testDescription: "no signature", headers: ["X-GitHub-Event": "push"], status: 401, answer: "refused\n"),
        Case(
            testDescription: "empty signature",
            headers: ["X-GitHub-Event": "push", "X-Hub-Signature-256": "sha256="], status: 401, answer: "refused\n"),
        Case(
            testDescription: "cut signature",
            headers: ["X-GitHub-Event": "push", "X-Hub-Signature-256": "sha256=" + signature(push).prefix(62)],
            status: 401, answer: "refused\n"),
        Case(
            testDescription: "a good signature beside a bad one",
            headers: [
                "X-Gitea-Event": "push", "X-Gitea-Signature": signature(push), "X-Hub-Signature-256": "sha256=00",
            ], status: 401, answer: "refused\n"),
        Case(
            testDescription: "beginning of the token",
            headers: ["X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": "it's a"], status: 401, answer: "refused\n"),
        Case(
            testDescription: "empty token", headers: ["X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": ""], status: 401,
            answer: "refused\n"),
        Case(
            testDescription: "a form",
            headers: ["X-GitHub-Event": "push", "X-Hub-Signature-256": "sha256=" + signature("payload=x")],
            body: "payload=x", status: 400,
            answer: "the body is no push in JSON; set the webhook's content type to application/json\n"),
        Case(
            testDescription: "more than 1 MiB", headers: ["X-GitHub-Event": "push"],
            body: String(repeating: " ", count: 1024 * 1024 + 1), status: 413, answer: "more than 1048576 bytes\n"),
    ]

    @Test(arguments: cases) func `a delivery is judged`(_ example: Case) async throws {
        let (status, answer, syncs) = try await deliver(example, secret: Self.secret + "\n")
        #expect(status == example.status)
        #expect(answer == example.answer)
        #expect(syncs == example.syncs)
    }

    @Test func `an empty secret lets nobody in`() async throws {
        let example = Case(
            testDescription: "", headers: ["X-Hub-Signature-256": "sha256=" + Self.signature(Self.push, "")],
            status: 503, answer: "")
        let (status, answer, syncs) = try await deliver(example, secret: "\n")
        #expect(status == 503)
        #expect(answer == "the webhook's secret is not set up\n")
        #expect(syncs == 0)
    }

    private func deliver(_ example: Case, secret: String) async throws -> (UInt, String, Int) {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "secret").path
            try Data(secret.utf8).write(to: URL(fileURLWithPath: file))
            let counter = Counter()
            let sources = MonitorServer.Sources(metrics: Metrics(), heartbeat: Heartbeat(), onPush: { counter.add() })
            let settings = MonitorServer.Settings(
                host: "127.0.0.1", port: 0, webhook: WebhookSettings(secretFile: file, branch: "main"))
            let answered = Answer()
            try await withMonitor(settings, sources) { port in
                var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/hooks/git")
                request.method = .POST
                for (name, value) in example.headers { request.headers.add(name: name, value: value) }
                request.body = .bytes(ByteBuffer(string: example.body))
                let response = try await HTTPClient.prompt.execute(request, timeout: .seconds(30))
                answered.set(
                    UInt(response.status.code), String(buffer: try await response.body.collect(upTo: 100_000)))
            }
            return (answered.status, answered.text, counter.count)
        }
    }
}

/// Counts calls from any task.
final class Counter: Sendable {
    private let value = Mutex(0)
    var count: Int { value.withLock { $0 } }
    func add() { value.withLock { $0 += 1 } }
}

/// Carries an answer out of a task.
final class Answer: Sendable {
    private let value = Mutex<(UInt, String)>((0, ""))
    var status: UInt { value.withLock { $0.0 } }
    var text: String { value.withLock { $0.1 } }
    func set(_ status: UInt, _ text: String) { value.withLock { $0 = (status, text) } }
}

/// Runs a monitor server while `body` asks it.
func withMonitor(
    _ settings: MonitorServer.Settings, _ sources: MonitorServer.Sources,
    _ body: @escaping @Sendable (Int) async throws -> Void
) async throws {
    let server = MonitorServer(settings: settings, sources: sources, logger: silentLogger)
    let port = PortNumber()
    try await running({ listening in
        try await server.run(onListening: { number in
            port.set(number)
            await listening()
        })
    }) {
        try await body(port.number)
    }
}

/// A number set once.
final class PortNumber: Sendable {
    private let value = Mutex(0)
    var number: Int { value.withLock { $0 } }
    func set(_ number: Int) { value.withLock { $0 = number } }
}

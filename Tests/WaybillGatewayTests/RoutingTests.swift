import Foundation
import Synchronization
import Testing
import WaybillCore

@testable import WaybillGateway

@Suite struct RoutingTests {
    struct PathCase: Sendable, CustomTestStringConvertible {
        var testDescription: String { "\(rules) \(path)" }
        var rules: PathRules
        var path: Substring
        var verdict: PathRules.Verdict
    }

    static let model = PathRules.oipV2(model: "churn", versions: ["1.0.0", "2.0.0+b"])
    static let other = PathRules.Verdict.refused("this path is not part of the Open Inference Protocol V2")
    static let unknown = PathRules.Verdict.refused("no such model here; the model's name is the deployment's: 'churn'")
    static let noVersion = PathRules.Verdict.refused(
        "this version is not in rotation; in rotation: 1.0.0, 2.0.0+b")
    static let http = PathRules.http(prefixes: ["/predict", "/static/"])

    @Test(arguments: [
        PathCase(rules: model, path: "/v2", verdict: .pass(version: nil)),
        PathCase(rules: model, path: "/v2/health/live", verdict: .pass(version: nil)),
        PathCase(rules: model, path: "/v2/health/ready", verdict: .pass(version: nil)),
        PathCase(rules: model, path: "/v2/health", verdict: other),
        PathCase(rules: model, path: "/v2/models/churn", verdict: .pass(version: nil)),
        PathCase(rules: model, path: "/v2/models/churn/infer", verdict: .pass(version: nil)),
        PathCase(rules: model, path: "/v2/models/churn/generate_stream", verdict: .pass(version: nil)),
        PathCase(rules: model, path: "/v2/models/churn/versions/1.0.0", verdict: .pass(version: "1.0.0")),
        PathCase(rules: model, path: "/v2/models/churn/versions/1.0.0/infer", verdict: .pass(version: "1.0.0")),
        PathCase(rules: model, path: "/v2/models/churn/versions/2.0.0%2Bb/ready", verdict: .pass(version: "2.0.0+b")),
        PathCase(rules: model, path: "/v2/models/churn/versions/3.0.0/infer", verdict: noVersion),
        PathCase(rules: model, path: "/v2/models/churn/versions", verdict: noVersion),
        PathCase(rules: model, path: "/v2/models/churn/infer/x", verdict: other),
        PathCase(rules: model, path: "/v2/models/churn/", verdict: other),
        PathCase(rules: model, path: "/v2/models/churn/load", verdict: other),
        PathCase(rules: model, path: "/v2/models/other/infer", verdict: unknown),
        PathCase(rules: model, path: "/v2/models/", verdict: unknown),
        PathCase(rules: model, path: "/v2/repository/index", verdict: other),
        PathCase(rules: model, path: "", verdict: other),
        PathCase(rules: .openai, path: "/v1/models", verdict: .pass(version: nil)),
        PathCase(
            rules: .openai, path: "/metrics",
            verdict: .refused("only paths under /v1/ are served by this deployment")),
        PathCase(rules: http, path: "/predict", verdict: .pass(version: nil)),
        PathCase(rules: http, path: "/predict/x", verdict: .pass(version: nil)),
        PathCase(rules: http, path: "/predictions", verdict: .refused("this path is not served by this deployment")),
        PathCase(rules: http, path: "/static/a", verdict: .pass(version: nil)),
        PathCase(rules: http, path: "/admin", verdict: .refused("this path is not served by this deployment")),
    ])
    func judged(_ row: PathCase) {
        #expect(row.rules.judge(row.path) == row.verdict)
    }

    @Test func `a target is taken apart without being changed`() throws {
        let target = try RequestTarget("/production/churn/v2/models/churn?x=/../%zz")
        #expect(target.key == "production/churn")
        #expect(target.rest == "/v2/models/churn?x=/../%zz")
        #expect(target.path == "/v2/models/churn")
        let short = try RequestTarget("/production/churn?a/b")
        #expect(short.key == "production/churn")
        #expect(short.path == "")
    }

    private static func entry(_ versions: [String]) -> RouteEntry {
        RouteEntry(
            of: RouteTable.Route(
                environment: "p", deployment: "d", servingProtocol: "openai", paths: [], versions: versions,
                backends: versions.enumerated().map { index, version in
                    RouteTable.Backend(replica: "r\(index)", revision: "v", version: version, port: index + 1)
                }))
    }

    private static func choice(_ entry: RouteEntry, version: String? = nil, avoiding: Int? = nil, turn: Int = 0)
        -> String?
    {
        entry.choose(
            version.map(RouteEntry.Aim.version) ?? .any,
            after: avoiding.map { FailedChoice(backend: entry.backends[$0], wasSent: true) }, turn: turn, now: 100)?
            .backend.identity.replica
    }

    @Test func `the least busy is chosen, ties go round`() {
        let entry = Self.entry(["1", "1", "1"])
        #expect((0..<4).map { Self.choice(entry, turn: $0) } == ["r0", "r1", "r2", "r0"])
        entry.backends[0].outstanding.store(2, ordering: .relaxed)
        entry.backends[1].outstanding.store(1, ordering: .relaxed)
        entry.backends[2].outstanding.store(2, ordering: .relaxed)
        #expect((0..<3).map { Self.choice(entry, turn: $0) } == ["r1", "r1", "r1"])
    }

    @Test func `one that failed just now is the last resort`() {
        let entry = Self.entry(["1", "1"])
        entry.backends[0].restingUntil.store(200, ordering: .relaxed)
        entry.backends[1].outstanding.store(50, ordering: .relaxed)
        #expect(Self.choice(entry) == "r1")
        #expect(Self.choice(entry, avoiding: 1) == "r0")
        #expect(Self.choice(Self.entry(["1"]), avoiding: 0) == "r0")
    }

    @Test func `a version is asked of its own replicas only`() {
        let entry = Self.entry(["1", "2", "1"])
        entry.backends[1].outstanding.store(9, ordering: .relaxed)
        #expect(Self.choice(entry, version: "2") == "r1")
        #expect(Self.choice(entry, version: "3") == nil)
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        var testDescription: String { message }
        var json: String
        var message: String
    }

    private static func table(_ routes: String, format: Int = 1) -> String {
        "{\"format\":\(format),\"generation\":2,\"routes\":[\(routes)]}"
    }

    private static func route(
        _ name: String = "churn", speaks: String = "oip-v2", paths: String = "", versions: String = "\"1\"",
        backends: String = ""
    ) -> String {
        "{\"environment\":\"production\",\"deployment\":\"\(name)\",\"servingProtocol\":\"\(speaks)\","
            + "\"paths\":[\(paths)],\"versions\":[\(versions)],\"backends\":[\(backends)]}"
    }

    private static func backend(_ replica: String, _ port: Int, revision: String = "r") -> String {
        "{\"replica\":\"\(replica)\",\"revision\":\"\(revision)\",\"version\":\"1\",\"port\":\(port)}"
    }

    /// A table of format 2 that divides `production/churn`, which has replicas of `a` and `b`, or says `more`.
    private static func divided(_ splits: String = "", more: String = "", revision: String = "b") -> String {
        let backends = backend("r0", 1, revision: "a") + "," + backend("r1", 2, revision: revision)
        let added = splits.isEmpty ? more : "\"splits\":[\(splits)]\(more)"
        return table(route(backends: backends).dropLast() + "," + added + "}", format: 2)
    }

    private static func split(_ revision: String, _ weight: Int) -> String {
        "{\"revision\":\"\(revision)\",\"weight\":\(weight)}"
    }

    @Test(arguments: [
        Bad(json: table(route() + "," + route()), message: "it routes production/churn twice"),
        Bad(json: table(route(backends: backend("a", 0))), message: "replica 'a' has port 0"),
        Bad(json: table(route(backends: backend("a", 70_000))), message: "replica 'a' has port 70000"),
        Bad(
            json: table(route(backends: backend("a", 80)) + "," + route("other", backends: backend("b", 80))),
            message: "port 80 is given to 'a' and 'b'"),
        Bad(
            json: table(route("Churn")),
            message:
                "'Churn' is not a name; use 1 to 63 lowercase letters, digits and '-', beginning and ending with a letter or digit"
        ),
        Bad(json: table(route(speaks: "smoke")), message: "production/churn speaks 'smoke', which no build knows"),
        Bad(
            json: table(route(speaks: "http", paths: "\"x\"")),
            message: "a path of production/churn does not begin with '/'"),
        Bad(json: table(route(versions: "\"a/b\"")), message: "a version of production/churn is empty or has a '/'"),
        Bad(
            json: divided(split("a", 90) + "," + split("b", 11)),
            message: "the shares of production/churn sum to 101, not to 100"),
        Bad(json: divided(split("a", 90)), message: "the shares of production/churn sum to 90, not to 100"),
        Bad(
            json: divided(split("a", 90) + "," + split("a", 10)),
            message: "production/churn gives revision 'a' a share twice"),
        Bad(
            json: divided(split("a", 90) + "," + split("c", 10)),
            message: "production/churn gives revision 'c' a share, but has no replica of it"),
        Bad(
            json: divided(split("a", 101) + "," + split("b", -1)),
            message: "production/churn gives revision 'a' a share of 101; shares are 0 to 100"),
        Bad(
            json: divided(more: "\"chooser\":\"content-length\""),
            message: "'content-length' is no header by which production/churn could be chosen"),
        Bad(
            json: divided(more: "\"chooser\":\"a b\""),
            message: "'a b' is no header by which production/churn could be chosen"),
        Bad(
            json: divided(more: "\"chooser\":\"\""),
            message: "'' is no header by which production/churn could be chosen"),
        Bad(
            json: divided(more: "\"model\":\"a\\r\\nx-forged: 1\""),
            message: "'a\\u{d}\\u{a}x-forged: 1', of production/churn, cannot stand in a header field"),
        Bad(
            json: divided(more: "\"model\":\"a\"", revision: "é"),
            message: "'é', of production/churn, cannot stand in a header field"),
    ])
    func refused(_ row: Bad) {
        let failure = #expect(throws: Failure.self) { try RouteTable(checking: Array(row.json.utf8)) }
        #expect(failure?.message == "the route table is refused: " + row.message)
        #expect(failure?.disposition == .stall)
    }

    struct Setting: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var host = "127.0.0.1"
        var port = 0
        var loops: Int?
        var message: String
    }

    @Test(arguments: [
        Setting(
            testDescription: "another address", host: "0.0.0.0",
            message: "gateway: refusing to listen on 0.0.0.0:0: it is not loopback and nobody is authenticated; "
                + "use 127.0.0.1 or set 'insecure: true'"),
        Setting(
            testDescription: "a name", host: "localhost",
            message:
                "gateway: 'localhost' with port 0 is no address to listen on; use digits as in 127.0.0.1 and 0 to 65535"
        ),
        Setting(
            testDescription: "a port", port: 65_536,
            message:
                "gateway: '127.0.0.1' with port 65536 is no address to listen on; use digits as in 127.0.0.1 and 0 to 65535"
        ),
        Setting(testDescription: "no loops", loops: 0, message: "gateway: 0 event loops make no sense; use 1 to 64"),
    ])
    func misconfigured(_ row: Setting) {
        let configuration = GatewayConfiguration(stateFolder: "/x", host: row.host, port: row.port, loops: row.loops)
        let failure = #expect(throws: Failure.self) { try configuration.validate() }
        #expect(failure?.message == row.message)
    }

    @Test func `another address than loopback can be asked for`() throws {
        for asked in [
            GatewayConfiguration(stateFolder: "/x", host: "0.0.0.0", insecure: true),
            GatewayConfiguration(stateFolder: "/x", host: "::1"),
        ] {
            #expect(throws: Never.self) { try asked.validate() }
        }
    }
}

import Foundation
import Synchronization
import WaybillCore
import WaybillTestSupport

@testable import WaybillGateway

/// A gateway in this process with a state folder of its own.
struct GatewayHarness: Sendable {
    let folder: String
    let gateway: RunningGateway
    let client: GatewayClient

    var port: Int { gateway.server.port }

    /// Sends `bytes` on a new connection and reads until the gateway closes.
    func dialog(_ bytes: String) async throws -> String {
        try await onThread { [port] in
            let socket = try PlainSocket(connectingTo: port)
            try socket.send(bytes)
            return try socket.readToEnd()
        }
    }

    /// One request on a new connection, its answer.
    func ask(_ request: String) async throws -> PlainSocket.Message {
        try await onThread { [port] in
            let socket = try PlainSocket(connectingTo: port)
            try socket.send(request)
            return try socket.readMessage(hasBody: !request.hasPrefix("HEAD"))
        }
    }

    func publish(_ routes: [RouteTable.Route], generation: UInt64) async throws {
        try await client.publish(RouteTable(generation: generation, routes: routes), ticket: try await ticket())
    }

    /// Publishes and waits until the gateway says that it is in force.
    func route(_ routes: [RouteTable.Route], generation: UInt64) async throws {
        try await publish(routes, generation: generation)
        guard await eventually({ await client.status()?.generation == generation }) else {
            throw PlainSocket.Problem(description: "generation \(generation) did not come into force")
        }
    }
}

/// Runs `body` with a gateway that serves `routes`, and ends it.
func withGateway(
    _ routes: [RouteTable.Route] = [], limits: GatewayLimits = .forTests, loops: Int = 1,
    accessLog: String? = nil, _ body: (GatewayHarness) async throws -> Void
) async throws {
    try await withTemporaryFolder { folder in
        let client = GatewayClient(stateFolder: folder.path)
        if !routes.isEmpty {
            try await client.publish(RouteTable(generation: 1, routes: routes), ticket: try await ticket())
        }
        let configuration = GatewayConfiguration(
            stateFolder: folder.path, port: 0, loops: loops, build: "test", limits: limits,
            accessLog: accessLog)
        let gateway = try await RunningGateway.start(configuration)
        do {
            try await body(GatewayHarness(folder: folder.path, gateway: gateway, client: client))
        } catch {
            await gateway.stop()
            throw error
        }
        await gateway.stop()
    }
}

extension GatewayLimits {
    /// Long enough for a busy machine, except the drain: nothing is left to drain when a test ends well.
    static var forTests: GatewayLimits {
        var limits = GatewayLimits()
        limits.drainTimeout = .milliseconds(200)
        limits.lingerTimeout = .milliseconds(500)
        limits.tick = .milliseconds(20)
        return limits
    }
}

/// `production/churn`, with a backend at each port: replicas `r0`, `r1`, …
func churn(
    _ ports: Int..., speaking servingProtocol: ServingProtocol = .oipV2, version: String = "1.0.0",
    paths: [String] = [],
    replica: String = "r"
) -> RouteTable.Route {
    RouteTable.Route(
        environment: "production", deployment: "churn", servingProtocol: servingProtocol.rawValue, paths: paths,
        versions: [version],
        backends: ports.enumerated().map { index, port in
            RouteTable.Backend(replica: "\(replica)\(index)", revision: "rev", version: version, port: port)
        })
}

/// `production/churn` divided between revisions: each has a replica at its port, and its name is its version too.
func divided(
    _ shares: (revision: String, weight: Int, port: Int)..., speaking servingProtocol: ServingProtocol = .oipV2,
    versions: [String: String] = [:], chooser: String? = nil, replica: String = "r"
) -> RouteTable.Route {
    RouteTable.Route(
        environment: "production", deployment: "churn", servingProtocol: servingProtocol.rawValue, paths: [],
        versions: Set(shares.map { versions[$0.revision] ?? $0.revision }).sorted(),
        backends: shares.map { share in
            RouteTable.Backend(
                replica: "\(replica)-\(share.revision)", revision: share.revision,
                version: versions[share.revision] ?? share.revision, port: share.port)
        }, splits: shares.map { .init(revision: $0.revision, weight: $0.weight) }, chooser: chooser)
}

extension RouteEntry {
    /// The entry that a gateway makes of `route` alone.
    convenience init(of route: RouteTable.Route) {
        let candidates = route.backends.map { wanted in
            Candidate(
                backend: Backend(
                    identity: .init(replica: wanted.replica, port: wanted.port), revision: wanted.revision,
                    version: wanted.version),
                stamp: [], meter: RevisionMeter(revision: wanted.revision, version: wanted.version))
        }
        self.init(route, candidates: candidates, slot: 0) { SplitTurn($0) }
    }
}

/// What is stamped on every answer, taken out: the id differs from answer to answer.
func withoutIDs(_ text: String) -> String {
    text.replacing(
        /x-waybill-prediction-id: [0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\r\n/, with: "")
}

/// The stamps of `churn` on an answer of its replica, without the id.
let churnStamps = "x-waybill-version: 1.0.0\r\nx-waybill-revision: rev\r\n"

let inferPath = "/production/churn/v2/models/churn/infer"

func post(_ body: String, to path: String = inferPath, headers: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: gateway\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

func get(_ path: String, headers: String = "") -> String { "GET \(path) HTTP/1.1\r\nHost: gateway\r\n\(headers)\r\n" }

/// A ticket from a ledger that only counts.
func ticket() async throws -> Ticket {
    let event = Event(
        .routesChanged, decision: DecisionID(1), time: Timestamp(milliseconds: 0), subject: "controller")
    return try await Journal(storage: CountingLedger()).intend(event)
}

private final class CountingLedger: LedgerStorage {
    private let count = Mutex<LedgerIndex>(0)

    func append(_ events: [Event]) async throws(Failure) -> [LedgerIndex] {
        count.withLock { count in
            defer { count += LedgerIndex(events.count) }
            return Array(count..<count + LedgerIndex(events.count))
        }
    }
}

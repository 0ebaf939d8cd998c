import Foundation
import NIOCore
import NIOHTTP1
import WaybillCore

/// One answer of the status socket.
struct StatusPage: Sendable {
    var status: HTTPResponseStatus
    var type: String
    var body: String

    static func render(_ path: String, of server: GatewayServer, on eventLoop: any EventLoop) -> EventLoopFuture<
        StatusPage
    > {
        switch path {
        case "/status": eventLoop.makeSucceededFuture(json(server.status))
        case _ where path.hasPrefix(GatewayPaths.statusWithoutRotation):
            eventLoop.makeSucceededFuture(
                json(server.status(withoutRotation: path.dropFirst(GatewayPaths.statusWithoutRotation.count))))
        case _ where path.hasPrefix(GatewayPaths.countsOf):
            eventLoop.makeSucceededFuture(
                counts(of: String(path.dropFirst(GatewayPaths.countsOf.count)), of: server))
        case "/healthz":
            // Asks every loop: a loop that hangs must not be called healthy.
            server.reading(on: eventLoop).map { _ in StatusPage(status: .ok, type: "text/plain", body: "ok\n") }
                .recover { _ in stopping }
        case "/metrics": server.reading(on: eventLoop).map { metrics($0, of: server) }.recover { _ in stopping }
        default:
            eventLoop.makeSucceededFuture(
                StatusPage(
                    status: .notFound, type: "application/json",
                    body:
                        "{\"error\": \"only GET /status, /counts?deployment=…, /healthz and /metrics are answered here\"}\n"
                ))
        }
    }

    private static let stopping = StatusPage(status: .serviceUnavailable, type: "text/plain", body: "stopping\n")

    private static func counts(of key: String, of server: GatewayServer) -> StatusPage {
        guard let counts = server.counts(of: key) else {
            return StatusPage(
                status: .notFound, type: "application/json",
                body: "{\"error\": \"no deployment of that name is in the route table\"}\n")
        }
        return json(counts)
    }

    private static func json(_ status: some Encodable) -> StatusPage {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(status) else {
            return StatusPage(status: .internalServerError, type: "text/plain", body: "")
        }
        return StatusPage(status: .ok, type: "application/json", body: String(decoding: bytes, as: UTF8.self))
    }

    private static func metrics(_ counts: GatewayReading, of server: GatewayServer) -> StatusPage {
        let page = MetricsPage(
            counts: counts, names: server.slotNames, revisions: server.revisionReadings, status: server.status,
            connections: server.openConnections, records: server.records.meters.all,
            recordProblem: server.records.problem, unreadableSegments: server.records.unreadable,
            accessLinesDropped: server.droppedAccessLines)
        return StatusPage(status: .ok, type: "text/plain; version=0.0.4; charset=utf-8", body: page.text)
    }
}

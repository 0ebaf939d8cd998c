import Foundation
import NIOHTTP1
import WaybillCore

/// One answer of the status socket.
struct StatusPage: Sendable {
    var status: HTTPResponseStatus
    var type: String
    var body: String

    static func render(_ path: String, of server: GatewayServer) async -> StatusPage {
        switch path {
        case "/status": json(server.status)
        case "/healthz":
            // Asks every loop: a loop that hangs must not be called healthy.
            (try? await server.reading()) == nil
                ? StatusPage(status: .serviceUnavailable, type: "text/plain", body: "stopping\n")
                : StatusPage(status: .ok, type: "text/plain", body: "ok\n")
        case "/metrics": await metrics(of: server)
        default:
            StatusPage(
                status: .notFound, type: "application/json",
                body: "{\"error\": \"only GET /status, /healthz and /metrics are answered here\"}\n")
        }
    }

    private static func json(_ status: GatewayStatus) -> StatusPage {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(status) else {
            return StatusPage(status: .internalServerError, type: "text/plain", body: "")
        }
        return StatusPage(status: .ok, type: "application/json", body: String(decoding: bytes, as: UTF8.self))
    }

    private static func metrics(of server: GatewayServer) async -> StatusPage {
        guard let reading = try? await server.reading() else {
            return StatusPage(status: .serviceUnavailable, type: "text/plain", body: "")
        }
        let page = MetricsPage(
            counts: reading.counts, names: reading.names, status: server.status, connections: server.openConnections)
        return StatusPage(status: .ok, type: "text/plain; version=0.0.4; charset=utf-8", body: page.text)
    }
}

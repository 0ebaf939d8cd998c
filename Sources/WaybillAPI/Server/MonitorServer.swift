import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import ServiceLifecycle
import WaybillCore

/// The controller's second listener: health, metrics, and webhooks of the git forge.
///
/// | request | answer |
/// | --- | --- |
/// | `GET /healthz` | 200 while the process can answer |
/// | `GET /readyz` | 200 when every loop turns and nothing is wrong, else 503 and what is wrong |
/// | `GET /metrics` | Prometheus text |
/// | `POST /hooks/git` | 202 look at the remote, 200 nothing to do, 401 not proven, 413 over 1 MiB |
package struct MonitorServer: Service {
    package struct Settings: Sendable {
        package var host: String
        /// 0 lets the system choose; `run(onListening:)` tells which.
        package var port: Int
        /// Nil: there is no webhook address.
        package var webhook: WebhookSettings?

        package init(host: String, port: Int, webhook: WebhookSettings? = nil) {
            self.host = host
            self.port = port
            self.webhook = webhook
        }
    }

    /// What it shows and whom it tells.
    package struct Sources: Sendable {
        package var metrics: Metrics
        package var heartbeat: Heartbeat
        /// Brings gauges up to date; called before each `/metrics`.
        package var refresh: @Sendable () async -> Void
        /// What makes the controller unready besides a stalled loop, in words.
        package var problems: @Sendable () async -> [String]
        /// The remote's branch has moved. Must return soon; repeating it must do no harm.
        package var onPush: @Sendable () async -> Void

        package init(
            metrics: Metrics, heartbeat: Heartbeat, refresh: @escaping @Sendable () async -> Void = {},
            problems: @escaping @Sendable () async -> [String] = { [] }, onPush: @escaping @Sendable () async -> Void
        ) {
            self.metrics = metrics
            self.heartbeat = heartbeat
            self.refresh = refresh
            self.problems = problems
            self.onPush = onPush
        }
    }

    private let settings: Settings
    private let sources: Sources
    private let logger: Logger

    package init(settings: Settings, sources: Sources, logger: Logger) {
        self.settings = settings
        self.sources = sources
        self.logger = logger
    }

    package func run() async throws { try await run(onListening: { _ in }) }

    /// Serves until the task is cancelled or the service group shuts down.
    ///
    /// - Parameter onListening: called with the port once connections are accepted.
    package func run(onListening: @escaping @Sendable (Int) async -> Void) async throws {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .critical)
        let application = Application(
            router: router(), server: .http1(configuration: .init(idleTimeout: .seconds(30))),
            configuration: ApplicationConfiguration(
                address: .hostname(settings.host, port: settings.port), serverName: "waybill",
                availableConnectionsDelegate: MaximumAvailableConnections(256)),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) },
            logger: quiet)
        do {
            try await application.run()
        } catch let error as IOError {
            throw Failure(
                .stall, reason: "CannotListen",
                message: "\(settings.host):\(settings.port): cannot listen there: "
                    + "\(String(cString: strerror(error.errnoCode))); choose another address with --metrics-address")
        }
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        let sources = sources
        router.get("healthz") { _, _ in Response(text: "ok\n") }
        router.get("readyz") { _, _ in await readiness() }
        router.get("metrics") { _, _ in
            await sources.refresh()
            return Response(
                text: sources.metrics.prometheusText, type: "text/plain; version=0.0.4; charset=utf-8")
        }
        if let webhook = settings.webhook {
            router.post("hooks/git") { request, _ in await delivery(request, webhook) }
        }
        return router
    }

    private func readiness() async -> Response {
        var problems = sources.heartbeat.stalled
        if !sources.heartbeat.hasBegun { problems.append("still starting") }
        problems += await sources.problems()
        guard !problems.isEmpty else { return Response(text: "ready\n") }
        let lines = problems.map { "not ready: \($0)\n" }
        return Response(text: lines.joined(), status: .serviceUnavailable)
    }

    private func delivery(_ request: Request, _ webhook: WebhookSettings) async -> Response {
        do {
            var request = request
            let body = try await request.collectBody(upTo: WebhookDelivery.longestBody)
            let headers = request.headers
            let delivery = WebhookDelivery(
                header: { name in HTTPField.Name(name).flatMap { headers[$0] } }, body: Data(body.readableBytesView))
            return await answer(delivery.verdict(secret: try webhook.secret(), branch: webhook.branch))
        } catch let failure as Failure {
            logger.error("webhook: \(failure.message)")
            return outcome("refused", .serviceUnavailable, "the webhook's secret is not set up\n")
        } catch is NIOTooManyBytesError {
            return outcome("refused", .contentTooLarge, "more than \(WebhookDelivery.longestBody) bytes\n")
        } catch {
            return outcome("refused", .badRequest, "the body cannot be read\n")
        }
    }

    private func answer(_ verdict: WebhookDelivery.Verdict) async -> Response {
        switch verdict {
        case .sync:
            await sources.onPush()
            return outcome("sync", .accepted, "looking at the remote\n")
        case .ping: return outcome("ping", .ok, "pong\n")
        case .ignored(let why): return outcome("ignored", .ok, "ignored: \(why)\n")
        case .unreadable(let why): return outcome("refused", .badRequest, "\(why)\n")
        case .refused(let why):
            logger.warning("webhook refused: \(why)")
            return outcome("refused", .unauthorized, "refused\n")
        }
    }

    private func outcome(_ word: String, _ status: HTTPResponse.Status, _ text: String) -> Response {
        sources.metrics.count(.webhooks, ["outcome": word])
        return Response(text: text, status: status)
    }
}

extension Response {
    fileprivate init(text: String, status: HTTPResponse.Status = .ok, type: String = "text/plain; charset=utf-8") {
        self.init(
            status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import WaybillCore

/// The control protocol: which address calls which part of the interface.
///
/// | request | answer |
/// | --- | --- |
/// | `GET /v1/version` | `{"build": …}` |
/// | `GET /v1/status` | `FleetView` |
/// | `GET /v1/{deployments,models,versions,runtimes,environments,checklists,replicas}` | `Listing`; with `?after=G` once it is newer than generation G, or after 25 s |
/// | `GET /v1/deployments/E/N` | `DeploymentDetail` |
/// | `GET /v1/deployments/E/N/history?before=I&limit=L` | `[EventView]`, newest first |
/// | `GET /v1/deployments/E/N/logs?tail=T&follow=true` | `LogLine`s, one JSON object a line |
/// | `GET /v1/plan` | `PlanView` |
/// | `GET /v1/events?from=I&follow=true` | `EventView`s, one JSON object a line; empty lines keep the connection alive |
/// | `POST /v1/commands` | `OperatorCommand` in, `CommandResult` out |
/// | `POST /v1/entries` | `HandEvent` in, `{"index": …}` out |
struct ControlRoutes {
    let interface: any ControllerInterface
    let build: String

    /// Commands are small; a reason of the greatest length in four-byte characters fits well.
    static let longestCommand = 16 * 1024
    /// An entry has at most 65,535 bytes.
    static let longestEntry = 64 * 1024
    static let longestWait: Duration = .seconds(25)

    func router() -> Router<ControlContext> {
        let router = Router(context: ControlContext.self)
        router.add(middleware: FailureResponses())
        let routes = router.group("v1")
        let interface = interface
        let build = build
        routes.get("version") { _, _ in try Response(json: ["build": build]) }
        routes.get("status") { _, _ in try Response(json: await interface.status()) }
        routes.get("plan") { _, _ in try Response(json: await interface.plan()) }
        list(routes) { () throws(Failure) in try await interface.deployments() }
        list(routes) { () throws(Failure) in try await interface.models() }
        list(routes) { () throws(Failure) in try await interface.versions() }
        list(routes) { () throws(Failure) in try await interface.runtimes() }
        list(routes) { () throws(Failure) in try await interface.environments() }
        list(routes) { () throws(Failure) in try await interface.checklists() }
        list(routes) { () throws(Failure) in try await interface.replicas() }
        addDeploymentRoutes(routes.group("deployments/:environment/:name"))
        routes.get("events") { request, _ in try await events(request) }
        routes.post("commands") { request, context in try await command(request, context) }
        routes.post("entries") { request, context in try await entry(request, context) }
        return router
    }

    private func addDeploymentRoutes(_ routes: RouterGroup<ControlContext>) {
        let interface = interface
        routes.get { _, context in try Response(json: await interface.describe(try context.key())) }
        routes.get("history") { request, context in
            let query = QueryReader(request)
            let limit = try query.number("limit", in: 1...1000) ?? 50
            let events = try await interface.history(
                of: try context.key(), before: try query.index("before"), limit: limit)
            return try Response(json: events)
        }
        routes.get("logs") { request, context in
            let query = QueryReader(request)
            let key = try context.key()
            let tail = try query.number("tail", in: 0...100_000) ?? 100
            let stream = LogStream(interface: interface, key: key, tail: tail, follow: try query.flag("follow"))
            // Asked for once before the answer begins, so that an unknown deployment is an error and not an empty log.
            _ = try await interface.logs(of: key)
            return Response.lines { writer in try await stream.write(to: &writer) }
        }
    }

    private func list<View: ListedView>(
        _ routes: RouterGroup<ControlContext>, _ views: @escaping @Sendable () async throws(Failure) -> [View]
    ) {
        let changes = interface.changes
        routes.get(RouterPath(View.plural)) { request, _ in
            if let seen = try QueryReader(request).index("after") {
                await atMost(Self.longestWait) { await changes.wait(past: seen) }
            }
            // Read before the views: a change in between shows again rather than never.
            let generation = changes.generation
            return try Response(json: Listing(generation: generation, items: try await views()))
        }
    }

    private func events(_ request: Request) async throws -> Response {
        let query = QueryReader(request)
        let from: LedgerIndex
        if let asked = try query.index("from") { from = asked } else { from = try await interface.eventCount() }
        let stream = EventStream(interface: interface, from: from, follow: try query.flag("follow"))
        return Response.lines { writer in try await stream.write(to: &writer) }
    }

    private func command(_ request: Request, _ context: ControlContext) async throws -> Response {
        var request = request
        let body = try await request.collectBody(upTo: Self.longestCommand)
        let command = try ControlJSON.decode(OperatorCommand.self, from: Data(body.readableBytesView))
        let peer = try await PeerCredentials.of(context.channel)
        return try Response(json: await interface.perform(command, by: peer.actor))
    }

    private func entry(_ request: Request, _ context: ControlContext) async throws -> Response {
        var request = request
        let body = try await request.collectBody(upTo: Self.longestEntry)
        let entry = try ControlJSON.decode(HandEvent.self, from: Data(body.readableBytesView))
        let peer = try await PeerCredentials.of(context.channel)
        return try Response(json: EntryPlace(index: try await interface.record(entry, by: peer.actor)))
    }
}

/// Runs `work` and cancels it when `limit` has passed or the server shuts down.
func atMost(_ limit: Duration, _ work: @escaping @Sendable () async -> Void) async {
    await withTaskGroup(of: Void.self) { group in
        group.addTask { await untilShutdown(work) }
        group.addTask { try? await Task.sleep(for: limit) }
        await group.next()
        group.cancelAll()
    }
}

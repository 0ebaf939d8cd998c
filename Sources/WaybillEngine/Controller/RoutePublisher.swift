package import WaybillCore

/// Publishes rotations. Requests that arrive while a table is being written share the next one, so that many deployments cost
/// few tables.
package actor RoutePublisher {
    package struct Change: Sendable {
        package var key: DeploymentKey
        /// Nil removes the route.
        package var route: RouteTable.Route?

        package init(key: DeploymentKey, route: RouteTable.Route?) {
            self.key = key
            self.route = route
        }
    }

    private struct Request {
        var change: Change
        var ticket: Ticket
        var done: CheckedContinuation<Result<UInt64, Failure>, Never>
    }

    private let gateway: any GatewayControl
    private let ports: PublishedPorts
    private var waiting: [Request] = []
    private var isPublishing = false
    /// The table last published.
    package private(set) var table: RouteTable
    /// What is recorded of the deployments that it routes to: asked for at every look, and a table may be long.
    private var recordings: [DeploymentKey: RecordingPolicy]
    /// With which table each deployment's route was last published; those of an earlier controller with its last one.
    private var generations: [DeploymentKey: UInt64] = [:]
    private let resumed: UInt64

    /// - Parameter table: the one that an earlier controller published, if any.
    package init(gateway: any GatewayControl, resuming table: RouteTable?, ports: PublishedPorts) {
        self.gateway = gateway
        self.ports = ports
        self.table = table ?? RouteTable(generation: 0, routes: [])
        recordings = self.table.recordings
        resumed = self.table.generation
    }

    /// Requests that wait for the next table.
    package var waitingCount: Int { waiting.count }

    /// Whether the published table has a route for `key`.
    package func hasRoute(_ key: DeploymentKey) -> Bool { recordings[key] != nil }

    /// By revision, the commits that the published table tells for `key`.
    package func commits(of key: DeploymentKey) -> [String: String] {
        guard hasRoute(key) else { return [:] }
        let route = table.routes.first { $0.environment == key.environment.text && $0.deployment == key.name.text }
        return Dictionary(
            (route?.backends ?? []).filter { !$0.commit.isEmpty }.map { ($0.revision, $0.commit) },
            uniquingKeysWith: { first, _ in first })
    }

    /// What the published table says is recorded of `key`; nil when it has no route.
    package func recording(of key: DeploymentKey) -> RecordingPolicy? { recordings[key] }

    /// Whether the table of `generation` has what was last published for `key`.
    package func isInForce(_ key: DeploymentKey, by generation: UInt64) -> Bool {
        generation >= generations[key] ?? resumed
    }

    /// Makes `change` part of the published table; returns the generation that has it once the table is durable.
    ///
    /// The first caller publishes, then goes on for those who came meanwhile: no task without a parent.
    package func publish(_ change: Change, ticket: Ticket) async throws(Failure) -> UInt64 {
        if isPublishing {
            return try await withCheckedContinuation { continuation in
                waiting.append(Request(change: change, ticket: ticket, done: continuation))
            }.get()
        }
        isPublishing = true
        let mine = await publishTable([change], ticket: ticket)
        while let first = waiting.first {
            let round = waiting
            waiting = []
            let result = await publishTable(round.map(\.change), ticket: first.ticket)
            if case .failure = result, round.count > 1 {
                // One change that cannot be published keeps no other from being so.
                for request in round {
                    request.done.resume(returning: await publishTable([request.change], ticket: request.ticket))
                }
            } else {
                for request in round { request.done.resume(returning: result) }
            }
        }
        isPublishing = false
        return try mine.get()
    }

    private func publishTable(_ changes: [Change], ticket: Ticket) async -> Result<UInt64, Failure> {
        var next = changes.reduce(table) { $0.setting($1.key, to: $1.route) }
        next.generation = table.generation + 1
        ports.replace(with: next)
        do throws(Failure) {
            try await gateway.publish(next, ticket: ticket)
            table = next
            for change in changes {
                generations[change.key] = next.generation
                recordings[change.key] = change.route?.recording
            }
            return .success(next.generation)
        } catch {
            ports.replace(with: table)
            return .failure(error)
        }
    }
}

package import WaybillCore

/// The gateway's status, asked at most once in `freshness` however many deployments look, and by one of them at a time.
package actor GatewayMonitor {
    private let gateway: any GatewayControl
    private let clock: any WallClock
    private let freshness: Duration
    private var last: (status: GatewayStatus?, at: Timestamp)?
    private var isAsking = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    /// Counts published tables.
    private var generation = 0

    package init(gateway: any GatewayControl, clock: any WallClock, freshness: Duration = .milliseconds(50)) {
        self.gateway = gateway
        self.clock = clock
        self.freshness = freshness
    }

    /// Nil when no gateway answers.
    package func status() async -> GatewayStatus? {
        while true {
            if let known { return known.status }
            if isAsking {
                await withCheckedContinuation { waiting.append($0) }
                continue
            }
            if let answer = await ask() { return answer.status }
        }
    }

    /// What was heard last, while it is fresh.
    private var known: (status: GatewayStatus?, at: Timestamp)? {
        let now = clock.now()
        return last.flatMap { $0.at <= now && now - $0.at < freshness ? $0 : nil }
    }

    /// What the gateway says now; nil when a table was published meanwhile, for it may have spoken of the one before.
    private func ask() async -> (status: GatewayStatus?, at: Timestamp)? {
        isAsking = true
        let asked = generation
        let answer = (status: await gateway.status(), at: clock.now())
        isAsking = false
        if generation == asked { last = answer }
        for one in waiting { one.resume() }
        waiting = []
        return generation == asked ? answer : nil
    }

    /// Those who wait for an answer that another asked for.
    package var waitingCount: Int { waiting.count }

    /// A table was published: what was heard before is no answer any more.
    package func forget() {
        last = nil
        generation += 1
    }

    /// What the gateway says about `key`; replica names that it cannot have from us are left out.
    package func route(of key: DeploymentKey) async -> ObservedRoute {
        guard let status = await status() else { return ObservedRoute(isGatewayRunning: false) }
        let rotation = status.rotation[key.description]
        let outstanding = status.outstanding.compactMap { name, count in
            (try? ReplicaID(parsing: name)).flatMap { $0.key == key ? ($0, count) : nil }
        }
        return ObservedRoute(
            replicas: Set((rotation ?? []).compactMap { try? ReplicaID(parsing: $0) }),
            outstanding: Dictionary(outstanding, uniquingKeysWith: max), hasRoute: rotation != nil,
            generation: status.generation, dividesTraffic: (status.tableFormat ?? 1) >= 2)
    }
}

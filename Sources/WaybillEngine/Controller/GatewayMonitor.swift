package import WaybillCore

/// The gateway's status, asked at most once in `freshness` however many deployments look.
package actor GatewayMonitor {
    private let gateway: any GatewayControl
    private let clock: any WallClock
    private let freshness: Duration
    private var last: (status: GatewayStatus?, at: Timestamp)?

    package init(gateway: any GatewayControl, clock: any WallClock, freshness: Duration = .milliseconds(50)) {
        self.gateway = gateway
        self.clock = clock
        self.freshness = freshness
    }

    /// Nil when no gateway answers.
    package func status() async -> GatewayStatus? {
        let now = clock.now()
        if let last, last.at <= now, now - last.at < freshness { return last.status }
        let status = await gateway.status()
        last = (status, clock.now())
        return status
    }

    /// A table was published: what was heard before is no answer any more.
    func forget() { last = nil }

    /// What the gateway says about `key`; replica names that it cannot have from us are left out.
    package func route(of key: DeploymentKey) async -> ObservedRoute {
        guard let status = await status() else { return ObservedRoute(isGatewayRunning: false) }
        let rotation = status.rotation[key.description]
        let outstanding = status.outstanding.compactMap { name, count in
            (try? ReplicaID(parsing: name)).flatMap { $0.key == key ? ($0, count) : nil }
        }
        return ObservedRoute(
            replicas: Set((rotation ?? []).compactMap { try? ReplicaID(parsing: $0) }),
            outstanding: Dictionary(outstanding, uniquingKeysWith: max), hasRoute: rotation != nil)
    }
}

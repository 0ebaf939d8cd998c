import WaybillCore

/// One deployment in many states, for plans.
struct PlanFixtures {
    let key: DeploymentKey
    let version: VersionID
    let now = Timestamp(milliseconds: 1_700_000_000_000)

    init() throws {
        key = try DeploymentKey(parsing: "production/churn")
        version = try VersionID(parsing: "churn@1.4.0")
    }

    func desired(_ setting: Int, replicas: Int = 1) -> DesiredDeployment {
        let rendering = Rendering(restart: .integer(Int64(setting)), live: .integer(Int64(replicas)))
        let spec = RevisionSpec(
            revision: rendering.revision, key: key, version: version, runtime: key.name, protocolName: .oipV2,
            paths: [], artifacts: [], environment: nil, command: [], files: [], env: [], ports: ["http"],
            probes: Probes(startup: Probe(check: .tcp), readiness: Probe(check: .tcp)), resources: Resources(),
            isolation: .sandbox, stopGrace: .seconds(10))
        return DesiredDeployment(
            spec: spec, replicas: replicas, drain: .seconds(30), rendering: rendering,
            location: SourceLocation(path: "churn.yaml", line: 1, column: 1))
    }

    func id(_ setting: Int, _ serial: UInt64) -> ReplicaID {
        ReplicaID(key: key, revision: desired(setting).revision, serial: serial)
    }

    func replica(
        _ setting: Int, _ serial: UInt64, _ phase: ObservedReplica.Phase = .ready, drift: String? = nil
    ) -> ObservedReplica {
        ObservedReplica(
            id: id(setting, serial), revision: desired(setting).revision, version: version, phase: phase, port: 9000,
            startedAt: now, drift: drift)
    }

    var exited: ObservedReplica.Phase { .exited(ExitStatus(cause: .code(1), at: now)) }

    /// Everything prepared; `routed` are the replicas in rotation.
    func observed(
        _ replicas: [ObservedReplica], routed: [ReplicaID] = [], outstanding: [ReplicaID: Int] = [:],
        gateway: Bool = true, prepared: [Int] = [1, 2, 3], changedAt: Timestamp? = nil
    ) -> Observation {
        Observation(
            replicas: replicas,
            preparations: Dictionary(uniqueKeysWithValues: prepared.map { (desired($0).revision, .prepared) }),
            route: ObservedRoute(
                isGatewayRunning: gateway, replicas: Set(routed), outstanding: outstanding, changedAt: changedAt),
            time: now)
    }

    func context(_ change: (inout PlanContext) -> Void = { _ in }) -> PlanContext {
        var context = PlanContext(now: now, nextSerial: 50)
        change(&context)
        return context
    }

    func plan(_ desired: DesiredDeployment?, _ observed: Observation, _ context: PlanContext? = nil) -> KeyPlan {
        Planner.plan(key, desired: desired, observed: observed, context: context ?? self.context())
    }

    /// Names of actions, those that wait in brackets; numbers of replicas.
    func brief(_ plan: KeyPlan) -> String {
        plan.actions.map { planned in
            let text =
                switch planned.action {
                case .prepare: "prepare"
                case .validate: "validate"
                case .startReplica(let id, _): "start \(id.serial)"
                case .stopReplica(let id): "stop \(id.serial)"
                case .setRoute(let ids, let shares):
                    "route \(ids.map { String($0.serial) }.joined(separator: "+"))"
                        + (shares.isEmpty ? "" : " " + shares.map { "\($0.weight)" }.joined(separator: ":"))
                case .forgetReplica(let id): "forget \(id.serial)"
                }
            return planned.waitsFor == nil ? text : "(\(text))"
        }.joined(separator: " ")
    }
}

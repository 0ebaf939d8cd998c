/// Sorts the replicas of a deployment by what becomes of them, and derives the rotation from that.
struct ReplicaCensus {
    /// Alive, of the desired revision, nothing wrong with them.
    let fresh: [ObservedReplica]
    /// Alive, of the desired revision, to be replaced one by one.
    let stale: [ObservedReplica]
    /// Alive, of any revision, and condemned by a probe: out of rotation, stopped and replaced at once.
    let failing: [ObservedReplica]
    /// Alive, of another revision.
    let foreign: [ObservedReplica]
    /// The fresh ones that stay: ready before others, then the oldest.
    let kept: [ObservedReplica]
    let surplus: [ObservedReplica]
    /// Stale ones whose replacement is ready.
    let replaceable: [ObservedReplica]
    /// What the gateway should route to now, in order.
    let rotation: [ReplicaID]

    /// - Parameter isAdmitted: false: what runs of the desired revision was not started here, and is to go.
    init(desired: DesiredDeployment, observed: Observation, context: PlanContext, isAdmitted: Bool = true) {
        let running = observed.replicas.filter { $0.isAlive && $0.phase != .stopping }.sorted { $0.id < $1.id }
        failing = running.filter { $0.failure != nil }
        let alive = running.filter { $0.failure == nil }
        foreign = alive.filter { $0.revision != desired.revision }
        let current = alive.filter { $0.revision == desired.revision }
        let stale =
            !isAdmitted
            ? []
            : current.filter {
                $0.id.serial < context.replaceSerialsBelow || $0.drift != nil || context.crashed.contains($0.id)
            }
        self.stale = stale
        fresh = current.filter { !stale.contains($0) }
        let ranked = fresh.sorted { Self.rank($0, context) < Self.rank($1, context) }
        let kept = Array(ranked.prefix(isAdmitted ? desired.replicas : 0)).sorted { $0.id < $1.id }
        self.kept = kept
        surplus = fresh.filter { !kept.contains($0) }
        let replaced = max(0, kept.count { $0.phase == .ready } + stale.count - desired.replicas)
        let goneFirst = stale.sorted { ($0.phase == .ready ? 1 : 0, $0.id) < ($1.phase == .ready ? 1 : 0, $1.id) }
        let replaceable = Array(goneFirst.prefix(replaced))
        self.replaceable = replaceable
        let own = (kept + stale.filter { !replaceable.contains($0) }).sorted { $0.id < $1.id }
        rotation =
            desired.replicas == 0
            ? []
            : Self.rotation(own: own, foreign: foreign, count: desired.replicas, observed: observed, context: context)
    }

    /// Foreign replicas that must go on serving for now.
    var servingForeign: [ObservedReplica] { foreign.filter { rotation.contains($0.id) } }
    var leaving: [ObservedReplica] { failing + foreign + stale + surplus }

    /// Which of the fresh replicas to keep: started by us before unknown ones, ready before others, then the oldest.
    private static func rank(_ replica: ObservedReplica, _ context: PlanContext) -> (Int, Int, UInt64) {
        let isUnknown = context.started.map { !$0.contains(replica.id) } ?? false
        let readiness =
            switch replica.phase {
            case .ready: 0
            case .unready: 1
            case .starting, .failing, .stopping, .exited: 2
            }
        return (readiness, isUnknown ? 1 : 0, replica.id.serial)
    }

    private static func rotation(
        own: [ObservedReplica], foreign: [ObservedReplica], count: Int, observed: Observation, context: PlanContext
    ) -> [ReplicaID] {
        // What was published counts before the gateway has taken it up: a decision to switch is not taken twice.
        let published = context.lastRotation ?? observed.route.replicas
        let serving = serving(own: own, foreign: foreign, published: published, observed: observed, context: context)
        let ready = own.filter { $0.phase == .ready }
        let oldReady = serving.filter { $0.phase == .ready }
        if ready.isEmpty && oldReady.isEmpty {
            // Nothing better is there: what may answer again stays, what is gone leaves. The gateway may not have taken up yet that
            // a replica was left out for one that is gone by now.
            return (own + serving).map(\.id).filter { published.contains($0) || observed.route.replicas.contains($0) }
                .sorted()
        }
        let hasSwitched = hasSwitched(own: own, foreign: foreign, published: published, observed: observed)
        let takesOver = oldReady.isEmpty || hasSwitched || ready.count >= min(count, oldReady.count)
        return (!ready.isEmpty && takesOver ? ready : oldReady).map(\.id).sorted()
    }

    /// Whether the desired revision has taken over. A rotation whose outcome is unknown names both sides of the switch:
    /// then only the gateway knows. Where the gateway divides traffic between both, as a rollout leaves it that git has ended, nothing
    /// has taken over yet.
    private static func hasSwitched(
        own: [ObservedReplica], foreign: [ObservedReplica], published: Set<ReplicaID>, observed: Observation
    ) -> Bool {
        let isUnknown = foreign.contains { published.contains($0.id) }
        let inForce = isUnknown ? observed.route.replicas : published
        let isDivided = foreign.contains { inForce.contains($0.id) }
        return !isDivided && own.contains { inForce.contains($0.id) }
    }

    /// Replicas of the one other revision that serves now, or served last when the rotation names nothing that is there.
    private static func serving(
        own: [ObservedReplica], foreign: [ObservedReplica], published: Set<ReplicaID>, observed: Observation,
        context: PlanContext
    ) -> [ObservedReplica] {
        let confirmed = Set(foreign.filter { observed.route.replicas.contains($0.id) }.map(\.revision))
        let named = Set(foreign.filter { published.contains($0.id) }.map(\.revision))
        // A rotation whose outcome is unknown names what may never have served: that is no reason to begin with it.
        let candidates = named.filter { confirmed.contains($0) || $0.short == context.lastServed }
        if candidates.isEmpty {
            if own.contains(where: { published.contains($0.id) }) { return [] }
            let last = foreign.filter { $0.revision.short == context.lastServed }
            // A new rotation that died before the gateway took it up: what is still routed goes on.
            return last.isEmpty ? foreign.filter { $0.revision == confirmed.min() } : last
        }
        let chosen = candidates.intersection(confirmed).min() ?? candidates.min()
        return foreign.filter { $0.revision == chosen }
    }
}

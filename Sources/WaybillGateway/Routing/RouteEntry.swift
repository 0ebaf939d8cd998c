import Synchronization
import WaybillCore

/// One deployment's route, made ready for look-ups. Weighted splitting will choose among revisions here.
final class RouteEntry: Sendable {
    /// `environment/deployment`.
    let key: String
    let deployment: String
    let rules: PathRules
    let backends: [Backend]
    /// Where each loop counts this deployment's requests.
    let slot: Int

    init(key: String, deployment: String, rules: PathRules, backends: [Backend], slot: Int) {
        self.key = key
        self.deployment = deployment
        self.rules = rules
        self.backends = backends
        self.slot = slot
    }

    /// The backend with the fewest requests in flight; ties go round by `turn`. One that failed just now, or that is
    /// `avoiding`, is taken only when nothing else is there.
    func leastLoaded(version: String?, avoiding: Backend?, turn: Int, now: UInt64) -> Backend? {
        if backends.count == 1, version == nil { return backends[0] }
        var best: Backend?
        var bestCost = Int.max
        for step in 0..<backends.count {
            let backend = backends[(turn &+ step) % backends.count]
            if let version, backend.version != version { continue }
            var cost = backend.outstanding.load(ordering: .relaxed)
            if backend.restingUntil.load(ordering: .relaxed) > now { cost += Self.restingCost }
            if backend === avoiding { cost += Self.avoidedCost }
            if cost < bestCost { (best, bestCost) = (backend, cost) }
        }
        return best
    }

    private static let restingCost = 1 << 32
    private static let avoidedCost = 1 << 40
}

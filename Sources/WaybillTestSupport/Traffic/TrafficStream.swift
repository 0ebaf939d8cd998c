import Glibc
package import WaybillCore

/// Requests of a rollout, block by block of 10 s, by seed: which arm and replica each goes to, and which metrics it hits.
package struct TrafficStream: Sendable {
    /// One metric's share of hits where nothing bursts.
    package struct Rate: Sendable {
        package var stable: Double
        package var canary: Double

        package init(stable: Double, canary: Double) { (self.stable, self.canary) = (stable, canary) }
    }

    private struct Replica {
        let isCanary: Bool
        var mood = 0.0
        /// Whether its last answer was a hit, by metric.
        var last: [Bool]
    }

    private let shape: TrafficShape
    private let rates: [Rate]
    private var random: TrafficRandom
    private var replicas: [Replica]
    private var tide = 0.0
    private var isIncident = false

    package init(_ shape: TrafficShape, rates: [Rate], seed: UInt64) {
        (self.shape, self.rates) = (shape, rates)
        random = TrafficRandom(seed: seed)
        let none = Array(repeating: false, count: rates.count)
        replicas = (0..<2 * shape.replicas).map { Replica(isCanary: $0 < shape.replicas, last: none) }
        for index in replicas.indices { replicas[index].mood = shape.replicaSpread * random.normal() }
        tide = shape.timeSpread * random.normal()
    }

    /// The next block, with about so many requests of which `weight` percent go to the canary; counts by metric.
    package mutating func block(requests: Double, weight: Double) -> [AnalysisBlock] {
        move()
        let factors = replicas.map { factor($0) }
        let canaryReplicas = weight < 20 ? 1 : shape.replicas
        var blocks = Array(repeating: AnalysisBlock(), count: rates.count)
        for _ in 0..<random.poisson(requests) {
            let isCanary = random.isTrue(weight / 100)
            let place =
                isCanary
                ? random.index(below: canaryReplicas) : shape.replicas + random.index(below: shape.replicas)
            for metric in rates.indices {
                let isHit = answer(of: place, metric, factors[place])
                if isCanary { blocks[metric].canary.count(isHit) } else { blocks[metric].stable.count(isHit) }
            }
        }
        return blocks
    }

    private mutating func answer(of place: Int, _ metric: Int, _ factor: Double) -> Bool {
        if shape.runs > 0, random.isTrue(shape.runs) { return replicas[place].last[metric] }
        let rate = replicas[place].isCanary ? rates[metric].canary : rates[metric].stable
        let isHit = random.isTrue(min(1, rate * factor))
        replicas[place].last[metric] = isHit
        return isHit
    }

    /// What multiplies the rates of a replica in this block; 1 on average without incidents.
    private func factor(_ replica: Replica) -> Double {
        let spread = shape.timeSpread * shape.timeSpread + shape.replicaSpread * shape.replicaSpread
        return exp(tide + replica.mood - spread / 2) * (isIncident ? shape.incidentFactor : 1)
    }

    private mutating func move() {
        guard shape.timeSpread > 0 || shape.replicaSpread > 0 else { return }
        tide = Self.moved(tide, shape.timeSpread, shape.timeMemory, &random)
        isIncident = random.isTrue(isIncident ? shape.incidentMemory : shape.incidents)
        for index in replicas.indices {
            replicas[index].mood = Self.moved(replicas[index].mood, shape.replicaSpread, shape.replicaMemory, &random)
        }
    }

    private static func moved(
        _ value: Double, _ spread: Double, _ memory: Double, _ random: inout TrafficRandom
    ) -> Double {
        memory * value + spread * (1 - memory * memory).squareRoot() * random.normal()
    }
}

extension ArmCounts {
    fileprivate mutating func count(_ isHit: Bool) {
        requests += 1
        if isHit { hits += 1 }
    }
}

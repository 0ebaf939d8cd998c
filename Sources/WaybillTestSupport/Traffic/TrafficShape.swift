/// How requests come to fail together.
package struct TrafficShape: Sendable {
    package var name: String
    /// The chance that a replica's answer repeats its last one: runs of errors.
    package var runs = 0.0
    /// What all replicas of both arms share in a block: spread (of the logarithm) and how much of it stays in the next block.
    package var timeSpread = 0.0
    package var timeMemory = 0.0
    /// Incidents of both arms: their chance in each block, what they multiply rates by, the chance that they go on for another block.
    package var incidents = 0.0
    package var incidentFactor = 1.0
    package var incidentMemory = 0.0
    /// What each replica has for itself.
    package var replicaSpread = 0.0
    package var replicaMemory = 0.0
    /// Replicas of each arm; a canary with less than a fifth of the traffic has one.
    package var replicas = 4

    package init(name: String) { self.name = name }

    /// Every request for itself.
    package static let independent = TrafficShape(name: "independent")

    /// Moving rates, an incident every eight minutes, replicas with moods of their own, short runs.
    package static let bursty: TrafficShape = {
        var shape = TrafficShape(name: "bursty")
        (shape.runs, shape.timeSpread, shape.timeMemory) = (0.2, 0.5, 0.8)
        (shape.incidents, shape.incidentFactor, shape.incidentMemory) = (0.02, 4, 0.5)
        (shape.replicaSpread, shape.replicaMemory) = (0.3, 0.5)
        return shape
    }()

    /// Long runs and replicas that differ much.
    package static let stormy: TrafficShape = {
        var shape = TrafficShape(name: "stormy")
        (shape.runs, shape.timeSpread, shape.timeMemory) = (0.5, 0.7, 0.8)
        (shape.incidents, shape.incidentFactor, shape.incidentMemory) = (0.03, 6, 0.6)
        (shape.replicaSpread, shape.replicaMemory) = (0.5, 0.6)
        return shape
    }()
}

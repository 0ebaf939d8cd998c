extension Observation {
    /// Replicas that were told to stop and are there though their grace and some patience have passed: they hold what
    /// they have, and only a person can tell why.
    func stuck(at now: Timestamp) -> [Drift] {
        replicas.filter { $0.stuckAt.map { $0 <= now } ?? false }.sorted { $0.id < $1.id }.map { replica in
            Drift(
                .replicaStuck, subject: replica.id.description, found: "running", expected: "gone",
                message: "\(replica.id) was told to stop and has not ended \(Planner.stopPatience.words) after its "
                    + "grace; \(replica.remedy)")
        }
    }

    /// The next moment at which one more is stuck.
    func nextStuck(after now: Timestamp) -> Timestamp? { replicas.compactMap(\.stuckAt).filter { $0 > now }.min() }
}

extension ObservedReplica {
    fileprivate var stuckAt: Timestamp? {
        guard case .stopping = phase else { return nil }
        return goneBy.map { $0 + Planner.stopPatience }
    }

    fileprivate var remedy: String {
        guard let pid else { return "look at its keeper, which does not answer" }
        return
            "its keeper is process \(pid): if 'ps -o stat= -p \(pid)' says T it is suspended, and 'kill -CONT \(pid)' "
            + "lets it go on; otherwise 'kill -KILL \(pid)' ends it and its program"
    }
}

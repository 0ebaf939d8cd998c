import WaybillCore

// What the ledger says of rollouts, written and read in one place.
extension FactEvents {
    /// - Parameter record: what an analysis found that led there.
    func moved(_ rollout: RolloutState, stable: ServedState?, record: AnalysisRecord? = nil) -> Event {
        var body: Members = [
            "to": .string(rollout.revision.description), "rendering": .string(rollout.rendering),
            "steps": .list(rollout.steps.map(\.value)), "step": .integer(Int64(rollout.step + 1)),
            "weight": .integer(Int64(rollout.weight)), "counting": .bool(rollout.countsSince != nil),
            "status": .string(rollout.status.rawValue), "crashes": .integer(Int64(rollout.crashes)),
            "reason": .string(rollout.reason),
        ]
        if let from = rollout.stable { body["from"] = .string(from.description) }
        if let stable { body["stable"] = stable.value }
        if let analysis = rollout.analysis { body["try"] = .integer(Int64(analysis.tries)) }
        if let outcome = rollout.analysis?.outcome { body["stoppedBy"] = .string(outcome.rawValue) }
        if let record { body["analysis"] = record.value }
        return event(.rolloutMoved, body)
    }
}

extension KeyFacts {
    mutating func foldRollout(_ event: Event) {
        guard let moved = RolloutState(event) else { return }
        rollout = moved
        stable = event.body["stable"].flatMap(ServedState.init)
        if moved.isTakenBack { takenBack[moved.rendering] = takenBack[moved.rendering] ?? moved.reason }
    }

    /// A replica of the revision that earns its traffic has ended by itself or was condemned.
    mutating func countCrash(_ id: ReplicaID) {
        guard let rollout, rollout.status == .progressing, rollout.revision.short == id.revisionShort else { return }
        self.rollout?.crashes += 1
    }

    /// Takes in a person's word, which is the transition itself: no other entry has to follow it.
    mutating func obey(_ word: RolloutState.Word, _ event: Event) {
        guard let old = rollout, let next = old.obeying(word, at: event.time) else { return }
        rollout = next
        switch word {
        case .abort: takenBack[next.rendering] = event.body["reason"]?.string ?? next.reason
        case .retry: takenBack[next.rendering] = nil
        case .advance, .resume: break
        }
        if word == .abort, let reason = event.body["reason"]?.string {
            rollout?.reason = "\(event.body["actor"]?.string ?? event.actor.name) took it back: \(reason)"
        }
    }
}

extension RolloutState {
    /// Nil for what is not well-formed.
    fileprivate init?(_ event: Event) {
        let body = event.body
        guard let to = body["to"]?.string.flatMap({ try? Digest(parsing: $0) }),
            let rendering = body["rendering"]?.string,
            let status = body["status"]?.string.flatMap(Status.init(rawValue:)),
            let step = body["step"]?.integer, let weight = body["weight"]?.integer, step >= 1,
            (0...100).contains(weight)
        else { return nil }
        self.init(
            revision: Revision(to), rendering: rendering,
            stable: body["from"]?.string.flatMap { try? Digest(parsing: $0) }.map { Revision($0) },
            steps: (body["steps"]?.list ?? []).compactMap { RolloutStep($0) }, step: Int(step) - 1,
            weight: Int(weight), countsSince: body["counting"] == .bool(true) ? event.time : nil, status: status,
            reason: body["reason"]?.string ?? "", crashes: Int(body["crashes"]?.integer ?? 0),
            analysis: body["try"]?.integer.map { tries in
                let outcome = body["stoppedBy"]?.string.flatMap { AnalysisVerdict.Outcome(rawValue: $0) }
                return AnalysisProgress(tries: Int(tries), outcome: outcome)
            })
    }
}

extension Event {
    /// The shares that the event names.
    var shares: [TrafficShare] { (body["shares"]?.list ?? []).compactMap { TrafficShare($0) } }
}

extension TrafficShare {
    /// `{"revision": "sha256:…", "weight": 10}`.
    var value: Value { ["revision": .string(revision.description), "weight": .integer(Int64(weight))] }

    fileprivate init?(_ value: Value) {
        guard let digest = value["revision"]?.string.flatMap({ try? Digest(parsing: $0) }),
            let weight = value["weight"]?.integer, (0...100).contains(weight)
        else { return nil }
        self.init(Revision(digest), Int(weight))
    }
}

package import WaybillCore

extension FleetWatcher {
    /// After a start: takes up the state that was in force, without the network where the mirror has it.
    ///
    /// Does nothing when no commit was ever accepted.
    func loadAccepted() async throws(Failure) {
        guard let accepted = acceptedChain.last else {
            isLoaded = true
            return
        }
        if !(try await repository.contains(accepted, in: accepted)) { _ = try await repository.fetch() }
        guard try await repository.contains(accepted, in: accepted) else {
            // Neither mirror nor remote has it any more: a rewound history, judged as such when the head is looked at.
            isLoaded = true
            status.accepted = accepted
            return
        }
        var state = WholeState(commit: accepted)
        for commit in acceptedChain {
            if try await repository.contains(commit, in: commit) { state.add(try await source.load(commit)) }
        }
        status.accepted = accepted
        status.head = accepted
        if let hold = removesTooMuch(state.delta, head: accepted) {
            isLoaded = true
            controller.send(.hold(hold))
            return
        }
        take(state.delta)
        decided = accepted
        isLoaded = true
    }

    /// Decides about a fetched commit, records it, and sends the change on when it is accepted.
    func judge(_ head: CommitID) async throws(Failure) {
        let accepted = status.accepted
        let contains: Bool
        if let accepted { contains = try await repository.contains(accepted, in: head) } else { contains = true }
        if case .hold(let hold) = gate(head, contains: contains, after: population) {
            return try await place(hold)
        }
        let delta = try await source.load(head)
        do throws(Failure) {
            if let hold = removesTooMuch(delta, head: head) {
                try await goBack(to: accepted)
                return try await place(hold)
            }
            try await recordAcceptance(of: delta, from: accepted)
        } catch {
            try await goBack(to: accepted)
            throw error
        }
        status.accepted = head
        take(delta)
        controller.send(.release(reason: "commit \(head.short) was accepted"))
    }

    /// Judges the head again, because an operator accepted `commit`.
    package func reconsider(_ commit: CommitID) {
        operatorAccepted = commit
        decided = nil
        trigger(.operatorWord)
    }

    private func gate(_ head: CommitID, contains: Bool, after: Set<DeploymentKey>) -> CommitGate.Verdict {
        CommitGate.decide(
            head: head, lastAccepted: status.accepted, containsAccepted: contains,
            population: CommitGate.Population(before: population, after: after), operatorAccepted: operatorAccepted)
    }

    private func removesTooMuch(_ delta: DesiredDelta, head: CommitID) -> FleetHold? {
        let after = isLoaded ? populationAfter(delta) : Set(delta.changed.keys).union(delta.held.keys)
        guard case .hold(let hold) = gate(head, contains: true, after: after.union(delta.orphaned)) else { return nil }
        return hold
    }

    private func populationAfter(_ delta: DesiredDelta) -> Set<DeploymentKey> {
        population.subtracting(delta.removed).union(delta.changed.keys).union(delta.held.keys)
    }

    private func take(_ delta: DesiredDelta) {
        population = isLoaded ? populationAfter(delta) : Set(delta.changed.keys).union(delta.held.keys)
        status.diagnostics = delta.diagnostics
        controller.send(.desired(delta))
    }

    /// Undoes a load that was not accepted, so that the next one is compared with what is in force.
    private func goBack(to accepted: CommitID?) async throws(Failure) {
        if let accepted { _ = try await source.load(accepted) } else { await source.forget() }
    }

    private func place(_ hold: FleetHold) async throws(Failure) {
        if hold.cause == .historyRewound {
            try await journal.note(
                Event(
                    .commitRewound, decision: decision(), time: clock.now(), subject: hold.commit.hex,
                    body: [
                        "accepted": .string(hold.accepted?.hex ?? ""), "head": .string(hold.commit.hex),
                    ]))
        }
        try await journal.note(
            Event(
                .commitRejected, decision: decision(), time: clock.now(), subject: hold.commit.hex,
                body: [
                    "commit": .string(hold.commit.hex), "reason": .string(hold.cause.rawValue),
                    "message": .string(hold.message),
                ]))
        controller.send(.hold(hold))
    }

    private func recordAcceptance(of delta: DesiredDelta, from accepted: CommitID?) async throws(Failure) {
        let decision = decision()
        for diagnostic in delta.diagnostics.prefix(Self.mostDiagnostics) where diagnostic.severity == .error {
            try await journal.note(
                Event(
                    .resourceInvalid, decision: decision, time: clock.now(), subject: diagnostic.location.path,
                    body: [
                        "commit": .string(delta.commit.hex), "location": .string(diagnostic.location.description),
                        "message": .string(diagnostic.message),
                    ]))
        }
        var body: [String: Value] = [
            "commit": .string(delta.commit.hex), "deployments": .integer(Int64(populationAfter(delta).count)),
            "changed": .list((delta.changed.keys.sorted().prefix(100)).map { .string($0.description) }),
            "problems": .integer(Int64(delta.diagnostics.count { $0.severity == .error })),
        ]
        if let accepted { body["from"] = .string(accepted.hex) }
        if operatorAccepted == delta.commit { body["reason"] = "accepted by an operator" }
        try await journal.note(
            Event(.commitAccepted, decision: decision, time: clock.now(), subject: delta.commit.hex, body: body))
    }

    /// Problems of one commit that get an entry each; the rest are counted in the acceptance.
    private static let mostDiagnostics = 100
}

/// The whole desired state after several loads in order.
private struct WholeState {
    var delta: DesiredDelta

    init(commit: CommitID) { delta = DesiredDelta(commit: commit) }

    mutating func add(_ next: DesiredDelta) {
        delta.changed.merge(next.changed) { _, new in new }
        for key in next.removed {
            delta.changed[key] = nil
            delta.held[key] = nil
        }
        delta.orphaned.formUnion(next.orphaned)
        delta.orphaned.subtract(next.changed.keys)
        delta.held.merge(next.held) { _, new in new }
        for key in next.released { delta.held[key] = nil }
        delta.diagnostics = next.diagnostics
    }
}

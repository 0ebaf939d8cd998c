import WaybillCore

extension FleetWatcher {
    /// After a start, and after a load that came to nothing: brings the source to what is in force, and tells the
    /// controller of it if it was not told yet.
    func loadAccepted() async throws(Failure) {
        let isThere = try await restoreSource()
        isSourceInForce = true
        guard isThere, let accepted = memory.chain.last, !isStartJudged else { return }
        let whole = try await whole()
        status.head = accepted
        decided = accepted
        isStartJudged = true
        let board = try await board(of: accepted)
        tell(board)
        rules = try await ruleset(at: accepted)
        if let hold = holds(whole, head: accepted, isContinued: true) { tell(hold) } else { give(whole, board) }
    }

    /// Loads the accepted commits anew, without the network where the mirror has them; false when there is none. Begins from
    /// nothing each time, so that a load that failed midway leaves no half of a state behind.
    private func restoreSource() async throws(Failure) -> Bool {
        await source.forget()
        await source.remember(Array(memory.fixed.values))
        guard let accepted = memory.chain.last else { return false }
        status.accepted = accepted
        if !(try await repository.contains(accepted, in: accepted)) { _ = try await repository.fetch() }
        // Neither mirror nor remote may have it any more: a rewound history, judged as such when the head is looked at.
        guard try await repository.contains(accepted, in: accepted) else { return false }
        orphans = []
        var removed: Set<DeploymentKey> = []
        var isWhole = true
        for (index, commit) in memory.chain.enumerated() {
            guard try await repository.contains(commit, in: commit) else {
                isWhole = false
                continue
            }
            guard let delta = try await replay(commit, isNext: isWhole && memory.isNext(index)) else { continue }
            orphans.subtract(delta.changed.keys)
            orphans.formUnion(delta.orphaned)
            removed = delta.removed
        }
        if !isStateGiven { await doubt(removed, isHistoryWhole: isWhole) }
        return true
    }

    /// Nil for an earlier commit without the manifests' folder: the setting was another one then.
    private func replay(_ commit: CommitID, isNext: Bool) async throws(Failure) -> DesiredDelta? {
        do {
            return try await source.replay(commit, isNext: isNext)
        } catch  where error.reason == "NoManifestFolder" && commit != memory.chain.last {
            return nil
        }
    }

    /// Decides about a fetched commit, records it, and sends the change on when it is accepted.
    func judge(_ head: CommitID) async throws(Failure) {
        let accepted = status.accepted
        if isStateGiven, head == accepted { return releaseIfBack(at: head) }
        let orphansBefore = orphans
        let change = try await source.load(head)
        isSourceInForce = false
        orphans.formUnion(change.orphaned)
        do throws(Failure) {
            let delta = try await isStateGiven ? settlingDoubts(change) : whole()
            var isContinued = true
            if let accepted { isContinued = try await repository.contains(accepted, in: head) }
            if let hold = holds(delta, head: head, isContinued: isContinued) {
                try await place(hold)
                return await goBack(from: change, orphansBefore)
            }
            if let hold = try await rulesHold(head) {
                try await place(hold)
                return await goBack(from: change, orphansBefore)
            }
            // Whose words it needs is known before it is in force.
            let board = try await board(of: head)
            if head != accepted { try await recordAcceptance(of: delta, from: accepted) }
            isSourceInForce = true
            give(delta, board)
            try await adoptRules(at: head)
            doubted.subtract(delta.removed.union(delta.released).union(delta.changed.keys))
            release("commit \(head.short) was accepted")
        } catch {
            await goBack()
            throw error
        }
    }

    /// The branch names the commit in force again: nothing is held any more.
    func releaseIfBack(at head: CommitID) {
        if isStateGiven { release("the branch names \(head.short) again") }
    }

    /// Everything that the source has, as the first change that a controller hears of.
    private func whole() async throws(Failure) -> DesiredDelta {
        guard let state = await source.current() else {
            throw Failure(.retry, reason: "NothingLoaded", message: "the fleet's state was asked for before a load")
        }
        let gone = orphans.subtracting(state.deployments.keys).subtracting(state.held.keys)
        return DesiredDelta(
            commit: state.commit, changed: state.deployments.filter { !doubted.contains($0.key) },
            removed: gone, orphaned: gone, held: state.held.merging(heldByDoubt(state)) { held, _ in held },
            diagnostics: state.diagnostics,
            history: state.history)
    }

    /// Compared with what serves, also when the commit is the accepted one: a changed `path` or `branch` setting may
    /// show another fleet at it.
    private func holds(_ delta: DesiredDelta, head: CommitID, isContinued: Bool) -> FleetHold? {
        let verdict = CommitGate.decide(
            head: head, lastAccepted: isContinued ? nil : status.accepted, containsAccepted: isContinued,
            population: CommitGate.Population(population, removed: turnover(delta).gone.subtracting(delta.orphaned)),
            operatorAccepted: memory.operatorAccepted)
        guard case .hold(var hold) = verdict else { return nil }
        hold.accepted = status.accepted
        return hold
    }

    /// The first delta is the whole state: who is not in it is gone.
    private func turnover(_ delta: DesiredDelta) -> FleetCensus.Turnover {
        let named = Set(delta.changed.keys).union(delta.held.keys)
        return population.turnover(named: named, removed: isStateGiven ? delta.removed : population.keys)
    }

    private func give(_ delta: DesiredDelta, _ board: ApprovalBoard) {
        tell(board)
        population.apply(turnover(delta))
        status.accepted = delta.commit
        status.diagnostics = delta.diagnostics
        isStateGiven = true
        controller.send(.desired(delta))
    }

    private func release(_ reason: String) {
        guard standing != nil else { return }
        standing = nil
        controller.send(.release(reason: reason))
    }

    /// Undoes a load that was not accepted, so that the next one is compared with what is in force. When that fails it is
    /// done before the next round.
    private func goBack() async {
        do throws(Failure) {
            _ = try await restoreSource()
            isSourceInForce = true
        } catch {
            isSourceInForce = false
        }
    }

    /// The same from a commit that was loaded whole: where nothing is broken on either side, only what differs is read again.
    private func goBack(from change: DesiredDelta, _ orphansBefore: Set<DeploymentKey>) async {
        let isSound =
            change.held.isEmpty && change.history.isEmpty && !change.diagnostics.contains { $0.severity == .error }
        guard isSound, isStateGiven, memory.chain.count == 1, let accepted = memory.chain.last,
            accepted == status.accepted,
            !status.diagnostics.contains(where: { $0.severity == .error })
        else { return await goBack() }
        do throws(Failure) {
            _ = try await source.replay(accepted, isNext: false)
            orphans = orphansBefore
            isSourceInForce = true
        } catch {
            await goBack()
        }
    }

    // MARK: What the ledger is told

    private func place(_ hold: FleetHold) async throws(Failure) {
        if standing?.commit == hold.commit, standing?.cause == hold.cause { return tell(hold) }
        if hold.cause == .historyRewound, notedRewind != hold.commit {
            try await write(
                Event(
                    .commitRewound, decision: decision(), time: clock.now(), subject: hold.commit.hex,
                    body: [
                        "accepted": .string(hold.accepted?.hex ?? ""), "head": .string(hold.commit.hex),
                    ]))
            notedRewind = hold.commit
        }
        try await write(
            Event(
                .commitRejected, decision: decision(), time: clock.now(), subject: hold.commit.hex,
                body: [
                    "commit": .string(hold.commit.hex), "reason": .string(hold.cause.rawValue),
                    "message": .string(hold.message),
                ]))
        tell(hold)
    }

    /// Makes `fact` durable. The controller hears of a ledger that refuses: it is the one who brings it back.
    func write(_ fact: Event) async throws(Failure) {
        do throws(Failure) { try await journal.note(fact) } catch {
            await controller.loseLedger([])
            throw error
        }
    }

    func tell(_ hold: FleetHold) {
        standing = hold
        controller.send(.hold(hold))
    }

    private func recordAcceptance(of delta: DesiredDelta, from accepted: CommitID?) async throws(Failure) {
        let decision = decision()
        for diagnostic in delta.diagnostics.prefix(Self.mostDiagnostics) where diagnostic.severity == .error {
            try await write(
                Event(
                    .resourceInvalid, decision: decision, time: clock.now(), subject: diagnostic.location.path,
                    body: [
                        "commit": .string(delta.commit.hex), "location": .string(diagnostic.location.description),
                        "message": .string(diagnostic.message),
                    ]))
        }
        let turnover = turnover(delta)
        let named = population.keys.count + turnover.come.count - turnover.gone.count
        var body: Members = [
            "commit": .string(delta.commit.hex), "deployments": .integer(Int64(named)),
            "changed": .list((delta.changed.keys.sorted().prefix(100)).map { .string($0.description) }),
            "problems": .integer(Int64(delta.diagnostics.count { $0.severity == .error })),
        ]
        if let accepted { body["from"] = .string(accepted.hex) }
        if delta.history.count <= FleetMemory.longestHistory {
            body["history"] = .list(delta.history.map { .string($0.hex) })
        }
        if memory.operatorAccepted == delta.commit { body["reason"] = "accepted by an operator" }
        let event = Event(
            .commitAccepted, decision: decision, time: clock.now(), subject: delta.commit.hex, body: body)
        try await write(event)
        memory.fold(event)
    }

    /// Writes down what the versions of the commit in force are, those that nothing fixed yet; from then on they are that.
    func fixVersions() async throws(Failure) {
        guard isSourceInForce, let commit = memory.chain.last else { return }
        let versions = await source.unfixed()
        guard !versions.isEmpty else { return }
        let decision = decision()
        for part in Self.parts(of: versions.map(\.value)) {
            let event = Event(
                .versionsFixed, decision: decision, time: clock.now(), subject: commit.hex,
                body: ["commit": .string(commit.hex), "versions": .list(part)])
            try await write(event)
            memory.fold(event)
        }
        await source.remember(versions)
    }

    /// In lists that fit into an entry.
    private static func parts(of values: [Value]) -> [[Value]] {
        var parts: [[Value]] = []
        var room = 0
        for value in values {
            let size = value.json.utf8.count + 1
            if size > room {
                parts.append([])
                room = 40_000
            }
            parts[parts.count - 1].append(value)
            room -= size
        }
        return parts
    }

    /// Problems of one commit that get an entry each; the rest are counted in the acceptance.
    private static let mostDiagnostics = 100
}

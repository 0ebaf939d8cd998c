import WaybillCore

/// An effect of the core that is under way.
struct Flight: Sendable {
    enum Fate: Sendable {
        case succeeds
        case fails(Failure)
        /// It happens, and yet its answer says that it failed.
        case succeedsUnheard
        /// Neither act nor answer until it is cancelled.
        case isLost
        /// It happens, and no answer comes until it is cancelled.
        case hangs
    }

    var observe: ObserveRequest?
    var observation: Observation?
    var act: ActRequest?
    var intent: LedgerIndex?
    var fate: Fate
    var failure: Failure?
    /// Replicas were asked for when the core asked for the act.
    var wasWanted = true
    var wantedCount = 0
    /// What a validation came to.
    var answer: ValidationAnswer?
    /// The desired revision was taken back when the core asked for the act.
    var wasTakenBack = false
    /// What was asked of the deployment when the core asked for the act.
    var asked: AskedChecklist?
    /// The desired revision may have been in a published rotation before.
    var hasSwitched = false
}

// The shell: what carries out effects and feeds back what happened.
extension Simulation {
    mutating func send(_ event: EngineEvent) {
        guard var core else { return }
        report.steps += 1
        checks.hear(event)
        let effects = core.step(event, at: wall)
        self.core = core
        for found in core.violations { violation(found) }
        checkPauses(core)
        checkRollouts(core)
        carryOut(effects)
    }

    private mutating func carryOut(_ effects: [Effect]) {
        var unwritten: [Event] = []
        var isLost = false
        for effect in effects {
            if profile.crashes && !isQuiet && happens(0.004) { return crash("between two effects") }
            switch effect {
            case .note(let event):
                check(note: event)
                trace("note \(event.type.rawValue) \(event.subject) \(Value.object(event.body).json.prefix(300))")
                if ledger.append(event) == nil { unwritten.append(event) }
            case .record(let id, let event): if !record(id, event) { isLost = true }
            case .observe(let request): observe(request)
            case .perform(let request): if !perform(request) { isLost = true }
            case .collect(let request): later(.collect(epoch: epoch, request), 1, 5000)
            case .cancel(let id, _): cancel(id)
            case .wake(let moment):
                wakeToken += 1
                let delay = max(0, moment.milliseconds - wall.milliseconds)
                agenda.add(.wake(epoch: epoch, token: wakeToken), at: time + delay + between(0, 20))
            case .summarise(let summary): check(summary: summary)
            case .forgetKey(let key): checks.ready.remove(key)
            case .reconsider(let commit):
                check(reconsiders: commit)
                considerHead()
            case .recall(let key, let commit): later(.recalled(epoch: epoch, key, commit), 1, 5000)
            case .answer(let id, let result):
                trace("answer \(result)")
                checks.hear(result, to: id)
            case .parked: parked()
            }
        }
        if isLost || !unwritten.isEmpty { send(.ledgerLost(unwritten: unwritten)) }
    }

    /// False when the ledger did not take the command. Whether it did is told a little later: other facts come between.
    private mutating func record(_ id: UInt64, _ event: Event) -> Bool {
        check(note: event)
        trace("record \(Value.object(event.body).json.prefix(300))")
        let isDurable = ledger.append(event) != nil
        later(.recorded(epoch: epoch, id, isDurable: isDurable), 0, 20)
        return isDurable
    }

    private mutating func observe(_ request: ObserveRequest) {
        check(begins: request.id, request.key)
        flights[request.id] = Flight(observe: request, fate: fate(isObservation: true))
        later(.snapshot(epoch: epoch, request.id), 1, 100)
    }

    private static let ledgerUnavailable = Failure(
        .wait, reason: "LedgerUnavailable", message: "the ledger takes no entries")

    /// False when the ledger did not take the intent.
    private mutating func perform(_ request: ActRequest) -> Bool {
        check(begins: request.id, request.key)
        check(asks: request)
        if checks.toldLedgerIsLost { violation("\(request.action) is asked for without a ledger") }
        trace("perform \(request.action) (\(request.reason)) \(request.id)")
        guard let intent = ledger.append(request.intent(at: wall)) else {
            flights[request.id] = Flight(act: request, fate: .fails(Self.ledgerUnavailable))
            later(.answer(epoch: epoch, request.id), 1, 5)
            return false
        }
        flights[request.id] = Flight(act: request, intent: intent, fate: fate(of: request))
        flights[request.id]?.wasWanted = core?.desired(of: request.key).map { $0.replicas > 0 } ?? true
        flights[request.id]?.wantedCount = core?.desired(of: request.key)?.replicas ?? 0
        flights[request.id]?.hasSwitched =
            request.spec.map { ledger.hasRouted(request.key, $0.revision, before: intent) } ?? false
        let wasTakenBack = isTakenBack(request.key)
        flights[request.id]?.wasTakenBack = wasTakenBack
        flights[request.id]?.asked = core?.desired(of: request.key)?.admission.checklist
        let isSlow = profile.effectsFail && !isQuiet && happens(0.05)
        if request.action.isPreparation {
            later(.act(epoch: epoch, request.id), 500, isSlow ? 200_000 : 20_000)
        } else {
            later(.act(epoch: epoch, request.id), 1, isSlow ? 60_000 : 300)
        }
        return true
    }

    private mutating func fate(isObservation: Bool) -> Flight.Fate {
        guard profile.effectsFail, !isQuiet else { return .succeeds }
        let draw = chance.unit()
        if draw < 0.03 { return .isLost }
        if draw < 0.1 { return .fails(Failure(.retry, reason: "Unreachable", message: "no answer from the target")) }
        return .succeeds
    }

    private mutating func fate(of request: ActRequest) -> Flight.Fate {
        if let failure = badFailure(request) { return .fails(failure) }
        guard profile.effectsFail, !isQuiet else { return .succeeds }
        let draw = chance.unit()
        if draw < 0.04 { return .isLost }
        if draw < 0.08 { return .hangs }
        if draw < 0.13 { return .succeedsUnheard }
        if draw < 0.2 { return .fails(Failure(.retry, reason: "Unreachable", message: "the act failed")) }
        if draw < 0.22 { return .fails(Failure(.wait, reason: "Busy", message: "not now")) }
        return .succeeds
    }

    /// Settings that end in 4 cannot be prepared; only a commit helps.
    private func badFailure(_ request: ActRequest) -> Failure? {
        guard profile.hasBadRevision, case .prepare = request.action, request.spec?.command.last?.hasSuffix("4") == true
        else { return nil }
        return Failure(.stall, reason: "ArtifactMismatch", message: "the bytes are not those of the manifest")
    }

    mutating func snapshot(_ id: EffectID) {
        guard var flight = flights[id], let request = flight.observe else { return }
        switch flight.fate {
        case .isLost, .hangs: return
        case .fails(let failure): flight.failure = failure
        case .succeeds, .succeedsUnheard:
            flight.observation = world.observe(request.key, specs: request.specs, at: wall)
            if request.wantsCounts { flight.observation?.route.counts = toldCounts(request.key) }
        }
        flights[id] = flight
        later(.answer(epoch: epoch, id), 1, 100)
    }

    mutating func act(_ id: EffectID) {
        guard let flight = flights[id], let request = flight.act else { return }
        switch flight.fate {
        case .isLost: return
        case .fails(let failure): flights[id]?.failure = failure
        case .succeeds, .hangs: apply(request)
        case .succeedsUnheard:
            apply(request)
            flights[id]?.failure = Failure(.retry, reason: "NoAnswer", message: "the connection broke")
        }
        if case .hangs = flight.fate { return }
        later(.answer(epoch: epoch, id), 1, 50)
    }

    mutating func answer(_ id: EffectID) {
        guard let flight = flights.removeValue(forKey: id) else { return }
        if let request = flight.observe {
            if let observation = flight.observation { checks.lastSeen[request.key] = observation }
            let result = flight.observation.map(Result<Observation, Failure>.success)
            let failure = flight.failure ?? Failure(.retry, reason: "NoAnswer", message: "cancelled")
            return send(.observed(id, request.key, result ?? .failure(failure)))
        }
        guard let request = flight.act else { return }
        guard let intent = flight.intent else {
            trace("refused \(request.action) \(request.id)")
            return send(.refused(id, request.key, Self.ledgerUnavailable))
        }
        if flight.failure == nil { check(succeeded: request) }
        conclude(request, flight, intent)
        if flight.failure == nil, let answer = flight.answer {
            trace("validated \(request.key) \(request.id): \(answer.verdict.verdict.rawValue)")
            return send(.validated(id, request.key, answer))
        }
        trace("performed \(request.action) \(request.id): \(flight.failure?.message ?? "succeeded")")
        send(.performed(id, request.key, flight.failure))
    }

    private mutating func conclude(_ request: ActRequest, _ flight: Flight, _ intent: LedgerIndex) {
        var outcome = request.outcome(
            flight.failure, at: wall, adding: flight.failure == nil ? flight.answer?.facts ?? [:] : [:])
        outcome.cause = intent
        if ledger.append(outcome) == nil {
            unwrittenOutcomes.append(outcome)
            send(.ledgerLost(unwritten: []))
        }
    }

    /// Removes what neither a kept revision nor a replica needs, as an act.
    mutating func collect(_ request: CollectRequest) {
        let used = Set(world.replicas.values.map(\.revision)).union(request.keeping.map(\.revision))
        let items = world.preparations.values.flatMap(\.keys).filter { !used.contains($0) }.sorted()
        if items.isEmpty { return send(.collected(request.id, nil)) }
        let fails = profile.effectsFail && !isQuiet && happens(0.1)
        var event = Event(
            .cacheCollected, phase: .intent, decision: DecisionID(chance.next()), time: wall,
            subject: FleetHold.subject,
            body: ["count": .integer(Int64(items.count))])
        guard let intent = ledger.append(event) else {
            send(.ledgerLost(unwritten: []))
            return send(
                .collected(request.id, Failure(.wait, reason: "LedgerUnavailable", message: "the ledger is away")))
        }
        trace("collect \(items.map(\.short))")
        for key in world.preparations.keys.sorted() {
            for item in items where !fails { world.preparations[key]?[item] = nil }
        }
        check(collected: request)
        event.phase = .outcome
        event.cause = intent
        event.outcome = fails ? .failed : .succeeded
        _ = ledger.append(event)
        send(.collected(request.id, fails ? Failure(.retry, reason: "Unreachable", message: "the act failed") : nil))
    }

    /// What a commit that was accepted before asks for; reading it may fail.
    mutating func recalled(_ key: DeploymentKey, _ commit: CommitID) {
        let isAway = profile.effectsFail && !isQuiet && happens(0.2)
        trace("recalled \(key) at \(commit.short)\(isAway ? ": the mirror is away" : "")")
        if !isAway, let desired = fleet.states[commit]?.deployments[key]?.desired {
            return send(.recalled(key, commit, .success(desired)))
        }
        let failure = Failure(.retry, reason: "MirrorUnreadable", message: "the mirror is away")
        send(.recalled(key, commit, .failure(failure)))
    }

    private mutating func cancel(_ id: EffectID) {
        guard flights[id] != nil else { return }
        trace("cancel \(id)")
        // What has not happened yet never will; an answer that is on its way already still comes.
        if flights[id]?.failure == nil && flights[id]?.observation == nil {
            flights[id]?.fate = .isLost
            flights[id]?.failure = Failure(.retry, reason: "NoAnswer", message: "it was cancelled")
        }
        later(.answer(epoch: epoch, id), 1, 50)
    }
}

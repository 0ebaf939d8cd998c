import WaybillCore

// The controller's lives, the fleet repository, and what goes wrong.
extension Simulation {
    mutating func start() {
        guard core == nil else { return }
        let facts = ledger.facts
        trace("the controller starts; \(facts.dangling.count) intents dangle")
        core = EngineCore(facts: facts, policy: policy, seed: chance.next(), now: wall) { _, _ in [] }
        checks.begin()
        probeAnew()
        if world.isGatewayRunning {
            send(.gatewayBack(found: "it answers"))
        } else {
            later(.gatewayMissed(epoch: epoch), 1000, 2000)
        }
        let found = happens(0.5)
        if found { send(.found(world.knownKeys)) }
        tellRules()
        if let accepted { send(.desired(fleet.delta(from: nil, to: accepted))) }
        if !found { send(.found(world.knownKeys)) }
        considerHead()
    }

    /// Everything of the controller is gone at once; what it had asked for may still happen.
    mutating func crash(_ why: String) {
        guard core != nil else { return }
        trace("CRASH \(why)")
        report.crashes += 1
        core = nil
        epoch += 1
        for (_, flight) in flights.sorted(by: { $0.key < $1.key }) {
            guard let request = flight.act, flight.intent != nil, flight.failure == nil else { continue }
            switch flight.fate {
            case .succeeds, .succeedsUnheard, .hangs: if happens(0.5) { apply(request) }
            case .fails, .isLost: break
            }
        }
        flights = [:]
        unwrittenOutcomes = []
        later(.start(epoch: epoch), 100, isQuiet ? 1000 : 20_000)
    }

    mutating func parked() {
        trace("parked")
        if !flights.isEmpty { violation("parked with \(flights.count) effects under way") }
        core = nil
        epoch += 1
        later(.start(epoch: epoch), 100, 5000)
    }

    mutating func regainLedger() {
        guard !ledger.isAvailable else { return }
        ledger.isAvailable = true
        trace("world: the ledger is back")
        for outcome in unwrittenOutcomes { _ = ledger.append(outcome) }
        unwrittenOutcomes = []
        send(.ledgerBack)
        considerHead()
    }

    // MARK: Commits

    mutating func pushByChance() {
        guard !isQuiet else { return }
        push()
        later(.push, 1000, 120_000)
    }

    mutating func push() {
        report.commits += 1
        var state = fleet.headState
        for key in keys where state.deployments.isEmpty || happens(0.4) { change(&state, key) }
        fleet.push(state, rewinding: accepted != nil && happens(0.05))
        trace("push \(fleet.head.short): \(describe(state))")
        considerHead()
    }

    private func describe(_ state: SimulatedFleet.State) -> String {
        let named = state.deployments.values.sorted { $0.key < $1.key }.map {
            "\($0.key)=\($0.setting)×\($0.replicas)" + ($0.rules == 0 ? "" : " by rules \($0.rules)")
        }
        return named.joined(separator: " ") + (state.broken.isEmpty ? "" : ", broken: \(state.broken.sorted())")
    }

    private mutating func change(_ state: inout SimulatedFleet.State, _ key: DeploymentKey) {
        let draw = chance.unit()
        state.broken.remove(key)
        guard var deployment = state.deployments[key] else {
            state.deployments[key] = SimulatedDeployment(
                key: key, setting: newSetting(), replicas: Int(between(1, 3)),
                rules: profile.hasChecklists ? Int(between(0, 4)) : 0, rollout: newRollout())
            return
        }
        if draw < 0.1 {
            state.deployments[key] = nil
            return
        }
        if draw < 0.2 { state.broken.insert(key) }
        if draw < 0.3 { state.unpruned.insert(key) } else { state.unpruned.remove(key) }
        if draw > 0.2 && draw < 0.8 { deployment.setting = happens(0.3) ? max(1, nextSetting - 2) : newSetting() }
        if draw > 0.7 { deployment.replicas = Int(between(happens(0.1) ? 0 : 1, 3)) }
        if profile.hasChecklists && happens(0.4) { deployment.rules = Int(between(0, 4)) }
        if profile.hasRollouts && happens(0.2) { deployment.rollout = newRollout() }
        state.deployments[key] = deployment
    }

    private mutating func newSetting() -> Int {
        defer { nextSetting += 1 }
        return nextSetting
    }

    /// What the shell does when the branch moves: the gate decides, and what is accepted is written down first.
    mutating func considerHead() {
        guard core != nil, ledger.isAvailable else { return }
        let facts = ledger.facts
        let state = fleet.headState
        let before = (accepted.flatMap { fleet.states[$0] }?.named ?? []).union(facts.servedKeys)
        let spared = (accepted.flatMap { fleet.states[$0] }?.unpruned ?? [])
        let verdict = CommitGate.decide(
            head: fleet.head, lastAccepted: accepted, containsAccepted: !fleet.rewound,
            population: .init(before: before, after: state.named.union(spared)),
            operatorAccepted: facts.operatorAccepted)
        switch verdict {
        case .hold(let hold):
            trace("held: \(hold.cause.rawValue)")
            send(.hold(hold))
        case .accept: if fleet.head == accepted { send(.release(reason: "the branch is back")) } else { acceptHead() }
        }
    }

    private mutating func acceptHead() {
        let event = Event(
            .commitAccepted, decision: DecisionID(chance.next()), time: wall, subject: fleet.head.hex,
            body: ["commit": .string(fleet.head.hex)])
        guard ledger.append(event) != nil else { return }
        let delta = fleet.delta(from: accepted, to: fleet.head)
        accepted = fleet.head
        fleet.settle()
        trace("accepted \(fleet.head.short)")
        send(.desired(delta))
    }

    // MARK: Faults

    mutating func fault() {
        guard !isQuiet else { return }
        later(.fault, profile.pace / 2, profile.pace * 3 / 2)
        switch between(0, 9) {
        case 0, 1, 2: if profile.replicasFail { harmReplica() }
        case 3: if profile.crashes { crash("at any moment") }
        case 4: loseLedger()
        case 5: stopGateway()
        case 6: jumpClock()
        case 7: trigger()
        case 8: command()
        case _: if happens(0.2) { send(.stop) }
        }
    }

    private mutating func harmReplica() {
        guard let id = world.replicas.keys.sorted().randomElement(using: &chance) else { return }
        trace("world: harms \(id)")
        checks.harmed.insert(id.key)
        let phase = world.replicas[id]?.phase
        switch between(0, 6) {
        case 0, 1: end(id, .signal(9))
        case 5: condemn(id)
        case 2: if phase == .ready { makeUnready(id) }
        case 3: world.replicas[id] = nil
        case 4: if phase == .ready { world.replicas[id]?.drift = "its port belongs to another process" }
        case _: alterOrAdd(id)
        }
    }

    private mutating func condemn(_ id: ReplicaID) {
        guard let phase = world.replicas[id]?.phase, phase == .starting || phase == .ready else { return }
        world.replicas[id]?.phase = .failing("liveness probe failed 3 times: no answer")
        notice(id.key)
    }

    /// A verdict is its controller's: for the probes of the next one a condemned replica may answer, now or later.
    private mutating func probeAnew() {
        for id in world.replicas.keys.sorted() {
            guard case .failing? = world.replicas[id]?.phase, happens(0.6) else { continue }
            world.replicas[id]?.phase = .unready
            if happens(0.7) { becomeReady(id) } else { later(.ready(id), 100, 60_000) }
        }
    }

    private mutating func makeUnready(_ id: ReplicaID) {
        world.replicas[id]?.phase = .unready
        notice(id.key)
        later(.ready(id), 100, 60_000)
    }

    private mutating func alterOrAdd(_ id: ReplicaID) {
        guard let replica = world.replicas[id] else { return }
        if happens(0.5) {
            let digest = Digest(of: [1])
            world.preparations[id.key]?[replica.revision] = .altered(path: "model.bin", expected: digest, found: digest)
        } else {
            // A number of its own: nothing that ended runs again.
            world.highestRogue = max(world.everStarted.map(\.serial).max() ?? 0, world.highestRogue) + 5
            let rogue = ReplicaID(key: id.key, revision: replica.revision, serial: world.highestRogue)
            trace("world: \(rogue) runs though nothing started it")
            world.replicas[rogue] = replica
            world.replicas[rogue]?.phase = .ready
        }
    }

    private mutating func loseLedger() {
        guard profile.ledgerFails, ledger.isAvailable else { return }
        ledger.isAvailable = false
        trace("world: the ledger is gone")
        later(.ledgerBack, 1000, 60_000)
    }

    private mutating func stopGateway() {
        guard profile.gatewayFails, world.isGatewayRunning else { return }
        countAnswers()
        world.isGatewayRunning = false
        world.outstanding = [:]
        trace("world: the gateway is gone")
        checks.harmed.formUnion(keys)
        later(.gatewayMissed(epoch: epoch), 1000, 2000)
        later(.gatewayBack, 500, 60_000)
    }

    private mutating func jumpClock() {
        guard profile.clockJumps else { return }
        clockOffset += between(-7_200_000, 7_200_000)
        trace("world: the clock jumps")
    }

    private mutating func trigger() {
        guard profile.triggersAreLost else { return }
        switch between(0, 3) {
        case 0: send(.resync)
        case 1: send(.wake)
        case 2: send(.found(world.knownKeys))
        case _: if let key = keys.randomElement(using: &chance) { send(.replicaChanged(key)) }
        }
    }

    private mutating func command() {
        guard let key = keys.randomElement(using: &chance) else { return }
        if profile.hasRollouts, happens(0.4) { return give(happens(0.6) ? .advance(key) : .abort(key)) }
        let verb: OperatorCommand.Verb =
            switch between(0, 8) {
            case 0: .pause(key)
            case 1: .resume(key)
            case 2: .retry(key)
            case 3, 4: .restart(key)
            case 5, 6: .rollback(key, to: nil)
            case 7: .lift(key)
            case _: .accept(fleet.head)
            }
        give(verb)
    }

    private mutating func give(_ verb: OperatorCommand.Verb) {
        trace("command \(verb)")
        let id = chance.next()
        send(
            .command(
                OperatorCommand(id: id, verb: verb, actor: .unixUser(uid: 0, name: "root"), reason: "command \(id)")))
    }

    // MARK: Quiet

    /// Everything that is broken is mended; from here on all must come right by itself.
    mutating func becomeQuiet() {
        countAnswers()
        isQuiet = true
        trace("QUIET")
        regainLedger()
        startGateway()
        if core == nil {
            epoch += 1
            start()
        }
        mendWorld()
        mendFleet()
        goOn()
        if !profile.hasRollouts { agenda.add(.repeated, at: time + 60_000) }
    }

    /// A deployment that was deleted while it was paused is known again, and can be resumed, once the last commit is in force.
    mutating func goOn() {
        if profile.hasRollouts { agenda.add(.repeated, at: time + 60_000) }
        for key in keys {
            give(.resume(key))
            give(.retry(key))
            give(.lift(key))
        }
    }

    private mutating func mendWorld() {
        for id in world.replicas.keys.sorted() where world.replicas[id]?.phase == .unready { becomeReady(id) }
    }

    /// The last commit asks for nothing that cannot be, and is taken.
    private mutating func mendFleet() {
        var state = fleet.headState
        for (key, deployment) in state.deployments where deployment.setting % 5 == 4 {
            state.deployments[key]?.setting = 1000 * 10 + 1
        }
        for (key, deployment) in state.deployments {
            state.deployments[key]?.rollout.steps = deployment.rollout.steps.map(patient)
        }
        for (key, deployment) in state.deployments where deployment.rules % 2 == 1 {
            state.deployments[key]?.rules = deployment.rules + 1
        }
        fleet.push(state, rewinding: false)
        trace("push \(fleet.head.short) (last): \(describe(state))")
        considerHead()
        if core?.fleetHold != nil { give(.accept(fleet.head)) }
    }
}

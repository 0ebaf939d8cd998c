import Testing
import WaybillCore
import WaybillEngine

/// Steady traffic, counted since `since`.
struct BenchTraffic {
    var epoch = "a"
    var since: Timestamp
    /// By revision: requests a second, and of a thousand so many errors.
    var revisions: [Revision: (rate: Double, errors: Int)]

    func counts(at now: Timestamp) -> GatewayCounts {
        let seconds = Double((now - since).milliseconds) / 1000
        let counts = revisions.map { revision, given in
            var counts = RevisionCounts.zero
            let requests = UInt64(max(0, seconds * given.rate))
            counts.codes[4] = requests * UInt64(given.errors) / 1000
            counts.codes[1] = requests - counts.codes[4]
            counts.times[0] = requests
            return (revision.description, counts)
        }
        return GatewayCounts(
            epoch: epoch, isWhole: true, revisions: Dictionary(counts, uniquingKeysWith: { first, _ in first }))
    }
}

/// A core and an obliging world of one deployment, and of others beside it: acts succeed at once, replicas are ready at the next look.
struct Bench {
    var core: EngineCore
    let key: DeploymentKey
    let commit: CommitID
    var now = Timestamp(milliseconds: 1_000_000)
    /// Observations that were asked for.
    var looks = 0
    var acts: [Action] = []
    var notes: [Event] = []
    var answers: [Result<String, Failure>] = []
    var replicas: [ReplicaID: ObservedReplica] = [:]
    var preparations: [Revision: Preparation] = [:]
    var route: ObservedRoute = ObservedRoute()
    var shares: [TrafficShare] = []
    /// What the gateway tells of answers when it is asked; nil: nothing.
    var traffic: BenchTraffic?
    /// Of other deployments.
    var otherRoutes: [DeploymentKey: ObservedRoute] = [:]
    /// Answers instead of success, by the action's name.
    var failing: [String: Failure] = [:]
    /// What the gates find.
    var verdict = Verdict.passed
    /// What was asked of them.
    var questions: [ValidationQuestion] = []
    /// Acts, by name, whose intent the ledger does not take.
    var refusing: Set<String> = []
    /// What each collection was told to keep.
    var collections: [[Revision]] = []
    var answersCollections = true
    /// Replicas that are told to stop go on.
    var ignoresStops = false
    var openCollection: EffectID?
    /// The ledger takes no command from now on.
    var isLedgerRefusing = false
    /// What commits that were accepted before ask for.
    var past: [CommitID: DesiredDeployment] = [:]
    var recalls: [CommitID] = []
    private static let noSuchCommit = Failure(.retry, reason: "NoSuchCommit", message: "the mirror does not have it")
    private var pending: [Effect] = []
    private var wakeAt: Timestamp?

    init(
        facts: Facts = Facts(), policy: EnginePolicy = EnginePolicy(), zones: TimeZones = .onlyUTC,
        diff: @escaping @Sendable (DesiredDeployment?, DesiredDeployment?) -> [FieldChange] = { _, _ in [] }
    ) throws {
        key = try DeploymentKey(parsing: "production/churn")
        commit = try CommitID(parsing: String(repeating: "a", count: 40))
        core = EngineCore(facts: facts, policy: policy, seed: 1, now: now, zones: zones, diff: diff)
    }

    func deployment(setting: Int, replicas: Int) -> DesiredDeployment {
        SimulatedDeployment(key: key, setting: setting, replicas: replicas).desired
    }

    func delta(setting: Int, replicas: Int) -> DesiredDelta {
        DesiredDelta(commit: commit, changed: [key: deployment(setting: setting, replicas: replicas)])
    }

    /// What must never be is not after any step of any test.
    mutating func send(_ event: EngineEvent) {
        pending += core.step(event, at: now)
        #expect(core.violations == [])
    }

    /// Carries out effects and lets time pass until nothing happens but the look at a deployment at rest.
    mutating func settle(for limit: Duration = .seconds(120)) {
        let end = now + limit
        while true {
            while !pending.isEmpty { carryOut(pending.removeFirst()) }
            guard let wake = wakeAt, wake <= end else { return }
            now = max(now, wake)
            wakeAt = nil
            send(.wake)
        }
    }

    private mutating func carryOut(_ effect: Effect) {
        switch effect {
        case .observe(let request):
            looks += 1
            var seen = observation(of: request.key)
            if request.wantsCounts, seen.route.isGatewayRunning { seen.route.counts = traffic?.counts(at: now) }
            send(.observed(request.id, request.key, .success(seen)))
        case .perform(let request):
            acts.append(request.action)
            if refusing.contains(request.action.name) {
                let failure = Failure(.wait, reason: "LedgerUnavailable", message: "the ledger takes no entries")
                send(.refused(request.id, request.key, failure))
            } else if let failure = failing[request.action.name] {
                send(.performed(request.id, request.key, failure))
            } else if let question = request.question {
                questions.append(question)
                send(.validated(request.id, request.key, answer(question)))
            } else {
                apply(request.action, request.spec, request.key)
                send(.performed(request.id, request.key, nil))
            }
        case .collect(let request):
            collections.append(request.keeping.map(\.revision).sorted())
            if answersCollections { send(.collected(request.id, nil)) } else { openCollection = request.id }
        case .note(let event): notes.append(event)
        case .record(let id, let event):
            if isLedgerRefusing {
                send(.ledgerLost(unwritten: []))
            } else {
                notes.append(event)
            }
            send(.recorded(id, isDurable: !isLedgerRefusing))
        case .recall(let key, let commit):
            recalls.append(commit)
            send(.recalled(key, commit, past[commit].map { .success($0) } ?? .failure(Self.noSuchCommit)))
        case .wake(let moment): wakeAt = moment
        case .answer(_, let result): answers.append(result)
        case .cancel, .summarise, .forgetKey, .reconsider, .parked: break
        }
    }

    private func answer(_ question: ValidationQuestion) -> ValidationAnswer {
        let gate = question.checklist.rules.gates.first?.name ?? ""
        return ValidationAnswer(
            GateVerdict(
                revision: question.deployment.revision.description, checklist: question.checklist.name.text,
                rules: question.checklist.digest, verdict: verdict, gate: verdict == .passed ? nil : gate,
                message: verdict == .passed ? nil : "auc is 0.7, at least 0.8 is asked",
                evidence: Digest(of: "evidence".utf8)),
            gates: [gate: verdict])
    }

    private mutating func apply(_ action: Action, _ spec: RevisionSpec?, _ key: DeploymentKey) {
        switch action {
        case .prepare(let revision): preparations[revision] = .prepared
        case .validate: break
        case .startReplica(let id, let revision):
            guard let spec else { return }
            replicas[id] = ObservedReplica(
                id: id, revision: revision, version: spec.version, phase: .ready, port: 9000, startedAt: now)
        case .stopReplica(let id) where ignoresStops:
            replicas[id]?.phase = .stopping
            replicas[id]?.goneBy = now + .seconds(10)
            replicas[id]?.pid = 77
        case .stopReplica(let id):
            replicas[id]?.phase = .exited(ExitStatus(cause: .signal(15), at: now))
        case .setRoute(let ids, let shares):
            var next = key == self.key ? route : otherRoutes[key] ?? ObservedRoute()
            (next.replicas, next.hasRoute) = (Set(ids), spec != nil)
            if key == self.key { self.shares = shares }
            if key == self.key { route = next } else { otherRoutes[key] = next }
        case .forgetReplica(let id): replicas[id] = nil
        }
    }

    var observation: Observation { observation(of: key) }

    private func observation(of key: DeploymentKey) -> Observation {
        Observation(
            replicas: replicas.values.filter { $0.id.key == key }, preparations: preparations,
            route: key == self.key ? route : otherRoutes[key] ?? ObservedRoute(), time: now)
    }
}

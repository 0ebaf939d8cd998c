import WaybillCore

/// What a simulated gateway has counted.
struct SimulatedCounts: Sendable {
    /// Grows with each start of the gateway.
    var epoch = 0
    /// Requests and errors by revision, with their fractions.
    var served: [DeploymentKey: [Revision: (requests: Double, errors: Double)]] = [:]
    /// Until when it is counted, in true time.
    var until: Int64 = 0
    /// What was last told.
    var told: [DeploymentKey: GatewayCounts] = [:]

    func counts(of key: DeploymentKey) -> GatewayCounts {
        let revisions = (served[key] ?? [:]).map { revision, sums in
            var counts = RevisionCounts.zero
            let (requests, errors) = (UInt64(sums.requests), UInt64(sums.errors))
            (counts.codes[1], counts.codes[4]) = (requests - min(requests, errors), min(requests, errors))
            counts.times[3] = requests
            return (revision.description, counts)
        }
        return GatewayCounts(
            epoch: String(epoch), isWhole: true, revisions: Dictionary(uniqueKeysWithValues: revisions))
    }

    /// What `revision` has answered in this life of the gateway.
    func requests(_ key: DeploymentKey, _ revision: Revision) -> Int { Int(served[key]?[revision]?.requests ?? 0) }

    mutating func beginAnew(at time: Int64) {
        (epoch, served, until) = (epoch + 1, [:], time)
    }
}

// What new revisions answer, what the gateway says of it, and what no analysis may do.
extension Simulation {
    /// Requests a second at a deployment. Some have so few that no analysis comes to a verdict, until all is quiet.
    private func rate(_ key: DeploymentKey) -> Double { !isQuiet && key.name.text.hasSuffix("1") ? 0.2 : 300 }

    /// Counts what was answered since it was last counted, by the table in force until now.
    mutating func countAnswers() {
        let seconds = Double(time - world.counts.until) / 1000
        world.counts.until = time
        guard world.isGatewayRunning, seconds > 0 else { return }
        for (key, ids) in world.inForce {
            let ready = ids.filter(world.isReady).compactMap { world.replicas[$0]?.revision }
            let shares = world.sharesInForce[key] ?? []
            for revision in Set(ready) {
                let weight = shares.first { $0.revision == revision }?.weight ?? 0
                let share =
                    shares.isEmpty || Set(ready).count == 1
                    ? Double(ready.count { $0 == revision }) / Double(ready.count) : Double(weight) / 100
                let requests = rate(key) * seconds * share
                world.counts.served[key, default: [:]][revision, default: (0, 0)].requests += requests
                if answersBadly(revision) {
                    world.counts.served[key, default: [:]][revision, default: (0, 0)].errors += requests * 0.8
                }
            }
            for id in ids {
                guard let revision = world.replicas[id]?.revision else { continue }
                world.counts.served[key, default: [:]][revision, default: (0, 0)].requests += 0
            }
        }
    }

    private func answersBadly(_ revision: Revision) -> Bool {
        !isQuiet && "01234".contains(revision.short.prefix(1))
    }

    /// What the gateway says when it is asked: nothing, too little, late, or the truth.
    mutating func toldCounts(_ key: DeploymentKey) -> GatewayCounts? {
        countAnswers()
        guard world.isGatewayRunning else { return nil }
        var counts = world.counts.counts(of: key)
        defer { world.counts.told[key] = counts }
        guard profile.gatewayFails, !isQuiet else { return counts }
        switch chance.unit() {
        case ..<0.1: return nil
        case ..<0.2: counts = world.counts.told[key] ?? counts
        case ..<0.23: counts.isWhole = false
        case ..<0.26:
            for revision in counts.revisions.keys { counts.revisions[revision]?.codes[1] /= 2 }
        default: break
        }
        return counts
    }

    mutating func newAnalysis() -> RolloutStep {
        let time = between(1, happens(0.5) ? 10 : 60)
        let checks = [
            AnalysisCheck(.errors(countsClientErrors: false), .increase(Share(thousandths: 20_000))),
            AnalysisCheck(.latency(above: .milliseconds(250)), .absolute(Share(thousandths: 20_000))),
        ]
        return .analysis(
            AnalysisStep(
                time: .seconds(time), within: .seconds(happens(0.7) ? time : between(time, 600)),
                minRequests: Int(between(1, 300)),
                checks: Array(checks.prefix(happens(0.5) ? 1 : 2))))
    }

    /// With time enough for a verdict.
    func patient(_ step: RolloutStep) -> RolloutStep {
        guard case .analysis(var analysis) = step else { return step }
        analysis.within = .seconds(600)
        return .analysis(analysis)
    }

    /// Before `note` is written down: what leaves an analysis has passed it, or is allowed to go on without a verdict.
    mutating func checkAnalysis(_ note: Event) {
        guard note.type == .rolloutMoved, let key = try? DeploymentKey(parsing: note.subject), ledger.isAvailable else {
            return
        }
        if let record = note.body["analysis"] { check(record, key, note) }
        guard !checks.toldLedgerIsLost, let before = ledger.facts.keys[key]?.rollout, before.status == .progressing,
            case .analysis(let analysis)? = before.current, before.revision.description == note.body["to"]?.string,
            note.body["steps"] == .list(before.steps.map(\.value)),
            let step = note.body["step"]?.integer, Int(step) - 1 > before.step
        else { return }
        let outcome = note.body["analysis"]?["outcome"]?.string
        let mayGoOn = core?.desired(of: key)?.rollout.onInconclusive == .goOn
        if outcome == "passed" || (outcome == "inconclusive" && mayGoOn) { return }
        violation("\(key) leaves '\(analysis.words)' with \(outcome ?? "no verdict")")
    }

    private mutating func check(_ record: Value, _ key: DeploymentKey, _ note: Event) {
        if let objection = AnalysisRecord.objection(to: record) {
            return violation("a verdict on \(key) is another one when it is judged again: \(objection)")
        }
        guard record["outcome"] == "passed", let to = note.body["to"]?.string,
            let revision = (try? Digest(parsing: to)).map({ Revision($0) })
        else { return }
        let answered = world.counts.requests(key, revision)
        for check in record["checks"]?.list ?? [] {
            let (asked, counted) = (check["minRequests"]?.integer ?? 0, check["canary"]?["requests"]?.integer ?? 0)
            if counted < asked { violation("\(key) passes with \(counted) of \(asked) requests") }
            if counted > answered { violation("\(key) passes with \(counted) requests, and \(answered) were answered") }
        }
    }
}

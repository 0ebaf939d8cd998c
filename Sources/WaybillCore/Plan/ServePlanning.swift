/// Plans the way to the wanted number of ready replicas of the desired revision, in rotation and alone.
struct ServePlanning {
    let desired: DesiredDeployment
    let observed: Observation
    let context: PlanContext
    let admission: Admission
    let census: ReplicaCensus
    let rotation: [ReplicaID]
    private var wakes: [Timestamp] = []

    init(desired: DesiredDeployment, observed: Observation, context: PlanContext) {
        self.desired = desired
        self.observed = observed
        self.context = context
        let isServing = observed.replicas.contains {
            $0.isAlive && $0.revision == desired.revision && observed.route.replicas.contains($0.id)
        }
        admission = Admission.decide(
            desired, isServing: context.isAdmitted || isServing, verdict: context.verdict)
        census = ReplicaCensus(
            desired: desired, observed: observed, context: context, isAdmitted: admission == .admitted)
        rotation = census.rotation
    }

    mutating func plan() -> KeyPlan {
        var retirement = RetirementPlanning(
            observed: observed, context: context, drain: desired.drain, rotation: Set(rotation))
        let preparation = prepare()
        if keptForItsLog != nil { wakes += [context.keepsLastUntil].compactMap { $0 } }
        let starts = start(after: preparation)
        let now =
            retirement.setRotation(reason: rotationReason) ?? retirement.setRecording(to: desired.recording)
        let leaving = retire(&retirement)
        let failing = census.failing.map { retirement.stopAtOnce($0, reason: $0.failure ?? "it failed") }
        // What has failed is ended before anything that may take its time.
        let urgent = failing.isEmpty ? [] : [now].compactMap { $0 } + failing
        let rotations = [failing.isEmpty ? now : nil, finalRotation(after: starts)].compactMap { $0 }
        let actions =
            urgent + [preparation, validation(after: preparation)].compactMap { $0 } + starts + rotations + leaving
            + retirement.forget(stopped: census.leaving, except: keptForItsLog)
        let moments = wakes + [retirement.wakeAt, observed.nextStuck(after: context.now)].compactMap { $0 }
        return KeyPlan(
            key: desired.key, goal: .serve(desired.revision, replicas: desired.replicas),
            from: observed.servedRevision, actions: actions, drift: drift,
            isGoalServed: isGoalServed(actions),
            wakeAt: moments.min(), serialsUsed: starts.count, refusal: refusal)
    }

    private var refusal: Admission.Refusal? {
        if case .refused(let refusal) = admission, desired.replicas > 0 { refusal } else { nil }
    }

    /// Asks the gates, once the files are in place.
    private func validation(after preparation: PlannedAction?) -> PlannedAction? {
        guard desired.replicas > 0, case .validate(let reason) = admission else { return nil }
        return PlannedAction(
            .validate(desired.revision), reason: reason, waitsFor: preparation == nil ? nil : Self.preparationWait)
    }

    private static let preparationWait = "the preparation"

    /// The replica that ended last in a row of exits: its log is what a person will want to read.
    private var keptForItsLog: ReplicaID? {
        guard let until = context.keepsLastUntil, until > context.now else { return nil }
        let crashed = observed.replicas.filter {
            $0.exit != nil && $0.revision == desired.revision && context.crashed.contains($0.id)
        }
        return crashed.max { ($0.exit?.at ?? $0.startedAt, $0.id) < ($1.exit?.at ?? $1.startedAt, $1.id) }?.id
    }

    private func isGoalServed(_ actions: [PlannedAction]) -> Bool {
        let onlyTidying = actions.allSatisfy { planned in
            switch planned.action {
            case .stopReplica, .forgetReplica: true
            case .prepare, .validate, .startReplica, .setRoute: false
            }
        }
        return onlyTidying && observed.route.isGatewayRunning && census.stale.isEmpty
            && census.kept.count == desired.replicas && census.kept.allSatisfy { $0.phase == .ready }
    }

    /// Puts files and environment in place: before the first start, and again when they are gone or altered.
    private func prepare() -> PlannedAction? {
        guard desired.replicas > 0 else { return nil }
        let name = "revision \(desired.revision.short) (\(desired.spec.version))"
        switch observed.preparations[desired.revision] {
        case .prepared?: return nil
        case .missing?, nil:
            return PlannedAction(.prepare(desired.revision), reason: "\(name) is not on this machine")
        case .unpackaged?:
            return PlannedAction(.prepare(desired.revision), reason: "\(name) has no bundle yet")
        case .altered(let path, let expected, let found)?:
            return PlannedAction(
                .prepare(desired.revision),
                reason: "\(path.quotedForMessage) of \(name) was altered: expected \(expected), found \(found)")
        }
    }

    private mutating func start(after preparation: PlannedAction?) -> [PlannedAction] {
        let missing = max(0, desired.replicas - census.kept.count)
        let room =
            census.stale.isEmpty ? missing : max(0, desired.replicas + 1 - census.kept.count - census.stale.count)
        if missing > 0, preparation == nil, let until = context.startNotBefore, until > context.now {
            wakes.append(until)
        }
        return (0..<missing).map { index in
            let id = ReplicaID(key: desired.key, revision: desired.revision, serial: context.serial(index))
            let wait = index < room ? backOff : "a replica before it to be replaced"
            return PlannedAction(
                .startReplica(id, desired.revision), reason: startReason(missing),
                waitsFor: preparation == nil ? admissionWait ?? wait : Self.preparationWait)
        }
    }

    private var admissionWait: String? { admission == .admitted ? nil : "the checklist" }

    private var backOff: String? {
        guard let until = context.startNotBefore, until > context.now else { return nil }
        return "the back-off after \(context.exits) exit\(context.exits == 1 ? "" : "s") in a row, until \(until)"
    }

    private func startReason(_ missing: Int) -> String {
        if let replaced = census.stale.first {
            return "replaces \(replaced.id): \(whyStale(replaced))"
        }
        if let failed = census.failing.first, let failure = failed.failure {
            return "replaces \(failed.id): \(failure)"
        }
        if let gone = observed.replicas.first(where: { $0.revision == desired.revision && $0.exit != nil }),
            let status = gone.exit
        {
            return "replaces \(gone.id), which \(status)"
        }
        return "\(census.kept.count) of \(desired.replicas) replicas of \(desired.spec.version) run"
    }

    private func whyStale(_ replica: ObservedReplica) -> String {
        if let drift = replica.drift { return drift }
        return context.crashed.contains(replica.id)
            ? "a probe had condemned it before it answered again" : "a restart was asked for"
    }

    private var rotationReason: String {
        if rotation.isEmpty {
            return desired.replicas == 0 ? "no replica is asked for" : "no replica is there to answer"
        }
        let revisions = Set(rotation.map(\.revisionShort))
        if revisions != [desired.revision.short] { return "the replicas that are ready of the revision that serves" }
        if let from = observed.servedRevision, from != desired.revision {
            return "\(rotation.count) ready of \(desired.spec.version) take over from revision \(from.short)"
        }
        return "\(rotation.count) of \(desired.replicas) replicas of \(desired.spec.version) are ready"
    }

    /// The rotation at the goal, while it cannot be set yet.
    private func finalRotation(after starts: [PlannedAction]) -> PlannedAction? {
        let started = starts.compactMap { planned -> ReplicaID? in
            if case .startReplica(let id, _) = planned.action { id } else { nil }
        }
        let goal = (census.kept.map(\.id) + started).sorted()
        guard !goal.isEmpty, goal != rotation else { return nil }
        let waiting = started.count + census.kept.count { $0.phase != .ready }
        let wait =
            waiting > 0
            ? "\(waiting) replica\(waiting == 1 ? "" : "s") to be ready" : "the replicas before them to be replaced"
        return PlannedAction(
            .setRoute(goal), reason: "\(goal.count) of \(desired.spec.version) serve in the end", waitsFor: wait)
    }

    private func retire(_ retirement: inout RetirementPlanning) -> [PlannedAction] {
        let foreign = census.foreign.map { replica in
            retirement.stop(
                replica, reason: "revision \(replica.revision.short) is no longer desired",
                keptFor: census.servingForeign.contains(replica) ? "the new revision to take over" : nil)
        }
        let replaced = census.stale.map { replica in
            retirement.stop(
                replica, reason: whyStale(replica),
                keptFor: census.replaceable.contains(replica) ? nil : "its replacement to be ready")
        }
        let surplus = census.surplus.map { replica in
            retirement.stop(
                replica,
                reason: admission == .admitted
                    ? "\(census.fresh.count) replicas run, \(desired.replicas) are desired"
                    : "its revision has not passed the checklist")
        }
        return foreign + replaced + surplus
    }
}

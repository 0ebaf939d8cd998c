package import WaybillCore

/// What happens to one deployment, without its name: deployments of an environment that are alike in this are shown once.
package struct DeploymentReview: Hashable, Sendable {
    package var environment: Name
    package var verb: FleetPlan.Verb
    package var from: VersionID?
    package var to: VersionID?
    package var owner: String?
    package var riskTier: String?
    /// The version beside the one before; nil when the version stays.
    package var version: VersionReview?
    /// Fields of the deployment and its runtime that differ; those of the model's files are `version`'s.
    package var fields: [FieldChange]
    /// Packages of the environment that replicas run in.
    package var runtimePackages: [ReviewItem]
    /// Bytes of all its files, and of those that no deployment of the base has.
    package var size: Int64
    package var toPull: Int64
    package var replicas: Int
    /// What one replica may take: `memory 512Mi`, `cpu 500m`.
    package var resources: [String]
    /// What must not be missed.
    package var warnings: [String]
    /// Why nothing is done although something differs.
    package var hold: String?
    /// What the environment asks of a version before it serves.
    package var checklist: AskedChecklist?
    /// Whether that is not what the base asks of a version there: the rules change in the same merge.
    package var isChecklistChanged = false
    /// Of evidence about the new version, by its digest, in this environment.
    package var proofs: [Digest: EvidenceProof] = [:]
    /// What is done, in order.
    package var rollout: [String]
    /// The new revision earns its traffic by steps.
    package var isByStep: Bool
    package var path: ReviewPath
}

extension DeploymentReview {
    init(
        _ entry: FleetPlan.Entry, from old: DesiredDeployment?, to new: DesiredDeployment?, version: VersionReview?,
        model: Model?, runtimePackages: [ReviewItem], pull: (size: Int64, missing: Int64),
        path: ReviewPath
    ) {
        self.path = path
        environment = entry.plan.key.environment
        verb = entry.verb
        (from, to) = (old?.spec.version, new?.spec.version)
        (owner, riskTier) = (model?.owner, model?.riskTier?.rawValue)
        self.version = version
        fields = entry.changes.filter { !$0.path.hasPrefix("version.artifacts") && $0.path != "spec.version" }
        self.runtimePackages = runtimePackages
        (size, toPull) = pull
        replicas = new?.replicas ?? 0
        let spec = new?.spec
        resources = spec?.resources.words ?? []
        hold = entry.hold?.message
        checklist = new?.admission.checklist
        warnings = []
        if spec?.isolation == Isolation.none {
            warnings.append("isolation none: replicas run as the controller's own user")
        }
        if let new, let lifecycle = new.lifecycle { warnings.append("\(new.spec.version) \(lifecycle.sentence)") }
        rollout = Self.rollout(entry, old, new, toPull: pull.missing)
        if let new, RolloutView(from: old, to: new) != nil {
            warnings += AnalysisPower.all(in: new.rollout.path).flatMap(\.warnings)
        }
        isByStep = RolloutView(from: old, to: new) != nil && hold == nil
    }

    /// The plan's actions as a person says them, without serial numbers.
    private static func rollout(
        _ entry: FleetPlan.Entry, _ old: DesiredDeployment?, _ new: DesiredDeployment?, toPull: Int64
    ) -> [String] {
        let actions = entry.plan.actions.map(\.action)
        var (starts, stops, prepares, asks) = (0, 0, false, false)
        for action in actions {
            switch action {
            case .prepare: prepares = true
            case .validate: asks = true
            case .startReplica: starts += 1
            case .stopReplica: stops += 1
            case .setRoute, .forgetReplica: break
            }
        }
        var steps: [String] = []
        if prepares {
            steps.append(
                "The files are put in place and looked into (\(Bytes.text(toPull)) to bring); nothing serves differently yet."
            )
        }
        if asks, let checklist = new?.admission.checklist {
            steps.append(
                "The gates of checklist \(checklist.name) are asked, off every route. Unless all pass, it ends here and what serves goes on."
            )
        }
        if starts > 0, let new {
            let beside = old == nil ? "" : " beside what serves, which goes on"
            steps.append(
                "\(replicaCount(starts)) of \(new.spec.version) start\(starts == 1 ? "s" : "")\(beside). Each must become ready."
            )
        }
        let path = RolloutView(from: old, to: new) == nil ? [] : new?.rollout.path ?? []
        if starts > 0, path.isEmpty {
            steps.append("When all are ready, the gateway gives every new request to them.")
        }
        let powers = AnalysisPower.all(in: path)
        steps += path.enumerated().map { index, step in
            sentence(step, of: new?.spec.version)
                + powers.filter { $0.step == index }.map { " \($0.sentence)" }.joined()
        }
        if !path.isEmpty {
            let analysed = powers.isEmpty ? "" : ", or an analysis fail"
            steps.append(
                new?.rollout.onFailure == .pause
                    ? "Should one of its replicas end or fail its probes on the way\(analysed), it stays where it is until a person says how it goes on."
                    : "Should one of its replicas end or fail its probes on the way\(analysed), all traffic goes back at once, and stays there."
            )
        }
        if stops > 0 {
            let drain = old?.drain ?? .seconds(30)
            let gone = new == nil ? "The gateway answers 404 from now on. " : ""
            steps.append(
                "\(gone)\(replicaCount(stops))\(old.map { " of \($0.spec.version)" } ?? "") finish\(stops == 1 ? "es" : "") what is in "
                    + "flight, at most \(drain.components.seconds) s, and stop\(stops == 1 ? "s" : "").")
        }
        return steps
    }

    private static func sentence(_ step: RolloutStep, of version: VersionID?) -> String {
        let new = version?.description ?? "the new version"
        switch step {
        case .weight(0): return "When all are ready, it waits; what serves keeps all requests."
        case .weight(100): return "The gateway gives every new request to \(new)."
        case .weight(let share):
            return "The gateway gives \(share) % of the requests to \(new), the rest to what serves, which stays whole."
        case .pause(let time): return "It stays so for \(time.manifestText)."
        case .pauseUntilResumed: return "It stays so until somebody says 'waybill rollout advance'."
        case .analysis(let analysis):
            return
                "It watches what \(new) answers, for \(analysis.time.manifestText) and \(analysis.minRequests) requests at least "
                + "and \(analysis.within.manifestText) at most: \(analysis.checks.map(\.words).joined(separator: ", "))."
        case .keepOld(let time):
            return "What served before stays whole beside it for \(time.manifestText), without requests."
        }
    }

    private static func replicaCount(_ count: Int) -> String { "\(count) replica\(count == 1 ? "" : "s")" }

    /// Evidence about the new version by the very rules that the environment asks.
    package var asked: [EvidenceReport] {
        version?.evidence.filter { $0.rules == checklist?.digest.description } ?? []
    }

    package func proof(of evidence: EvidenceReport) -> EvidenceProof { proofs[evidence.digest] ?? .unseen }

    /// Evidence that says passed by the very rules that are asked, and who says so may.
    package var provenPass: EvidenceReport? { asked.first { $0.verdict == .passed && proof(of: $0).isProven } }

    /// Whether what answers requests becomes something else.
    package var replacesServing: Bool { verb == .create || verb == .replace }

    /// Most important first.
    var rank: Int {
        if hold != nil { return 0 }
        switch verb {
        case .remove: return 1
        case .replace: return version?.breaks == true ? 1 : 2
        case .create: return 3
        case .orphan: return 4
        case .adjust: return 5
        case .hold: return 0
        case .none: return 6
        }
    }
}

extension Resources {
    fileprivate var words: [String] {
        var words: [String] = []
        if let memory { words.append("memory \(Quantity.memoryText(memory))") }
        if let cpuMillis { words.append("cpu \(Quantity.cpuText(cpuMillis))") }
        if !devices.isEmpty { words.append("devices \(devices.map(String.init).joined(separator: ", "))") }
        return words
    }
}

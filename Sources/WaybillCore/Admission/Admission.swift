/// What stands between a prepared revision and the start of its first replica.
package enum Admission: Hashable, Sendable {
    /// Nothing: it serves already, or all that is asked of it was given.
    case admitted
    /// The gates of its checklist are still to be asked, for this reason.
    case validate(reason: String)
    /// It does not start until a commit or a person changes something.
    case refused(Refusal)

    /// Why a revision does not start, for a condition.
    package struct Refusal: Hashable, Sendable {
        /// A stable word: `GatesFailed`, `GatesInconclusive`, `GatesErrored` or `VersionBanned`.
        package var reason: String
        /// Which gate, what was measured, the bound, and what to do.
        package var message: String

        package init(reason: String, message: String) {
            self.reason = reason
            self.message = message
        }
    }

    /// Decides for `deployment`, a pure function of what it asks and what is known.
    ///
    /// - Parameters:
    ///   - isServing: replicas of the revision run, or served last: it is never asked again.
    ///   - verdict: what came of the gates when they were last asked for this deployment.
    package static func decide(
        _ deployment: DesiredDeployment, isServing: Bool, verdict: GateVerdict?
    ) -> Admission {
        if let ban = deployment.ban, !isServing {
            return .refused(
                Refusal(
                    reason: Reason.versionBanned.rawValue,
                    message: "\(ban); nothing begins to serve it, and what served goes on"))
        }
        guard !isServing, let asked = deployment.admission.checklist else { return .admitted }
        let question = "\(deployment.key.environment) asks the checklist \(asked.name) about \(deployment.spec.version)"
        guard let verdict, verdict.revision == deployment.revision.description else {
            return .validate(reason: question)
        }
        guard verdict.rules == asked.digest else {
            return .validate(reason: question + ", whose gates are others than when it was asked last")
        }
        switch verdict.verdict {
        case .passed: return .admitted
        case .errored: return .validate(reason: question + " again: \(verdict.summary)")
        case .failed, .inconclusive: return .refused(verdict.refusal(deployment.key))
        }
    }
}

/// What came of a checklist's gates for one revision of one deployment, as the ledger has it.
package struct GateVerdict: Hashable, Codable, Sendable {
    /// In its whole form.
    package var revision: String
    package var checklist: String
    /// Digest of the rules that were asked.
    package var rules: Digest
    package var verdict: Verdict
    /// The first gate that did not pass, and what was found; nil when all passed.
    package var gate: String?
    package var message: String?
    /// Digests of what was measured and of the bundle.
    package var evidence: Digest?
    package var bundle: Digest?

    package init(
        revision: String, checklist: String, rules: Digest, verdict: Verdict, gate: String? = nil,
        message: String? = nil, evidence: Digest? = nil, bundle: Digest? = nil
    ) {
        self.revision = revision
        self.checklist = checklist
        self.rules = rules
        self.verdict = verdict
        self.gate = gate
        self.message = message
        self.evidence = evidence
        self.bundle = bundle
    }

    /// `gate ranks-well of checklist tumour: rocAuc is 0.91 on 171 rows, at least 0.98 is asked`.
    package var summary: String {
        let found = message ?? "the verdict is \(verdict.rawValue)"
        return gate.map { "gate \($0) of checklist \(checklist): \(found)" } ?? "checklist \(checklist): \(found)"
    }

    /// The stable reason of a condition.
    package var reason: Reason {
        switch verdict {
        case .failed, .passed: .gatesFailed
        case .inconclusive: .gatesInconclusive
        case .errored: .gatesErrored
        }
    }

    fileprivate func refusal(_ key: DeploymentKey) -> Admission.Refusal {
        let remedy =
            "what served goes on; commit another version or another checklist, or have it asked again by "
            + "'waybill retry \(key)'"
        return Admission.Refusal(reason: reason.rawValue, message: "\(summary); \(remedy)")
    }
}

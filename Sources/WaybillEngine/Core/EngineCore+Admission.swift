import WaybillCore

// What stands between a prepared revision and its start.
extension EngineCore {
    /// What a validation asks; nil for any other act.
    func question(_ action: Action, _ key: DeploymentKey) -> ValidationQuestion? {
        guard case .validate(let revision) = action, let state = states[key],
            let desired = state.candidate?.revision == revision ? state.candidate : state.desired,
            let checklist = desired.admission.checklist, let commit = commit ?? state.commit
        else { return nil }
        return ValidationQuestion(
            deployment: desired, checklist: checklist, commit: commit,
            isAnew: facts.keys[key]?.isAskedAnew ?? false)
    }

    /// Before the first start of a revision of which something was asked, that it may start is written down: it is never asked again.
    mutating func noteAdmission(_ action: Action, _ key: DeploymentKey) {
        guard case .startReplica(_, let revision) = action, let state = states[key], let desired = state.desired,
            desired.revision == revision, !desired.admission.isOpen, facts.keys[key]?.isAdmitted(revision) != true
        else { return }
        note(makes(key).admitted(desired, facts.keys[key]?.verdict, commit: state.commit))
    }
}

extension KeyState {
    /// Revisions whose files are asked after and kept: the desired one, and what stands in for it while it may not start.
    var specs: [RevisionSpec] {
        let ahead = candidate.map { [$0.spec] } ?? []
        guard let desired else { return ahead }
        guard let standIn, standIn.revision != desired.revision, isRollingOut || !desired.admission.isOpen else {
            return [desired.spec] + ahead
        }
        return [desired.spec, standIn.spec] + ahead
    }

    /// The spec of the revision that `action` is about.
    func spec(for action: Action) -> RevisionSpec? {
        let short =
            switch action {
            case .prepare(let revision), .validate(let revision), .startReplica(_, let revision): revision.short
            case .setRoute(let ids, _):
                ids.contains { $0.revisionShort == standIn?.revision.short }
                    ? standIn?.revision.short : ids.first?.revisionShort
            case .stopReplica, .forgetReplica: nil as String?
            }
        if let candidate, candidate.revision.short == short, !action.isStart { return candidate.spec }
        guard let standIn, desired != nil, standIn.revision.short == short, short != desired?.revision.short else {
            return desired?.spec
        }
        return standIn.spec
    }

    /// The gates could not be asked when they were last tried.
    var gatesError: FailureRow? { desired.flatMap { failures[.validate($0.revision)] } }
}

extension ActRequest {
    /// What keeps a validation from being done: the act's own failure, or a verdict that says that measuring failed. Either is tried again.
    func gatesFailure(_ failure: Failure?, _ answer: ValidationAnswer?) -> Failure? {
        guard case .validate = action else { return failure }
        if let verdict = answer?.verdict, verdict.verdict == .errored {
            return Failure(.retry, reason: Reason.gatesErrored.rawValue, message: verdict.summary)
        }
        guard let failure, failure.disposition != .wait else { return failure }
        let name = question.map { " of checklist \($0.checklist.name)" } ?? ""
        return Failure(
            .retry, reason: Reason.gatesErrored.rawValue,
            message: "the gates\(name) could not be asked: \(failure.message)")
    }
}

extension Action {
    fileprivate var isStart: Bool { if case .startReplica = self { true } else { false } }
}

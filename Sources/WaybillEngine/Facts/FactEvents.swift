import WaybillCore

/// Makes the facts that the engine writes, so that what is written and what `Facts` reads stand side by side.
struct FactEvents {
    let key: DeploymentKey
    let decision: DecisionID
    let time: Timestamp

    func event(_ type: EventType, actor: Actor = .controller, _ body: Members) -> Event {
        Event(
            type, decision: decision, time: time, environment: key.environment, subject: key.description,
            actor: actor, body: body)
    }

    /// Longest list that an event carries; an entry of the ledger is bounded, and one that is refused would stop all.
    static let longestList = 100

    func planDecided(
        _ plan: KeyPlan, commit: CommitID?, desired: DesiredDeployment?, diff: [FieldChange]
    ) -> Event {
        var body: Members = [
            "from": .string(plan.from?.description ?? KeyFacts.absent),
            "to": .string(plan.to?.description ?? KeyFacts.absent),
            "actions": .list(plan.actions.prefix(Self.longestList).map(\.value)),
            "diff": .list(diff.prefix(Self.longestList).map(\.shortened.value)),
        ]
        if let commit { body["commit"] = .string(commit.hex) }
        if let desired {
            body["rendering"] = .string(desired.rendering.digest.description)
            body["version"] = .string(desired.spec.version.description)
            body["isolation"] = .string(desired.spec.isolation.rawValue)
        }
        return event(.planDecided, body)
    }

    func admitted(_ deployment: DesiredDeployment, _ verdict: GateVerdict?, commit: CommitID?) -> Event {
        var body: Members = [
            "revision": .string(deployment.revision.description),
            "version": .string(deployment.spec.version.description),
            "rendering": .string(deployment.rendering.digest.description),
            "admission": .string(deployment.admission.digest.description),
        ]
        if let commit { body["commit"] = .string(commit.hex) }
        if let evidence = verdict?.evidence { body["evidence"] = .string(evidence.description) }
        return event(.revisionAdmitted, body)
    }

    func failed(_ replica: ObservedReplica, _ reason: String) -> Event {
        event(
            .replicaFailed,
            [
                "replica": .string(replica.id.description), "revision": .string(replica.revision.description),
                "reason": .string(reason),
            ])
    }

    func exited(_ replica: ObservedReplica, _ status: ExitStatus, whileAway: Bool) -> Event {
        event(
            .replicaExited,
            [
                "replica": .string(replica.id.description), "revision": .string(replica.revision.description),
                "status": .string(status.description), "at": .string(status.at.description),
                "whileAway": .bool(whileAway),
            ])
    }

    func adopted(_ replica: ObservedReplica) -> Event {
        var body: Members = [
            "replica": .string(replica.id.description), "revision": .string(replica.revision.description),
        ]
        if let pid = replica.pid { body["pid"] = .integer(Int64(pid)) }
        return event(.replicaAdopted, body)
    }

    func found(_ drift: Drift) -> Event {
        event(
            .driftFound,
            [
                "what": .string(drift.what.rawValue), "subject": .string(drift.subject), "found": .string(drift.found),
                "expected": .string(drift.expected), "message": .string(drift.message),
            ])
    }

    func corrected(_ what: Drift.What) -> Event {
        event(.driftCorrected, ["what": .string(what.rawValue), "message": "nothing of the kind is found any more"])
    }

    func held(_ reason: Reason, message: String, commit: CommitID?) -> Event {
        var body: Members = ["reason": .string(reason.rawValue), "message": .string(message)]
        if let commit { body["commit"] = .string(commit.hex) }
        return event(.holdPlaced, body)
    }

    /// Git asks for a quarantined revision; `standIn` serves in its place.
    func quarantined(_ standIn: ServedState, message: String, commit: CommitID?) -> Event {
        var held = held(.quarantined, message: message, commit: commit)
        held.body["standIn"] = standIn.value
        return held
    }

    func released(_ reason: Reason, message: String, commit: CommitID?) -> Event {
        var body: Members = ["reason": .string(reason.rawValue), "message": .string(message)]
        if let commit { body["commit"] = .string(commit.hex) }
        return event(.holdReleased, body)
    }

    func command(_ command: OperatorCommand, arguments: Members, result: String) -> Event {
        Self.command(
            command, subject: key.description, environment: key.environment, decision: decision, time: time,
            arguments: arguments, result: result)
    }

    static func command(
        _ command: OperatorCommand, subject: String, environment: Name?, decision: DecisionID, time: Timestamp,
        arguments: Members, result: String
    ) -> Event {
        var body: Members = [
            "command": .string(command.verb.name), "arguments": .object(arguments), "result": .string(result),
            "actor": .string(command.actor.name),
        ]
        if let reason = command.reason { body["reason"] = .string(reason) }
        return Event(
            .operatorCommand, decision: decision, time: time, environment: environment, subject: subject,
            actor: command.actor, body: body)
    }
}

extension Event {
    /// What was found where a controller died between this intent, written at `index`, and its outcome.
    func reconciled(at index: LedgerIndex, decision: DecisionID, time: Timestamp, found: String) -> Event {
        Event(
            .intentReconciled, decision: decision, cause: index, time: time, environment: environment,
            subject: subject, outcome: .reconciled,
            body: ["intent": .integer(Int64(index)), "type": .string(type.rawValue), "found": .string(found)])
    }
}

extension FieldChange {
    /// With values that an event can carry: a rendered file is many lines long.
    fileprivate var shortened: FieldChange {
        var change = self
        change.before = before?.shortened
        change.after = after?.shortened
        return change
    }
}

extension String {
    /// At most a thousand characters, the rest as their number.
    fileprivate var shortened: String {
        let limit = 1000
        return unicodeScalars.count <= limit
            ? self
            : String(String.UnicodeScalarView(unicodeScalars.prefix(limit)))
                + "… (\(unicodeScalars.count - limit) more)"
    }
}

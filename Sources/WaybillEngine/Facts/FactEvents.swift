import WaybillCore

/// Makes the facts that the engine writes, so that what is written and what `Facts` reads stand side by side.
struct FactEvents {
    let key: DeploymentKey
    let decision: DecisionID
    let time: Timestamp

    private func event(_ type: EventType, actor: Actor = .controller, _ body: [String: Value]) -> Event {
        Event(
            type, decision: decision, time: time, environment: key.environment, subject: key.description,
            actor: actor, body: body)
    }

    /// Longest list that an event carries; an entry of the ledger is bounded.
    static let longestList = 100

    func planDecided(
        _ plan: KeyPlan, commit: CommitID?, rendering: Digest?, diff: [FieldChange]
    ) -> Event {
        var body: [String: Value] = [
            "from": .string(plan.from?.description ?? KeyFacts.absent),
            "to": .string(plan.to?.description ?? KeyFacts.absent),
            "actions": .list(plan.actions.prefix(Self.longestList).map(\.value)),
            "diff": .list(diff.prefix(Self.longestList).map(\.value)),
        ]
        if let commit { body["commit"] = .string(commit.hex) }
        if let rendering { body["rendering"] = .string(rendering.description) }
        return event(.planDecided, body)
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
        var body: [String: Value] = [
            "replica": .string(replica.id.description), "revision": .string(replica.revision.description),
        ]
        if let pid = replica.pid { body["pid"] = .integer(Int64(pid)) }
        return event(.replicaAdopted, body)
    }

    func found(_ drift: Drift) -> Event {
        // A missing replica is named by `found`, so that a later reader knows which one to stop expecting.
        let found = drift.what == .replicaMissing ? drift.subject : drift.found
        return event(
            .driftFound,
            [
                "what": .string(drift.what.rawValue), "found": .string(found), "expected": .string(drift.expected),
                "message": .string(drift.message),
            ])
    }

    func corrected(_ what: Drift.What) -> Event {
        event(.driftCorrected, ["what": .string(what.rawValue), "message": "nothing of the kind is found any more"])
    }

    func held(_ reason: Reason, message: String, commit: CommitID?) -> Event {
        var body: [String: Value] = ["reason": .string(reason.rawValue), "message": .string(message)]
        if let commit { body["commit"] = .string(commit.hex) }
        return event(.holdPlaced, body)
    }

    func released(_ reason: Reason, message: String, commit: CommitID?) -> Event {
        var body: [String: Value] = ["reason": .string(reason.rawValue), "message": .string(message)]
        if let commit { body["commit"] = .string(commit.hex) }
        return event(.holdReleased, body)
    }

    /// What was found where a controller died between `intent` and its outcome.
    func reconciled(_ intent: Event, at index: LedgerIndex, found: String) -> Event {
        var reconciled = event(
            .intentReconciled,
            [
                "intent": .integer(Int64(index)), "type": .string(intent.type.rawValue), "found": .string(found),
            ])
        reconciled.cause = index
        reconciled.outcome = .reconciled
        return reconciled
    }

    func command(_ command: OperatorCommand, arguments: [String: Value], result: String) -> Event {
        Self.command(
            command, subject: key.description, environment: key.environment, decision: decision, time: time,
            arguments: arguments, result: result)
    }

    static func command(
        _ command: OperatorCommand, subject: String, environment: Name?, decision: DecisionID, time: Timestamp,
        arguments: [String: Value], result: String
    ) -> Event {
        var body: [String: Value] = [
            "command": .string(command.verb.name), "arguments": .object(arguments), "result": .string(result),
            "actor": .string(command.actor.name),
        ]
        if let reason = command.reason { body["reason"] = .string(reason) }
        return Event(
            .operatorCommand, decision: decision, time: time, environment: environment, subject: subject,
            actor: command.actor, body: body)
    }
}

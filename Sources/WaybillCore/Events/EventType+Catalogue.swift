extension EventType {
    /// Meaning and body members of this type. An event's body holds no other member (`Event.undeclaredMembers`).
    package var documentation: EventDescription {
        switch self {
        case .controllerStarted:
            EventDescription(
                meaning: "A controller took the state folder's lock and opened the ledger.",
                fields: [("build", "version of Waybill"), ("pid", "process id"), ("state", "state folder")])
        case .controllerStopped:
            EventDescription(
                meaning: "A controller ended gracefully; models and gateway go on.", fields: [("reason", "why")])
        case .controllerUpgraded:
            EventDescription(
                meaning: "The controller that starts is of another build than the one before.",
                fields: [("from", "build before"), ("to", "build now")])
        case .commitObserved:
            EventDescription(
                meaning: "The watched branch names this commit, now fetched.",
                fields: [
                    ("commit", "the commit"), ("branch", "the branch"), ("author", "as the commit claims"),
                    ("summary", "first line of its message"), ("trigger", "poll, sync or webhook"),
                ])
        case .commitAccepted:
            EventDescription(
                meaning: "The commit became the desired state.",
                fields: [
                    ("commit", "the commit"), ("from", "the commit before"), ("deployments", "how many it asks for"),
                    ("changed", "keys whose rendering changed, the first hundred"),
                    ("problems", "errors in its manifests"),
                    ("history", "commits that a start loads before it, for what is held as it last was"),
                    ("reason", "given by an operator, if one did"),
                ])
        case .commitRejected:
            EventDescription(
                meaning: "The commit was not taken as desired state.",
                fields: [("commit", "the commit"), ("reason", "a stable word"), ("message", "why")])
        case .commitRewound:
            EventDescription(
                meaning: "The watched branch no longer contains the last accepted commit.",
                fields: [("accepted", "last accepted commit"), ("head", "what the branch names now")])
        case .resourceInvalid:
            EventDescription(
                meaning: "A file of the fleet does not say what its kind asks for.",
                fields: [("commit", "the commit"), ("location", "file:line:column"), ("message", "what is wrong")])
        case .planDecided:
            EventDescription(
                meaning: "What will be done for a deployment, and why.",
                fields: [
                    ("commit", "desired commit"), ("from", "revision that serves"), ("to", "revision desired"),
                    ("rendering", "digest of the rendering"), ("actions", "each action with its reason"),
                    ("diff", "fields that differ"),
                ])
        case .environmentBuilt:
            EventDescription(
                meaning: "A Python environment was made for a lock.",
                fields: [
                    ("digest", "of lock and interpreter"), ("python", "interpreter"), ("seconds", "how long it took"),
                    ("message", "error, when it failed"),
                ])
        case .artifactVerified:
            EventDescription(
                meaning: "A model file was copied and its bytes matched the manifest.",
                fields: [
                    ("version", "model version"), ("path", "file"), ("digest", "digest"), ("size", "bytes"),
                    ("source", "where from"),
                ])
        case .revisionPrepared:
            EventDescription(meaning: "A revision's files and environment are in place.", fields: Self.actFields)
        case .replicaStarted: EventDescription(meaning: "A replica was started.", fields: Self.actFields)
        case .replicaExited:
            EventDescription(
                meaning: "A replica ended though nobody asked it to.",
                fields: [
                    ("replica", "the replica"), ("revision", "its revision"), ("status", "code or signal"),
                    ("at", "when it ended, by its keeper"), ("whileAway", "true when no controller was running"),
                ])
        case .replicaAdopted:
            EventDescription(
                meaning: "A controller found a replica running that an earlier one had started.",
                fields: [("replica", "the replica"), ("revision", "its revision"), ("pid", "process id")])
        case .replicaStopped: EventDescription(meaning: "A replica was told to stop.", fields: Self.actFields)
        case .replicaForgotten:
            EventDescription(meaning: "What was left of an ended replica was removed.", fields: Self.actFields)
        case .routesChanged:
            EventDescription(
                meaning: "A deployment's rotation was replaced.",
                fields: Self.actFields + [("replicas", "the rotation"), ("generation", "of the table")])
        case .gatewayStarted:
            EventDescription(
                meaning: "The controller started a gateway.", fields: Self.actFields + [("address", "where it listens")]
            )
        case .driftFound:
            EventDescription(
                meaning: "What runs is not what was decided.",
                fields: [
                    ("what", "a stable word"), ("subject", "the replica, file or route"), ("found", "as found"),
                    ("expected", "as decided"),
                    ("message", "in words"),
                ])
        case .driftCorrected:
            EventDescription(
                meaning: "A drift was put right.", fields: [("what", "a stable word"), ("message", "in words")])
        case .holdPlaced:
            EventDescription(
                meaning: "A deployment or the fleet is kept as it is.",
                fields: [("reason", "a stable word"), ("message", "why"), ("commit", "commit that is held")])
        case .holdReleased:
            EventDescription(
                meaning: "A hold ended.",
                fields: [("reason", "of the hold"), ("message", "why it ended"), ("commit", "commit")])
        case .operatorCommand:
            EventDescription(
                meaning: "A person told the controller to do something.",
                fields: [
                    ("command", "the verb"), ("arguments", "its arguments"), ("reason", "as given"),
                    ("result", "what came of it"),
                ])
        case .storeRebuilt:
            EventDescription(
                meaning: "The store was missing or unreadable and was made again from the ledger.",
                fields: [("reason", "why"), ("entries", "entries read")])
        case .intentReconciled:
            EventDescription(
                meaning: "A controller died between an intent and its outcome; this is what was found.",
                fields: [("intent", "index of the intent"), ("type", "type of the intent"), ("found", "in words")])
        }
    }

    private static let actFields: [(name: String, meaning: String)] = [
        ("replica", "the replica"), ("revision", "its revision"), ("reason", "why"),
        ("message", "error, when it failed"),
    ]
}

extension Event {
    /// Members of the body that the catalogue does not list; empty for a well-made event. `actor` is always allowed.
    package var undeclaredMembers: [String] {
        let declared = Set(type.documentation.fields.map(\.name) + ["actor"])
        return body.keys.filter { !declared.contains($0) }.sorted()
    }
}

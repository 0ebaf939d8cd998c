/// The catalogue of events. Raw values are the wire format and never change meaning; `docs/events.md` is made from this file.
package enum EventType: String, CaseIterable, Hashable, Codable, Sendable {
    case controllerStarted = "controller.started"
    case controllerStopped = "controller.stopped"
    case controllerUpgraded = "controller.upgraded"
    case statementKeyMade = "statement-key.made"
    case commitObserved = "commit.observed"
    case commitAccepted = "commit.accepted"
    case versionsFixed = "versions.fixed"
    case commitRejected = "commit.rejected"
    case commitRewound = "commit.rewound"
    case resourceInvalid = "resource.invalid"
    case approvalSeen = "approval.seen"
    case changeAdmitted = "change.admitted"
    case rulesAdopted = "rules.adopted"
    case planDecided = "plan.decided"
    case environmentBuilt = "environment.built"
    case sourcesResolved = "sources.resolved"
    case packagingProgressed = "packaging.progressed"
    case artifactVerified = "artifact.verified"
    case artifactInspected = "artifact.inspected"
    case bundleBuilt = "bundle.built"
    case bundleSigned = "bundle.signed"
    case bundleAttested = "bundle.attested"
    case bundlePulled = "bundle.pulled"
    case versionValidated = "version.validated"
    case signatureVerified = "signature.verified"
    case contentVerified = "content.verified"
    case contentQuarantined = "content.quarantined"
    case contentCollected = "content.collected"
    case revisionPrepared = "revision.prepared"
    case revisionAdmitted = "revision.admitted"
    case replicaStarted = "replica.started"
    case replicaFailed = "replica.failed"
    case replicaExited = "replica.exited"
    case replicaAdopted = "replica.adopted"
    case replicaStopped = "replica.stopped"
    case replicaForgotten = "replica.forgotten"
    case cacheCollected = "cache.collected"
    case routesChanged = "routes.changed"
    case rolloutMoved = "rollout.moved"
    case gatewayStarted = "gateway.started"
    case recordsSealed = "records.sealed"
    case recordsErased = "records.erased"
    case driftFound = "drift.found"
    case driftCorrected = "drift.corrected"
    case holdPlaced = "hold.placed"
    case holdReleased = "hold.released"
    case operatorCommand = "operator.command"
    case factsSnapshot = "facts.snapshot"
    case storeRebuilt = "store.rebuilt"
    case intentReconciled = "intent.reconciled"
}

/// What one type of event means and carries.
package struct EventDescription: Hashable, Sendable {
    package let meaning: String
    /// Names and meanings of the body's members.
    package let fields: [(name: String, meaning: String)]

    package static func == (left: EventDescription, right: EventDescription) -> Bool {
        left.meaning == right.meaning && left.fields.map(\.name) == right.fields.map(\.name)
    }
    package func hash(into hasher: inout Hasher) { hasher.combine(meaning) }
}

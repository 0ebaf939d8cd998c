/// Reasons that the engine itself gives to conditions and holds; failures bring their own. Raw values are the wire form.
package enum Reason: String, CaseIterable, Hashable, Codable, Sendable {
    case serving = "Serving"
    /// Of what does not run itself, such as a runtime: its manifest is sound and in force.
    case inForce = "InForce"
    case notObserved = "NotObserved"
    case progressing = "Progressing"
    case retrying = "Retrying"
    case backOff = "BackOff"
    case crashLoop = "CrashLoop"
    case unready = "Unready"
    /// A replica that was told to stop has not ended.
    case replicaStuck = "ReplicaStuck"
    /// A model file's bytes are not those of its digest, and cannot be put right yet.
    case artifactAltered = "ArtifactAltered"
    /// The people named for it have not said yes.
    case awaitingApproval = "AwaitingApproval"
    /// The environment before has not served the version, or not for as long as is asked for.
    case awaitingUpstream = "AwaitingUpstream"
    /// A time in which no change begins in the environment.
    case frozen = "Frozen"
    /// It began in spite of what it waited for, on the word of somebody who may say so.
    case overridden = "Overridden"
    case removing = "Removing"
    case orphaned = "Orphaned"
    case invalidManifest = "InvalidManifest"
    case paused = "Paused"
    case gatewayStopped = "GatewayStopped"
    case ledgerUnavailable = "LedgerUnavailable"
    case historyRewound = "HistoryRewound"
    case massDeletion = "MassDeletion"
    case rulesUnapproved = "RulesUnapproved"
    /// A gate of the environment's checklist is not passed.
    case gatesFailed = "GatesFailed"
    /// There is too little evidence to say whether a gate is passed.
    case gatesInconclusive = "GatesInconclusive"
    /// A gate could not be asked.
    case gatesErrored = "GatesErrored"
    /// Files of the model that were not read to their end when they were looked into.
    case filesUnscanned = "FilesUnscanned"
    /// Its model's entry bans the version.
    case versionBanned = "VersionBanned"
    /// A revision earns its traffic step by step.
    case rollingOut = "RollingOut"
    /// A revision failed on its way, or a person took it back.
    case rolloutFailed = "RolloutFailed"
    /// Git asks for a revision that was rolled back; what served before it serves in its place.
    case quarantined = "Quarantined"
}

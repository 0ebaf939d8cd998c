package import WaybillCore

/// What the shell is to do, in this order. Notes are durable before the acts that follow them begin.
package enum Effect: Hashable, Sendable {
    /// Ask target and gateway about one deployment; answered by `observed`.
    case observe(ObserveRequest)
    /// Write the intent, act with its ticket, write the outcome; answered by `performed`.
    case perform(ActRequest)
    /// Ask the target what nothing needs but `keeping` and its replicas; if there is any, write the intent, remove it, write
    /// the outcome. Answered by `collected`.
    case collect(CollectRequest)
    /// Nobody needs this effect any more, or it took too long. It is still answered, by a failure if it was cut short;
    /// once it is answered it does nothing more.
    case cancel(EffectID, DeploymentKey)
    /// A fact for the ledger.
    case note(Event)
    /// A command for the ledger, in one order with the notes; answered by `recorded` with the command's id.
    case record(UInt64, Event)
    /// Send `wake` at this moment; replaces an earlier request.
    case wake(at: Timestamp)
    case summarise(KeySummary)
    /// Nothing is left of the deployment: its summary goes.
    case forgetKey(DeploymentKey)
    /// An operator accepted this commit: ask the commit gate about the branch again.
    case reconsider(CommitID)
    /// What does this commit, accepted before, ask for? Answered by `recalled`.
    case recall(DeploymentKey, CommitID)
    /// What came of a command, for the person who gave it.
    case answer(UInt64, Result<String, Failure>)
    /// After `stop`: nothing is under way any more.
    case parked
}

package struct ObserveRequest: Hashable, Sendable {
    package var id: EffectID
    package var key: DeploymentKey
    /// Revisions whose preparation is asked for.
    package var specs: [RevisionSpec]
    /// The gateway is to tell what it has counted by revision.
    package var wantsCounts: Bool

    package init(id: EffectID, key: DeploymentKey, specs: [RevisionSpec], wantsCounts: Bool = false) {
        self.wantsCounts = wantsCounts
        self.id = id
        self.key = key
        self.specs = specs
    }
}

package struct CollectRequest: Hashable, Sendable {
    package var id: EffectID
    /// Revisions that are desired, held or orphaned.
    package var keeping: [RevisionSpec]

    package init(id: EffectID, keeping: [RevisionSpec]) {
        self.id = id
        self.keeping = keeping
    }
}

package struct ActRequest: Hashable, Sendable {
    package var id: EffectID
    package var key: DeploymentKey
    package var action: Action
    /// The desired revision; nil when the deployment is not desired (then an empty rotation removes the route).
    package var spec: RevisionSpec?
    /// The commit that the desired rendering came with.
    package var commit: CommitID?
    /// By revision, the commits that brought what serves or is to serve, for the stamps of a rotation.
    package var origins: [String: CommitID]
    package var decision: DecisionID
    package var reason: String
    /// What a validation asks.
    package var question: ValidationQuestion?
    /// What is recorded of predictions, for a rotation.
    package var recording: RecordingPolicy

    package init(
        id: EffectID, key: DeploymentKey, action: Action, spec: RevisionSpec?, commit: CommitID?,
        decision: DecisionID, reason: String, question: ValidationQuestion? = nil,
        origins: [String: CommitID] = [:], recording: RecordingPolicy = .off
    ) {
        self.recording = recording
        self.question = question
        self.origins = origins
        self.id = id
        self.key = key
        self.action = action
        self.spec = spec
        self.commit = commit
        self.decision = decision
        self.reason = reason
    }
}

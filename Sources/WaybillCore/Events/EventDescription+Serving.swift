/// Environments, replicas, routes and drift.
extension EventDescription {
    static let environmentBuilt = EventDescription(
        meaning: "A Python environment was made for a lock.",
        fields: [
            ("digest", "of lock and interpreter"), ("python", "interpreter"), ("seconds", "how long it took"),
            ("wheels", "how many it was installed from"),
            ("from", "`store`, with no index, or `index`"), ("message", "error, when it failed"),
        ])
    static let revisionPrepared = EventDescription(
        meaning: "A revision's files and environment are in place.",
        fields: [("revision", "the revision"), ("version", "model version")] + actFields)
    static let replicaStarted = EventDescription(
        meaning: "A replica was started.",
        fields: [
            ("replica", "the replica"), ("revision", "its revision"), ("isolation", "`sandbox` or `none`"),
        ] + actFields)
    static let replicaFailed = EventDescription(
        meaning: "A replica's startup or liveness probe failed as often as it may; it is to be replaced.",
        fields: [("replica", "the replica"), ("revision", "its revision"), ("reason", "which probe, and how")])
    static let replicaExited = EventDescription(
        meaning: "A replica ended and no controller told it to: by itself, at a limit, by 'waybill stop'.",
        fields: [
            ("replica", "the replica"), ("revision", "its revision"), ("status", "code or signal"),
            ("at", "when it ended, by its keeper"), ("whileAway", "true when no controller was running"),
        ])
    static let replicaAdopted = EventDescription(
        meaning: "A controller found a replica running that an earlier one had started.",
        fields: [("replica", "the replica"), ("revision", "its revision"), ("pid", "process id")])
    static let replicaStopped = EventDescription(
        meaning: "A replica was told to stop.", fields: [("replica", "the replica")] + actFields)
    static let replicaForgotten = EventDescription(
        meaning: "What was left of an ended replica was removed.",
        fields: [("replica", "the replica")] + actFields)
    static let cacheCollected = EventDescription(
        meaning: "Model files and Python environments that nothing needs any more were removed.",
        fields: [
            ("items", "kind and key of each, the first hundred"), ("count", "how many"), ("reason", "why"),
            ("message", "error, when it failed"),
        ])
    static let routesChanged = EventDescription(
        meaning: "A deployment's rotation was replaced.",
        fields: [
            ("replicas", "the rotation"), ("revision", "theirs, when it is the desired one for all"),
            ("shares", "each revision's share of the traffic in whole percent, when two serve"),
            ("generation", "of the table"),
        ] + actFields)
    static let rolloutMoved = EventDescription(
        meaning: "A rollout began, went on, went back or ended; what follows is decided from this alone.",
        fields: [
            ("from", "the revision that served when it began; absent: nothing did"), ("to", "the new revision"),
            ("stable", "what served then: revision, rendering, commit and version"),
            ("rendering", "digest of the whole rendering that asks for it"), ("steps", "all steps, in order"),
            ("step", "which one it is in, counted from 1"), ("weight", "the new revision's share, in whole percent"),
            ("counting", "true while the step's time counts, from this entry's time on"),
            ("status", "`progressing`, `halted`, `failed`, `aborted`, `finished` or `ended`"),
            ("crashes", "replicas of the new revision that ended or failed their probes"), ("reason", "why"),
            ("try", "how often the counting of its analysis has begun; 0: not yet. Absent in other steps"),
            ("stoppedBy", "the verdict of the analysis that stopped it in this step"),
            (
                "analysis",
                "what an analysis found that led here: `outcome`, version of the `judge`, `from` and `to`, and by check `metric`, "
                    + "`minRequests`, `alpha`, requests and hits of `canary` and `stable`, `estimate`, `lower`, `upper`, `verdict`, "
                    + "`words`, and the `summary` of all that was counted with its `digest`, from which it is judged again"
            ),
        ])
    static let gatewayStarted = EventDescription(
        meaning: "The controller started a gateway.",
        fields: [("address", "where it listens")] + actFields)
    static let recordsSealed = EventDescription(
        meaning: "A closed segment of records was taken up: from here on none of it can change or go unnoticed.",
        fields: [
            ("segment", "its id, which is its file's name"), ("writer", "the gateway process that wrote it"),
            ("number", "among that writer's segments, from 0 without gaps"), ("firstID", "smallest id in it"),
            ("lastID", "largest id in it"), ("from", "time of the earliest record, microseconds since 1970"),
            ("to", "time of the latest"), ("count", "records"), ("dropped", "predictions that were not recorded"),
            ("root", "root of the Merkle tree over the records, 64 hexadecimal digits"),
            ("deployments", "records and drops of each deployment, the first hundred"),
        ])
    static let recordsErased = EventDescription(
        meaning: "Payloads of records were erased; what proves the records stays.",
        fields: [
            ("segment", "the segment"), ("deployment", "whose payloads; absent: of one record"),
            ("prediction", "the prediction, when one was erased"), ("count", "records whose payloads went"),
            ("bytes", "of payloads"),
        ] + actFields)
    static let driftFound = EventDescription(
        meaning: "What runs is not what was decided.",
        fields: [
            ("what", "a stable word"), ("subject", "the replica, file or route"), ("found", "as found"),
            ("expected", "as decided"),
            ("message", "in words"),
        ])
    static let driftCorrected = EventDescription(
        meaning: "A drift was put right.", fields: [("what", "a stable word"), ("message", "in words")])

    private static let actFields: [(name: String, meaning: String)] = [
        ("reason", "why"), ("message", "error, when it failed"),
    ]
}

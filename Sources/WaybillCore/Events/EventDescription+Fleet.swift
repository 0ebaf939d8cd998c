/// The controller, the commits that it follows, and what people and holds make of them.
extension EventDescription {
    static let controllerStarted = EventDescription(
        meaning: "A controller took the state folder's lock and opened the ledger.",
        fields: [("build", "version of Waybill"), ("pid", "process id"), ("state", "state folder")])
    static let controllerStopped = EventDescription(
        meaning: "A controller ended gracefully; models and gateway go on.", fields: [("reason", "why")])
    static let controllerUpgraded = EventDescription(
        meaning: "The controller that starts is of another build than the one before.",
        fields: [("from", "build before"), ("to", "build now")])
    static let commitObserved = EventDescription(
        meaning: "The watched branch names this commit, now fetched.",
        fields: [
            ("commit", "the commit"), ("branch", "the branch"), ("author", "as the commit claims"),
            ("summary", "first line of its message"),
            ("trigger", "start, poll, sync, webhook or operator"),
        ])
    static let commitAccepted = EventDescription(
        meaning: "The commit became the desired state.",
        fields: [
            ("commit", "the commit"), ("from", "the commit before"), ("deployments", "how many it asks for"),
            ("changed", "keys whose rendering changed, the first hundred"),
            ("problems", "errors in its manifests"),
            ("history", "commits that a start loads before it, for what is held as it last was"),
            ("reason", "given by an operator, if one did"),
        ])
    static let versionsFixed = EventDescription(
        meaning:
            "Versions of models that an accepted commit named first. They stay what they are from now on, also once they are removed.",
        fields: [
            ("commit", "the commit"),
            (
                "versions",
                "of each `version`, `digest` of what its manifest says of its bundle, `path` of the manifest, and git's ids of `card` and `lock`"
            ),
        ])
    static let commitRejected = EventDescription(
        meaning: "The commit was not taken as desired state.",
        fields: [("commit", "the commit"), ("reason", "a stable word"), ("message", "why")])
    static let commitRewound = EventDescription(
        meaning: "The watched branch no longer contains the last accepted commit.",
        fields: [("accepted", "last accepted commit"), ("head", "what the branch names now")])
    static let resourceInvalid = EventDescription(
        meaning: "A file of the fleet does not say what its kind asks for.",
        fields: [("commit", "the commit"), ("location", "file:line:column"), ("message", "what is wrong")])
    static let planDecided = EventDescription(
        meaning: "What will be done for a deployment, and why.",
        fields: [
            ("commit", "desired commit"), ("from", "revision that serves"), ("to", "revision desired"),
            ("rendering", "digest of the rendering"), ("version", "version desired"),
            ("isolation", "`sandbox` or `none`, of the revision desired"),
            ("actions", "each action with its reason, the first hundred"),
            ("diff", "fields that differ, the first hundred"),
        ])
    static let holdPlaced = EventDescription(
        meaning: "A deployment or the fleet is kept as it is.",
        fields: [
            ("reason", "a stable word"), ("message", "why"), ("commit", "commit that is held"),
            ("change", "digest of the change that waits for approval"),
            ("standIn", "what serves in the place of a quarantined revision: revision, rendering, commit, version"),
        ])
    static let holdReleased = EventDescription(
        meaning: "A hold ended.",
        fields: [("reason", "of the hold"), ("message", "why it ended"), ("commit", "commit")])
    static let operatorCommand = EventDescription(
        meaning: "A person told the controller to do something.",
        fields: [
            ("command", "the verb"), ("arguments", "its arguments"), ("reason", "as given"),
            ("result", "what came of it"),
        ])
    static let factsSnapshot = EventDescription(
        meaning:
            "What the entries before come to was written beside the ledger, so that a start of the same build reads only those after them.",
        fields: [
            ("entries", "how many are taken in"), ("digest", "of the file"), ("size", "its bytes"),
            ("build", "digest of the program that folded them"),
        ])
    static let storeRebuilt = EventDescription(
        meaning: "The store was missing or unreadable and was made again from the ledger.",
        fields: [("reason", "why"), ("entries", "entries read")])
    static let intentReconciled = EventDescription(
        meaning: "A controller died between an intent and its outcome; this is what was found.",
        fields: [("intent", "index of the intent"), ("type", "type of the intent"), ("found", "in words")])
}

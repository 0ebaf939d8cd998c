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
                    ("summary", "first line of its message"),
                    ("trigger", "start, poll, sync, webhook or operator"),
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
        case .versionsFixed:
            EventDescription(
                meaning:
                    "Versions of models that an accepted commit named first. They stay what they are from now on, also once they are removed.",
                fields: [
                    ("commit", "the commit"),
                    (
                        "versions",
                        "of each `version`, `digest` of what its manifest says of its bundle, `path` of the manifest, and git's ids of `card` and `lock`"
                    ),
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
                    ("rendering", "digest of the rendering"),
                    ("isolation", "`sandbox` or `none`, of the revision desired"),
                    ("actions", "each action with its reason, the first hundred"),
                    ("diff", "fields that differ, the first hundred"),
                ])
        case .environmentBuilt:
            EventDescription(
                meaning: "A Python environment was made for a lock.",
                fields: [
                    ("digest", "of lock and interpreter"), ("python", "interpreter"), ("seconds", "how long it took"),
                    ("wheels", "how many it was installed from"),
                    ("from", "`store`, with no index, or `index`"), ("message", "error, when it failed"),
                ])
        case .sourcesResolved:
            EventDescription(
                meaning: "Where the files of a version come from, and how much of them has to be pulled.",
                fields: [
                    ("version", "model version"), ("sources", "source of each file, the first hundred"),
                    ("size", "bytes of all files"), ("held", "bytes of them that are here already"),
                ])
        case .packagingProgressed:
            EventDescription(
                meaning: "A long transfer goes on; recorded once a minute at most.",
                fields: [
                    ("version", "model version"), ("size", "bytes of all files"), ("held", "bytes that are here"),
                    ("message", "in words"),
                ])
        case .artifactInspected:
            EventDescription(
                meaning: "A model file was looked into, without running any of it, before anything was started on it.",
                fields: [
                    ("version", "model version"), ("path", "file"), ("digest", "digest"),
                    ("verdict", "`safe`, `dangerous` or `unscanned`"), ("format", "found in the bytes"),
                    ("findings", "reasons of the verdict, the first ten"),
                    ("disagreements", "with the manifest's format and interface, the first ten"),
                    ("allowing", "digest of the allow list in force"),
                ])
        case .artifactVerified:
            EventDescription(
                meaning: "A model file was copied and its bytes matched the manifest.",
                fields: [
                    ("version", "model version"), ("path", "file"), ("digest", "digest"), ("size", "bytes"),
                    ("source", "where from"),
                ])
        case .bundleBuilt:
            EventDescription(
                meaning: "A model version was packaged; equal content gives an equal digest.",
                fields: [
                    ("version", "model version"), ("digest", "of the bundle's manifest"),
                    ("size", "bytes of its layers"),
                    ("layers", "how many"), ("message", "error, when it failed"),
                ])
        case .bundleSigned:
            EventDescription(
                meaning: "A signature was put beside a bundle; whether it counts, the rules say.",
                fields: [
                    ("version", "model version"), ("digest", "of the bundle's manifest"),
                    ("signature", "digest of the signature's bytes"), ("form", "`ssh` or `openssf`"),
                    ("key", "fingerprint"), ("message", "error, when it failed"),
                ])
        case .bundleAttested:
            EventDescription(
                meaning:
                    "Provenance and a bill of materials were put beside a bundle: by whoever made it, unsigned, or by a person, signed.",
                fields: [
                    ("version", "model version"), ("digest", "of the bundle's manifest"),
                    ("provenance", "digest of its bytes"), ("bill", "digest of its bytes"),
                    ("key", "fingerprint of the key that signed the provenance"), ("message", "error, when it failed"),
                ])
        case .bundlePulled:
            EventDescription(
                meaning: "A bundle was brought from a registry.",
                fields: [
                    ("reference", "where from"), ("version", "its name here"), ("digest", "of the bundle's manifest"),
                    ("size", "bytes of its layers"), ("message", "error, when it failed"),
                ])
        case .versionValidated:
            EventDescription(
                meaning:
                    "The gates of a checklist were asked about a version, by hand or for a deployment whose environment asks them; only `passed` passes.",
                fields: [
                    ("revision", "which is to start, when the controller asks"), ("reason", "why it is asked"),
                    ("gate", "the first that did not pass"), ("found", "what was found there, and the bound"),
                    ("cached", "gates whose result is that of an earlier run"),
                    ("version", "model version"), ("digest", "of the bundle's manifest"), ("checklist", "its name"),
                    ("rules", "digest of the checklist's rules"),
                    ("verdict", "`passed`, `failed`, `inconclusive` or `errored`"),
                    ("evidence", "digest of what was measured"), ("gates", "verdict of each gate"),
                    ("key", "fingerprint of the key that signed the evidence"),
                    ("message", "error, when nothing came of it"),
                ])
        case .statementKeyMade:
            EventDescription(
                meaning:
                    "The controller signs what it says of bundles with this key from now on: evidence, and how it made them.",
                fields: [("key", "fingerprint"), ("publicKey", "in OpenSSH's form")])
        case .revisionAdmitted:
            EventDescription(
                meaning:
                    "A revision has given what its environment asks, and is about to be started for the first time; it is not asked again.",
                fields: [
                    ("revision", "which"), ("version", "model version"),
                    ("rendering", "digest of the whole rendering"), ("admission", "digest of what was asked"),
                    ("commit", "that the rendering came with"), ("evidence", "digest of what was measured"),
                ])
        case .signatureVerified:
            EventDescription(
                meaning:
                    "A signature of a bundle was seen for the first time, by a key that may sign the model; a later end of the key does not undo it.",
                fields: [
                    ("version", "model version"), ("digest", "of the bundle's manifest"),
                    ("signature", "digest of the signature's bytes"), ("form", "`ssh` or `openssf`"),
                    ("key", "fingerprint"), ("person", "who has the key"), ("access", "digest of the access file"),
                ])
        case .contentVerified:
            EventDescription(
                meaning: "A person had the content store's bytes hashed again; what was rotten has entries of its own.",
                fields: [
                    ("bundles", "those that were looked at; all when there are none"), ("blobs", "how many"),
                    ("size", "their bytes"), ("quarantined", "how many were rotten"),
                    ("recovered", "how many were fetched again"), ("message", "error, when it failed"),
                ])
        case .contentQuarantined:
            EventDescription(
                meaning:
                    "Bytes in the content store were no longer those of their digest; they were moved aside and fetched again.",
                fields: [("digest", "expected"), ("found", "digest of what was there"), ("path", "where it is now")])
        case .contentCollected:
            EventDescription(
                meaning: "Bytes that nothing needs any more were removed from the content store.",
                fields: [
                    ("blobs", "how many"), ("size", "their bytes"), ("bundles", "names that were given up"),
                    ("message", "error, when it failed"),
                ])
        case .revisionPrepared:
            EventDescription(
                meaning: "A revision's files and environment are in place.",
                fields: [("revision", "the revision"), ("version", "model version")] + Self.actFields)
        case .replicaStarted:
            EventDescription(
                meaning: "A replica was started.",
                fields: [
                    ("replica", "the replica"), ("revision", "its revision"), ("isolation", "`sandbox` or `none`"),
                ] + Self.actFields)
        case .replicaFailed:
            EventDescription(
                meaning: "A replica's startup or liveness probe failed as often as it may; it is to be replaced.",
                fields: [("replica", "the replica"), ("revision", "its revision"), ("reason", "which probe, and how")])
        case .replicaExited:
            EventDescription(
                meaning: "A replica ended and no controller told it to: by itself, at a limit, by 'waybill stop'.",
                fields: [
                    ("replica", "the replica"), ("revision", "its revision"), ("status", "code or signal"),
                    ("at", "when it ended, by its keeper"), ("whileAway", "true when no controller was running"),
                ])
        case .replicaAdopted:
            EventDescription(
                meaning: "A controller found a replica running that an earlier one had started.",
                fields: [("replica", "the replica"), ("revision", "its revision"), ("pid", "process id")])
        case .replicaStopped:
            EventDescription(
                meaning: "A replica was told to stop.", fields: [("replica", "the replica")] + Self.actFields)
        case .replicaForgotten:
            EventDescription(
                meaning: "What was left of an ended replica was removed.",
                fields: [("replica", "the replica")] + Self.actFields)
        case .cacheCollected:
            EventDescription(
                meaning: "Model files and Python environments that nothing needs any more were removed.",
                fields: [
                    ("items", "kind and key of each, the first hundred"), ("count", "how many"), ("reason", "why"),
                    ("message", "error, when it failed"),
                ])
        case .routesChanged:
            EventDescription(
                meaning: "A deployment's rotation was replaced.",
                fields: [
                    ("replicas", "the rotation"), ("revision", "theirs, when it is the desired one for all"),
                    ("generation", "of the table"),
                ] + Self.actFields)
        case .gatewayStarted:
            EventDescription(
                meaning: "The controller started a gateway.",
                fields: [("address", "where it listens")] + Self.actFields)
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
        ("reason", "why"), ("message", "error, when it failed"),
    ]
}

extension Event {
    /// Members of the body that the catalogue does not list; empty for a well-made event. `actor` is always allowed.
    package var undeclaredMembers: [String] {
        let declared = Set(type.documentation.fields.map(\.name) + ["actor"])
        return body.keys.filter { !declared.contains($0) }.sorted()
    }
}

/// Files of models, bundles and what stands beside them.
extension EventDescription {
    static let sourcesResolved = EventDescription(
        meaning: "Where the files of a version come from, and how much of them has to be pulled.",
        fields: [
            ("version", "model version"), ("sources", "source of each file, the first hundred"),
            ("size", "bytes of all files"), ("held", "bytes of them that are here already"),
        ])
    static let packagingProgressed = EventDescription(
        meaning: "A long transfer goes on; recorded once a minute at most.",
        fields: [
            ("version", "model version"), ("size", "bytes of all files"), ("held", "bytes that are here"),
            ("message", "in words"),
        ])
    static let artifactInspected = EventDescription(
        meaning: "A model file was looked into, without running any of it, before anything was started on it.",
        fields: [
            ("version", "model version"), ("path", "file"), ("digest", "digest"),
            ("verdict", "`safe`, `dangerous` or `unscanned`"), ("format", "found in the bytes"),
            ("findings", "reasons of the verdict, the first ten"),
            ("disagreements", "with the manifest's format and interface, the first ten"),
            ("allowing", "digest of the allow list in force"),
        ])
    static let artifactVerified = EventDescription(
        meaning: "A model file was copied and its bytes matched the manifest.",
        fields: [
            ("version", "model version"), ("path", "file"), ("digest", "digest"), ("size", "bytes"),
            ("source", "where from"),
        ])
    static let bundleBuilt = EventDescription(
        meaning: "A model version was packaged; equal content gives an equal digest.",
        fields: [
            ("version", "model version"), ("digest", "of the bundle's manifest"),
            ("size", "bytes of its layers"),
            ("layers", "how many"), ("message", "error, when it failed"),
        ])
    static let bundleSigned = EventDescription(
        meaning: "A signature was put beside a bundle; whether it counts, the rules say.",
        fields: [
            ("version", "model version"), ("digest", "of the bundle's manifest"),
            ("signature", "digest of the signature's bytes"), ("form", "`ssh` or `openssf`"),
            ("key", "fingerprint"), ("message", "error, when it failed"),
        ])
    static let bundleAttested = EventDescription(
        meaning:
            "Provenance and a bill of materials were put beside a bundle: by whoever made it, unsigned, or by a person, signed.",
        fields: [
            ("version", "model version"), ("digest", "of the bundle's manifest"),
            ("provenance", "digest of its bytes"), ("bill", "digest of its bytes"),
            ("key", "fingerprint of the key that signed the provenance"), ("message", "error, when it failed"),
        ])
    static let bundlePulled = EventDescription(
        meaning: "A bundle was brought from a registry.",
        fields: [
            ("reference", "where from"), ("version", "its name here"), ("digest", "of the bundle's manifest"),
            ("size", "bytes of its layers"), ("message", "error, when it failed"),
        ])
    static let versionValidated = EventDescription(
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
            ("key", "fingerprint of the key that signed the evidence"), ("message", "error, when nothing came of it"),
        ])
    static let statementKeyMade = EventDescription(
        meaning:
            "The controller signs what it says of bundles with this key from now on: evidence, and how it made them.",
        fields: [("key", "fingerprint"), ("publicKey", "in OpenSSH's form")])
    static let revisionAdmitted = EventDescription(
        meaning:
            "A revision has given what its environment asks, and is about to be started for the first time; it is not asked again.",
        fields: [
            ("revision", "which"), ("version", "model version"), ("rendering", "digest of the whole rendering"),
            ("admission", "digest of what was asked"), ("commit", "that the rendering came with"),
            ("evidence", "digest of what was measured"),
        ])
    static let signatureVerified = EventDescription(
        meaning:
            "A signature of a bundle was seen for the first time, by a key that may sign the model; a later end of the key does not undo it.",
        fields: [
            ("version", "model version"), ("digest", "of the bundle's manifest"),
            ("signature", "digest of the signature's bytes"), ("form", "`ssh` or `openssf`"),
            ("key", "fingerprint"), ("person", "who has the key"), ("access", "digest of the access file"),
        ])
    static let contentVerified = EventDescription(
        meaning: "A person had the content store's bytes hashed again; what was rotten has entries of its own.",
        fields: [
            ("bundles", "those that were looked at; all when there are none"), ("blobs", "how many"),
            ("size", "their bytes"), ("quarantined", "how many were rotten"),
            ("recovered", "how many were fetched again"), ("message", "error, when it failed"),
        ])
    static let contentQuarantined = EventDescription(
        meaning:
            "Bytes in the content store were no longer those of their digest; they were moved aside and fetched again.",
        fields: [("digest", "expected"), ("found", "digest of what was there"), ("path", "where it is now")])
    static let contentCollected = EventDescription(
        meaning: "Bytes that nothing needs any more were removed from the content store.",
        fields: [
            ("blobs", "how many"), ("size", "their bytes"), ("bundles", "names that were given up"),
            ("message", "error, when it failed"),
        ])
}

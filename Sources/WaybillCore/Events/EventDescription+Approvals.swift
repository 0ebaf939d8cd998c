// Words about changes, and rules.
extension EventDescription {
    static let approvalSeen = EventDescription(
        meaning: "An approval that counts was seen for the first time. Later ones of it are not written.",
        fields: [
            ("change", "digest of the change"), ("person", "who approves"), ("role", "as what"),
            ("file", "where it is"), ("key", "fingerprint of the key"), ("evidence", "digest, or `none`"),
            ("expires", "when it ends"), ("presence", "what a key in hardware says of the person"),
            ("word", "what tells it from others"),
        ])
    static let changeAdmitted = EventDescription(
        meaning: "A change has the words that its environment asks for, and begins. It is not asked for again.",
        fields: [
            ("change", "digest of the change"), ("from", "revision before, or `absent`"),
            ("rendering", "digest of the rendering, or `absent`"),
            ("checklist", "digest of its gates, or `none`"),
            ("commit", "desired commit"), ("required", "what the environment asks for"),
            ("message", "in words"), ("authors", "who signed a proposal"),
            ("approvals", "of each `person`, `role`, `file`, `key`, `evidence` and end, the first hundred"),
            ("rules", "digest of the access file"),
            ("overrides", "`person`, `reason`, `file`, `key` and end of each, when they let it begin"),
            ("insteadOf", "what it waited for then"),
        ])
    static let rulesAdopted = EventDescription(
        meaning:
            "The rules of a commit came into force: who may do what, what environments ask for, and how models are run.",
        fields: [
            ("commit", "the commit"), ("rules", "digest of all rules"), ("from", "that of the rules before"),
            ("governed", "whether a change of them must be approved"),
            ("changed", "which of them changed, the first hundred"),
            ("governors", "who may approve a change of them"), ("message", "in words"),
        ])
}

/// Something that runs otherwise than it was decided.
package struct Drift: Hashable, Sendable {
    /// Stable words: the wire form of `drift.found`'s `what`.
    package enum What: String, CaseIterable, Hashable, Codable, Sendable {
        /// An artifact's bytes are not those of its digest.
        case artifactAltered = "artifact-altered"
        /// Files or environment of a revision that serves are gone.
        case filesMissing = "files-missing"
        /// The target finds a replica other than its revision says.
        case replicaAltered = "replica-altered"
        /// A replica that nothing here started, more than are asked for.
        case replicaExtra = "replica-extra"
        /// A replica is gone without a trace.
        case replicaMissing = "replica-missing"
        /// A replica that was told to stop has not ended in time.
        case replicaStuck = "replica-stuck"
        /// The gateway's rotation is not the one that was last set.
        case rotationDiffers = "rotation-differs"
        /// No gateway answers.
        case gatewayStopped = "gateway-stopped"
    }

    package var what: What
    /// Which replica, file or route: two drifts of one kind and subject are the same drift.
    package var subject: String
    package var found: String
    package var expected: String
    package var message: String

    package init(_ what: What, subject: String, found: String, expected: String, message: String) {
        self.what = what
        self.subject = subject
        self.found = found
        self.expected = expected
        self.message = message
    }

    package struct Identity: Hashable, Sendable {
        package var what: What
        package var subject: String
        package init(what: What, subject: String) {
            self.what = what
            self.subject = subject
        }
    }
    package var identity: Identity { Identity(what: what, subject: subject) }
}

/// What is recorded of a deployment's predictions, and how long it is kept. `docs/records.md`.
package struct RecordingPolicy: Hashable, Sendable {
    package enum Mode: String, CaseIterable, Hashable, Sendable {
        case off
        /// What cannot be recorded is answered all the same, and counted.
        case bestEffort
        /// What cannot be recorded is refused.
        case required
    }

    /// What is kept of a body.
    package enum Keep: String, CaseIterable, Hashable, Sendable {
        /// All of it, as far as features and redaction leave it.
        case whole
        /// Its size and salted digest.
        case digest
        /// Its size.
        case none
    }

    package var mode: Mode
    /// Whole percent of the requests, 1 to 100, chosen by their ids.
    package var sample: Int
    package var request: Keep
    package var answer: Keep
    /// JSON pointers (RFC 6901) to what is replaced by null before anything is kept; a step `*` is every item or member.
    package var redact: [String]
    /// Input tensors, or members at the top of a JSON request, that are kept; empty: all.
    package var features: [String]
    package var retentionDays: Int
    /// Bytes of payloads that are kept of the deployment, the newest; nil: no limit.
    package var maxBytes: Int64?

    package init(
        mode: Mode = .off, sample: Int = 100, request: Keep = .whole, answer: Keep = .whole, redact: [String] = [],
        features: [String] = [], retentionDays: Int = 30, maxBytes: Int64? = nil
    ) {
        self.mode = mode
        self.sample = sample
        self.request = request
        self.answer = answer
        self.redact = redact
        self.features = features
        self.retentionDays = retentionDays
        self.maxBytes = maxBytes
    }

    package static let off = RecordingPolicy()

    package var isOn: Bool { mode != .off }
    package var retentionSeconds: UInt64 { UInt64(max(0, retentionDays)) * 86_400 }

    /// Redactions or features that one deployment may name.
    package static let maximumNames = 64
}

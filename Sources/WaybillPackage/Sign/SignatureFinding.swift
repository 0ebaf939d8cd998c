package import WaybillCore
package import WaybillTrust

/// What was found about one signature of a bundle.
package struct SignatureFinding: Hashable, Sendable {
    package enum Verdict: Hashable, Sendable {
        /// It holds, by somebody who may sign this model.
        case trusted(Name)
        /// It holds, by a key that whoever asks named; there are no rules that say who may sign.
        case given
        /// It holds; there are no rules that say who may sign.
        case sound
        /// It proves nothing, for this reason.
        case refused(String)
    }

    package var form: SignatureForm
    /// Digest of the signature's own bytes.
    package var signature: Digest
    /// Manifest that puts it beside the bundle.
    package var referrer: Digest
    /// The key that made it, once it is known to hold.
    package var key: SSHPublicKey?
    /// What a key in hardware says of the person's presence.
    package var presence: SSHPresence?
    /// When the ledger saw it first, if it did.
    package var firstSeen: Timestamp?
    package var verdict: Verdict
    /// What a reader should know besides.
    package var notes: [String] = []

    package var isTrusted: Bool {
        switch verdict {
        case .trusted, .given: true
        case .sound, .refused: false
        }
    }

    /// One sentence.
    package var sentence: String {
        let by = key.map { " by \($0.fingerprint)" } ?? ""
        let touch =
            presence.map { $0.isUserPresent ? ", a key that was touched" : ", a key that was not touched" } ?? ""
        let more = notes.map { "; \($0)" }.joined()
        switch verdict {
        case .trusted(let person): return "\(form.title) signature of \(person)\(by)\(touch)\(more)"
        case .given: return "\(form.title) signature\(by), a key that was given\(touch)\(more)"
        case .sound: return "\(form.title) signature\(by)\(touch)\(more)"
        case .refused(let why): return "\(form.title) signature\(by) is refused: \(why)\(more)"
        }
    }
}

package import WaybillCore

/// What a person says of one change, in a few lines that people and programs read alike.
///
/// It names the change by its digest and from where it starts, the deployment, the evidence, and the role in which it is said. One
/// statement has one text, to the byte.
package struct ApprovalStatement: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case approve
        case reject
        /// Says who the author of a change is, whose own approval does not count.
        case propose
        /// Lets a change begin in spite of what it waits for: break-glass.
        case override

        /// The purpose of its signature: no signature for another one, of a commit or of another kind, passes for it.
        package var namespace: String { "waybill.dev/\(rawValue)" }

        /// The last part of its file's name.
        var ending: String {
            switch self {
            case .approve, .reject: "approval"
            case .propose: "proposal"
            case .override: "override"
            }
        }
    }

    package var kind: Kind
    package var key: DeploymentKey
    package var change: Digest
    /// Nil: nothing serves before the change.
    package var from: Revision?
    /// Nil: none.
    package var evidence: Digest?
    /// Nil only for a proposal.
    package var role: Name?
    /// In whole seconds, as `expires`.
    package var issued: Timestamp
    /// The first moment at which it no longer counts. Nil: never, which no approval can say.
    package var expires: Timestamp?
    /// Why; a rejection and an override say that.
    package var reason: String?

    package init(
        _ kind: Kind, _ key: DeploymentKey, change: Digest, from: Revision?, evidence: Digest? = nil, role: Name?,
        issued: Timestamp, expires: Timestamp?, reason: String? = nil
    ) {
        self.kind = kind
        self.key = key
        self.change = change
        self.from = from
        self.evidence = evidence
        self.role = role
        self.issued = issued.inSeconds
        self.expires = expires?.inSeconds
        self.reason = reason
    }

    /// The first line: the format of what follows.
    package static let version = "waybill.approval/1"
    /// Bytes of the longest text.
    package static let longest = 4096
    /// Letters of the longest reason.
    package static let longestReason = 500

    /// The text that is signed.
    package var description: String {
        var lines = [
            Self.version, "\(kind.rawValue) \(key)", "change \(change)",
            "from \(from?.description ?? Change.absent)", "evidence \(evidence?.description ?? Self.none)",
        ]
        if let role { lines.append("role \(role)") }
        lines.append("issued \(issued.secondsText)")
        lines.append("expires \(expires?.secondsText ?? Self.never)")
        if let reason { lines.append("reason \(reason)") }
        return lines.joined(separator: "\n") + "\n"
    }

    package static let none = "none"
    static let never = "never"
}

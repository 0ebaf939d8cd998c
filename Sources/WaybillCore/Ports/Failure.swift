/// What the engine does about a failure. Decided by type, never by text.
package enum Disposition: String, Hashable, Sendable {
    /// Trying again may help: back off.
    case retry
    /// Something under way must finish first: look again soon.
    case wait
    /// Needs a person or a commit.
    case stall
}

/// A failed act or observation, as the engine sees it: one stable reason, words for people, what to do about it.
package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    package var disposition: Disposition
    /// Upper camel case, a condition's reason: `ArtifactMismatch`.
    package var reason: String
    package var message: String

    package init(_ disposition: Disposition, reason: String, message: String) {
        self.disposition = disposition
        self.reason = reason
        self.message = message
    }

    package var description: String { message }
}

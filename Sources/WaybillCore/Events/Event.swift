/// One thing that was decided, begun, done or seen. Becomes one entry of the ledger.
package struct Event: Hashable, Codable, Sendable {
    package enum Phase: String, CaseIterable, Hashable, Codable, Sendable {
        /// Durable before the act.
        case intent
        /// How the act came out.
        case outcome
        /// Something seen or decided that is no act.
        case fact
    }

    package enum Outcome: String, CaseIterable, Hashable, Codable, Sendable {
        case succeeded, failed
        /// The controller died between intent and outcome; what was found is in the body.
        case reconciled
    }

    package var type: EventType
    package var phase: Phase
    /// Ties the events of one decision together.
    package var decision: DecisionID
    /// The entry that led to this one.
    package var cause: LedgerIndex?
    package var time: Timestamp
    package var environment: Name?
    /// `production/churn`, `churn@1.4.0`, a commit id, or `controller`.
    package var subject: String
    package var outcome: Outcome?
    package var actor: Actor
    /// Facts by name, as `EventType.fields` lists them; reasons and numbers, never secrets.
    package var body: Members

    package init(
        _ type: EventType, phase: Phase = .fact, decision: DecisionID, cause: LedgerIndex? = nil, time: Timestamp,
        environment: Name? = nil, subject: String, outcome: Outcome? = nil, actor: Actor = .controller,
        body: Members = [:]
    ) {
        self.type = type
        self.phase = phase
        self.decision = decision
        self.cause = cause
        self.time = time
        self.environment = environment
        self.subject = subject
        self.outcome = outcome
        self.actor = actor
        self.body = body
    }
}

/// Who acted.
package enum Actor: Hashable, Codable, Sendable {
    case controller
    /// A person or program of this machine, by Unix user.
    case unixUser(uid: UInt32, name: String)
    /// A git author or committer as the commit claims; proves nobody.
    case gitAuthor(String)

    /// The name for people: part of the body, never of the header.
    package var name: String {
        switch self {
        case .controller: "controller"
        case .unixUser(let uid, let name): "\(name) (uid \(uid))"
        case .gitAuthor(let name): name
        }
    }
}

/// Ties the events of one decision together: 16 lowercase hex digits.
package struct DecisionID: Hashable, Sendable, CustomStringConvertible {
    package let hex: String

    /// Sixteen lowercase hexadecimal digits of `number`.
    package init(_ number: UInt64) {
        let digits = String(number, radix: 16)
        hex = String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    package var description: String { hex }
}

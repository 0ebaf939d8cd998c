import WaybillCore

/// `{"command": "pause", "deployment": "production/churn", "reason": "…"}`: one flat object for every verb.
extension OperatorCommand: Codable {
    private enum Key: String, CodingKey { case command, deployment, commit, reason }

    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Key.self)
        try members.encode(verb, forKey: .command)
        try members.encodeIfPresent(key?.description, forKey: .deployment)
        try members.encodeIfPresent(reason, forKey: .reason)
        if case .accept(let commit, _) = self { try members.encode(commit.hex, forKey: .commit) }
    }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Key.self)
        func deployment() throws -> DeploymentKey {
            try DeploymentKey(parsing: members.decode(String.self, forKey: .deployment))
        }
        let reason = try Self.checked(members.decodeIfPresent(String.self, forKey: .reason))
        switch try members.decode(String.self, forKey: .command) {
        case "sync": self = .sync
        case "pause": self = .pause(try deployment(), reason: reason)
        case "resume": self = .resume(try deployment())
        case "retry": self = .retry(try deployment())
        case "restart": self = .restart(try deployment())
        case "accept":
            guard let reason else { throw InvalidInput("'accept' needs a reason") }
            self = .accept(try CommitID(parsing: members.decode(String.self, forKey: .commit)), reason: reason)
        case let other:
            throw InvalidInput(
                "\(other.quotedForMessage) is not a command; expected accept, pause, restart, resume, retry or sync")
        }
    }

    /// A reason worth keeping: not blank, not longer than `longestReason`.
    private static func checked(_ reason: String?) throws(InvalidInput) -> String? {
        guard let reason else { return nil }
        guard reason.contains(where: { !$0.isWhitespace }) else { throw InvalidInput("the reason is empty") }
        guard reason.unicodeScalars.count <= longestReason else {
            throw InvalidInput("the reason has more than \(longestReason) characters")
        }
        return reason
    }
}

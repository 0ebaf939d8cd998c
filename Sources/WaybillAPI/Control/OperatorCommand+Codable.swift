import WaybillCore

/// `{"command": "pause", "deployment": "production/churn", "reason": "…"}`: one flat object for every verb.
extension OperatorCommand: Codable {
    private enum Key: String, CodingKey { case command, deployment, commit, version, reason }

    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Key.self)
        try members.encode(verb, forKey: .command)
        try members.encodeIfPresent(key?.description, forKey: .deployment)
        try members.encodeIfPresent(reason, forKey: .reason)
        if case .accept(let commit, _) = self { try members.encode(commit.hex, forKey: .commit) }
        if case .rollback(_, let version?, _) = self { try members.encode(version.description, forKey: .version) }
    }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Key.self)
        func deployment() throws -> DeploymentKey {
            try DeploymentKey(parsing: members.decode(String.self, forKey: .deployment))
        }
        let reason = try Self.checked(members.decodeIfPresent(String.self, forKey: .reason))
        func needed(_ verb: String) throws -> String {
            guard let reason else { throw InvalidInput("'\(verb)' needs a reason") }
            return reason
        }
        switch try members.decode(String.self, forKey: .command) {
        case "sync": self = .sync
        case "pause": self = .pause(try deployment(), reason: reason)
        case "resume": self = .resume(try deployment())
        case "retry": self = .retry(try deployment())
        case "restart": self = .restart(try deployment())
        case "rollback":
            let version = try members.decodeIfPresent(String.self, forKey: .version)
            self = .rollback(
                try deployment(), to: try version.map { try SemanticVersion(parsing: $0) },
                reason: try needed("rollback"))
        case "lift": self = .lift(try deployment(), reason: try needed("lift"))
        case "advance": self = .advance(try deployment(), reason: reason)
        case "abort": self = .abort(try deployment(), reason: try needed("abort"))
        case "accept":
            self = .accept(
                try CommitID(parsing: members.decode(String.self, forKey: .commit)), reason: try needed("accept"))
        case let other:
            throw InvalidInput(
                "\(other.quotedForMessage) is not a command; expected abort, accept, advance, lift, pause, restart, resume, retry, rollback or sync"
            )
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

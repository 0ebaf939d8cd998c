/// Where a secret is kept. Only the reference travels: the secret itself is read by the process that uses it.
package enum SecretReference: Hashable, Sendable, Codable, CustomStringConvertible {
    /// A file's path; one line end after the secret is dropped.
    case file(String)
    /// The name of an environment variable.
    case environment(String)

    package var description: String {
        switch self {
        case .file(let path): "file '\(path)'"
        case .environment(let name): "environment variable '\(name)'"
        }
    }
}

/// How Waybill proves to an `https` remote who it is.
package struct BasicCredentials: Hashable, Sendable, Codable {
    /// GitHub, GitLab and Gitea take any name beside a token; Bitbucket wants `x-token-auth`.
    package var username: String
    package var secret: SecretReference

    package static let usualName = "x-access-token"

    package init(username: String = usualName, secret: SecretReference) {
        self.username = username
        self.secret = secret
    }
}

/// How Waybill proves to an `ssh` remote who it is, and which hosts it believes.
package struct SSHCredentials: Hashable, Sendable, Codable {
    package enum Identity: Hashable, Sendable, Codable {
        /// The agent behind `SSH_AUTH_SOCK`.
        case agent
        /// A private key's path, with its passphrase when it has one.
        case key(path: String, passphrase: SecretReference?)
    }

    package var identity: Identity
    /// Files in OpenSSH's `known_hosts` format; a missing one counts as empty.
    package var knownHosts: [String]

    package init(identity: Identity, knownHosts: [String]) {
        self.identity = identity
        self.knownHosts = knownHosts
    }
}

package import WaybillCore

/// One watched branch of one remote, and how to get at it. Holds references to secrets, never a secret.
package struct RemoteConfiguration: Hashable, Sendable, Codable {
    package var address: RemoteAddress
    /// Without `refs/heads/`.
    package var branch: String
    package var credentials: BasicCredentials?
    package var ssh: SSHCredentials?
    /// Certificates that an `https` server may be signed by, in PEM; nil: the system's store. It replaces the system's.
    package var certificateFile: String?

    package init(
        address: RemoteAddress, branch: String, credentials: BasicCredentials? = nil, ssh: SSHCredentials? = nil,
        certificateFile: String? = nil
    ) throws(InvalidInput) {
        self.address = address
        self.branch = branch
        self.credentials = credentials
        self.ssh = ssh
        self.certificateFile = certificateFile
        try Self.checkBranch(branch)
        try checkCredentials()
    }

    /// From the texts of a configuration file.
    package init(
        url: String, branch: String, credentials: BasicCredentials? = nil, ssh: SSHCredentials? = nil,
        certificateFile: String? = nil
    ) throws(InvalidInput) {
        try self.init(
            address: RemoteAddress(parsing: url), branch: branch, credentials: credentials, ssh: ssh,
            certificateFile: certificateFile)
    }

    /// The full name of the watched reference.
    package var reference: String { "refs/heads/" + branch }

    /// The rules of `git check-ref-format --branch`.
    private static func checkBranch(_ branch: String) throws(InvalidInput) {
        let forbidden = Set("~^:?*[\\ ".unicodeScalars)
        let parts = branch.split(separator: "/", omittingEmptySubsequences: false)
        let sound = parts.allSatisfy { part in
            !part.isEmpty && !part.hasPrefix(".") && !part.hasSuffix(".lock") && !part.hasSuffix(".")
        }
        let plain = branch.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7f && !forbidden.contains($0) }
        guard sound, plain, !branch.hasPrefix("-"), !branch.contains(".."), !branch.contains("@{"), branch != "@",
            branch.utf8.count <= 200
        else {
            let hint = branch.hasPrefix("refs/") ? "; leave 'refs/heads/' out" : ""
            throw InvalidInput("\(branch.quotedForMessage) is not a branch's name; expected a name like 'main'\(hint)")
        }
        guard !branch.hasPrefix("refs/") else {
            throw InvalidInput("\(branch.quotedForMessage) is a reference; write the branch without 'refs/heads/'")
        }
    }

    private func checkCredentials() throws(InvalidInput) {
        switch address {
        case .folder:
            guard credentials == nil, ssh == nil, certificateFile == nil else {
                throw InvalidInput("a repository in a local folder takes no credentials; remove them")
            }
        case .https:
            guard ssh == nil else {
                throw InvalidInput(
                    "an 'https' repository takes a token, not an SSH key; remove 'ssh' or use an 'ssh' address")
            }
        case .ssh:
            guard credentials == nil, certificateFile == nil else {
                throw InvalidInput(
                    "an 'ssh' repository takes a key or an agent, no token and no certificates; remove them")
            }
            guard ssh != nil else {
                throw InvalidInput("an 'ssh' repository needs a key file or an agent; name one in 'ssh'")
            }
        }
        if let secret = credentials?.secret { try Self.check(secret) }
        if case .key(let path, let passphrase) = ssh?.identity {
            guard path.hasPrefix("/") else {
                throw InvalidInput("the SSH key's path \(path.quotedForMessage) is not absolute")
            }
            if let passphrase { try Self.check(passphrase) }
        }
    }

    private static func check(_ secret: SecretReference) throws(InvalidInput) {
        switch secret {
        case .file(let path):
            guard path.hasPrefix("/") else {
                throw InvalidInput("the secret's path \(path.quotedForMessage) is not absolute")
            }
        case .environment(let name):
            let allowed = name.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
            }
            guard allowed, !name.isEmpty, !(48...57).contains(name.utf8.first ?? 48) else {
                throw InvalidInput(
                    "\(name.count > 24 ? "the text given" : name.quotedForMessage) is not an environment variable's name; "
                        + "name the variable that holds the secret, not the secret")
            }
        }
    }
}

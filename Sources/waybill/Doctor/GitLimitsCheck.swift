import WaybillGit

/// What Debian's libgit2 cannot do, so that nobody has to find it out from an error. The same as in `docs/git.md`.
struct GitLimitsCheck: Check {
    func run(_ configuration: WaybillConfiguration) async -> [Finding] {
        let version = LibGit2Features.installed.version
        return Self.limits.map { limit in
            .ok("libgit2", "\(version): \(limit.limit) (\(limit.error))", remedy: limit.remedy)
        }
    }

    /// What it cannot do, how that shows, and what to do.
    static let limits: [(limit: String, error: String, remedy: String)] = [
        (
            "no TLS 1.3", "TLSFailed: no secure connection",
            "allow TLS 1.2 at the server, or use an ssh address"
        ),
        (
            "no certificate for a numeric address", "CertificateUntrusted: cannot be checked against a numeric address",
            "use the server's name in the address"
        ),
        (
            "no RSA host keys of today", "SSHUnsupported: no common algorithm with the server",
            "give the server an Ed25519 or ECDSA host key"
        ),
        (
            "no RSA user keys", "RemoteUnauthorized: it refused the key", "use an Ed25519 or ECDSA key"
        ),
        (
            "no SHA-256 repositories", "RepositoryUnsupported: cannot read this repository",
            "a repository with SHA-1 ids"
        ),
        (
            "no shallow fetch", "a slow first fetch; FetchTooLarge past repository.sizeLimit",
            "keep model weights out of the history"
        ),
        (
            "no protocol version 2", "each look at a remote lists all its references",
            "a longer repository.pollInterval and a webhook"
        ),
        (
            "no time-out of its own", "RemoteTimeout at the helper's deadline",
            "look at the server and the way to it; raise repository.timeout for a very large repository"
        ),
    ]
}

import CLibgit2
import Glibc
import WaybillCore

/// Says in our words what libgit2 reported of a remote. The library has few codes: where it has none, its category and,
/// for the status of an HTTP answer alone, its text decide.
struct RemoteFailure {
    let error: LibGit2Error
    let remote: RemoteConfiguration
    let scratch: String

    init(_ error: LibGit2Error, remote: RemoteConfiguration, scratch: String) {
        self.error = error
        self.remote = remote
        self.scratch = scratch
    }

    var failure: Failure {
        if FreeSpace.isExhausted(at: scratch) || error.message.contains(String(cString: strerror(ENOSPC))) {
            return FreeSpace.failure(at: scratch)
        }
        if error.isCode(GIT_ECERTIFICATE) { return certificate }
        if error.isCode(GIT_EAUTH) { return unauthorized }
        switch remote.address {
        case .folder: return folder
        case .https: return https
        case .ssh: return ssh
        }
    }

    private func make(_ disposition: Disposition, _ reason: String, _ words: String) -> Failure {
        Failure(disposition, reason: reason, message: "\(remote.address): \(words)")
    }

    private var certificate: Failure {
        let store = remote.certificateFile.map { "the certificates of '\($0)'" } ?? "the system's certificates"
        if case .https(let host, _, _) = remote.address, Self.isNumeric(host) {
            return make(
                .stall, "CertificateUntrusted",
                "the server's certificate cannot be checked against a numeric address (\(error.message)); libgit2 here "
                    + "compares names only: use the server's name")
        }
        return make(
            .stall, "CertificateUntrusted",
            "the server's certificate is not signed by \(store), or is not for this host (\(error.message)); name the "
                + "authority's certificate in 'certificateFile', or install ca-certificates")
    }

    private var unauthorized: Failure {
        make(.stall, "RemoteUnauthorized", "the remote refuses access (\(error.message)); check the credentials")
    }

    private var folder: Failure {
        if error.isCode(GIT_ENOTFOUND) && (error.isOf(GIT_ERROR_REPOSITORY) || error.isOf(GIT_ERROR_OS)) {
            return make(.stall, "RemoteNotFound", "there is no git repository in this folder; check the path")
        }
        if error.isOf(GIT_ERROR_REPOSITORY) {
            return make(
                .stall, "RemoteUnsupported",
                "libgit2 \(LibGit2Features.version) cannot read this repository (\(error.message))"
            )
        }
        if error.isCode(GIT_ENOTFOUND) && error.isOf(GIT_ERROR_ODB) {
            return make(
                .stall, "RemoteIncomplete",
                "the repository lacks an object that its branch needs (\(error.message)); it is damaged, or a shallow clone: "
                    + "run `git fsck` there. Nothing of this fetch was kept")
        }
        if error.isOf(GIT_ERROR_TREE) || error.isOf(GIT_ERROR_OBJECT) {
            return make(
                .stall, "RemoteInvalid",
                "the branch names an object that git would refuse (\(error.message)); run `git fsck` there. Nothing of this "
                    + "fetch was kept")
        }
        return make(
            .retry, "RemoteUnreadable",
            "the repository cannot be read (\(error.message)); if that stays, run `git fsck` there")
    }

    private var https: Failure {
        if let status = Self.status(in: error.message) { return answer(status) }
        if error.isOf(GIT_ERROR_SSL) {
            return make(
                .retry, "TLSFailed",
                "no secure connection (\(error.message)); libgit2 here speaks TLS 1.0 to 1.2, so a server that takes only "
                    + "TLS 1.3 must allow 1.2, or use an 'ssh' address")
        }
        if error.message.hasPrefix("cannot redirect") || error.message.contains("redirect") {
            return make(
                .stall, "RemoteMoved",
                "the server sends elsewhere (\(error.message)); set the repository's address to the new place")
        }
        return unreachable
    }

    private func answer(_ status: Int) -> Failure {
        switch status {
        case 404, 410:
            make(.stall, "RemoteNotFound", "the server has no such repository (HTTP \(status)); check the address")
        case 401, 403:
            make(.stall, "RemoteUnauthorized", "the server refuses access (HTTP \(status)); check the credentials")
        default:
            make(.retry, "RemoteUnreachable", "the server answered with HTTP \(status); it is tried again")
        }
    }

    private var ssh: Failure {
        if error.message.contains("exchange encryption keys") {
            return make(
                .stall, "SSHUnsupported",
                "no common algorithm with the server (\(error.message)); libssh2 1.10 needs an Ed25519 or ECDSA host key there"
            )
        }
        if error.message.contains("read private key") || error.message.contains("Unable to extract public key") {
            return make(
                .stall, "CredentialInvalid",
                "the SSH key cannot be used (\(error.message)); it must be an Ed25519 or ECDSA key in OpenSSH format, with the "
                    + "right passphrase")
        }
        let words = error.message.lowercased()
        if ["not appear to be a git repository", "not found", "could not be found"].contains(where: words.contains) {
            return make(
                .stall, "RemoteNotFound",
                "the server has no such repository (\(error.message)); check the path, and that this "
                    + "key may read it")
        }
        return unreachable
    }

    /// Whether a host is an IP address.
    private static func isNumeric(_ host: String) -> Bool {
        host.contains(":") || host.utf8.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
    }

    private var unreachable: Failure {
        if error.isOf(GIT_ERROR_INDEXER) || error.isOf(GIT_ERROR_ZLIB) || error.isOf(GIT_ERROR_ODB) {
            return make(
                .retry, "RemoteInvalid",
                "what the remote sent is not a sound pack (\(error.message)); nothing of it was kept")
        }
        return make(
            .retry, "RemoteUnreachable",
            "the remote cannot be reached, or broke off (\(error.message)); it is tried again")
    }

    /// The status in libgit2's "unexpected http status code: 404".
    private static func status(in message: String) -> Int? {
        let prefix = "unexpected http status code: "
        guard message.hasPrefix(prefix) else { return nil }
        return Int(message.dropFirst(prefix.count))
    }
}

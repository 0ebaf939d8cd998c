import CLibgit2
import Crypto
import FoundationEssentials
import Glibc
import WaybillCore

/// What libgit2 asks while it talks to the remote. Each callback finds its session through the payload.
extension RemoteSession {
    func callbacks() -> git_remote_callbacks {
        var callbacks = git_remote_callbacks()
        git_remote_init_callbacks(&callbacks, UInt32(GIT_REMOTE_CALLBACKS_VERSION))
        callbacks.payload = Unmanaged.passUnretained(self).toOpaque()
        callbacks.credentials = { out, _, user, allowed, payload in
            RemoteSession.from(payload).provideCredentials(out, user: user, allowed: allowed)
        }
        callbacks.certificate_check = { certificate, valid, host, payload in
            RemoteSession.from(payload).judge(certificate, isValid: valid != 0)
        }
        callbacks.transfer_progress = { progress, payload in
            guard let progress else { return 0 }
            return RemoteSession.from(payload).note(received: progress.pointee.received_bytes)
        }
        callbacks.push_update_reference = { _, status, payload in
            if let status { RemoteSession.from(payload).pushRefusal = String(cString: status) }
            return 0
        }
        return callbacks
    }

    func connectOptions() -> git_remote_connect_options {
        var options = git_remote_connect_options()
        git_remote_connect_options_init(&options, UInt32(GIT_REMOTE_CONNECT_OPTIONS_VERSION))
        options.callbacks = callbacks()
        options.proxy_opts.type = GIT_PROXY_AUTO
        // A redirect to another host would take the token there; one on the same host is followed.
        options.follow_redirects = GIT_REMOTE_REDIRECT_NONE
        return options
    }

    /// Counts what came, and waits while that was more than the rate allows: the remote is not read meanwhile. A negative code stops
    /// the transfer.
    func note(received bytes: Int) -> Int32 {
        received = max(received, bytes)
        guard received > request.byteLimit else {
            if let delay = pace?.delay(received: bytes, now: .now) {
                usleep(UInt32(clamping: delay.milliseconds * 1000))
            }
            return 0
        }
        refusal = Failure(
            .stall, reason: "FetchTooLarge",
            message: "\(address): the remote sent more than \(request.byteLimit) bytes; \(advice), or raise the limit")
        return GIT_EUSER.rawValue
    }

    private var advice: String {
        switch request.operation {
        case .collect: "keep large files out of its history"
        case .statements: "keep approvals small, one file a ref"
        case .head, .fetch, .publish, .resolve: "keep model weights out of the fleet repository's history"
        }
    }

    private static func from(_ payload: UnsafeMutableRawPointer?) -> RemoteSession {
        guard let payload else { preconditionLost() }
        return Unmanaged<RemoteSession>.fromOpaque(payload).takeUnretainedValue()
    }

    /// The library was given a payload with every callback; without one nothing in this process can be trusted.
    private static func preconditionLost() -> Never { exit(70) }
}

extension RemoteSession {
    private func provideCredentials(
        _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>?, user: UnsafePointer<CChar>?,
        allowed: UInt32
    ) -> Int32 {
        // libssh2 first asks under which name; that is no question for a proof.
        if allowed & GIT_CREDENTIAL_USERNAME.rawValue != 0, case .ssh(let name, _, _, _) = remote.address {
            return git_credential_username_new(out, name)
        }
        timesAsked += 1
        guard timesAsked == 1 else { return refuse(unauthorized()) }
        if let credentials = remote.credentials, let password = secrets.password,
            allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT.rawValue != 0
        {
            return git_credential_userpass_plaintext_new(out, credentials.username, password)
        }
        if let ssh = remote.ssh, case .ssh(let name, _, _, _) = remote.address,
            allowed & GIT_CREDENTIAL_SSH_KEY.rawValue != 0
        {
            switch ssh.identity {
            case .agent: return git_credential_ssh_key_from_agent(out, name)
            case .key(let path, _): return git_credential_ssh_key_new(out, name, nil, path, secrets.passphrase)
            }
        }
        return refuse(unauthorized())
    }

    private func refuse(_ failure: Failure) -> Int32 {
        refusal = failure
        return GIT_EAUTH.rawValue
    }

    /// The remote does not take what we have, or asks for what we do not have.
    func unauthorized() -> Failure {
        let advice: String
        switch (remote.address, remote.credentials, remote.ssh?.identity) {
        case (.https, let credentials?, _):
            advice =
                "it refused the secret of \(credentials.secret) (user '\(credentials.username)'); check that it is not "
                + "expired and may read this repository"
        case (.https, nil, _):
            advice =
                "it asks for a token and none is configured (some servers answer so for a repository that does not "
                + "exist); name one in 'credentials'"
        case (.ssh(let user, _, _, _), _, .key(let path, _)?):
            advice =
                "it refused the key '\(path)' for user '\(user)'; give the server its public half, and use Ed25519 or "
                + "ECDSA (RSA keys do not work with libssh2 1.10)"
        case (.ssh(let user, _, _, _), _, _):
            advice =
                "it refused every key of the SSH agent for user '\(user)'; add one with ssh-add, and use Ed25519 or ECDSA"
        case (.folder, _, _): advice = "the folder asks for credentials"
        }
        return Failure(.stall, reason: "RemoteUnauthorized", message: "\(address): \(advice)")
    }

    private func judge(_ certificate: UnsafeMutablePointer<git_cert>?, isValid: Bool) -> Int32 {
        guard let certificate, certificate.pointee.cert_type == GIT_CERT_HOSTKEY_LIBSSH2 else {
            // TLS: the library's verdict stands, and its words say what is wrong with the certificate.
            return isValid ? 0 : GIT_PASSTHROUGH.rawValue
        }
        guard case .ssh(_, let host, let port, _) = remote.address else { return GIT_ECERTIFICATE.rawValue }
        let hostKey = UnsafeRawPointer(certificate).assumingMemoryBound(to: git_cert_hostkey.self).pointee
        guard hostKey.type.rawValue & GIT_CERT_SSH_RAW.rawValue != 0, let start = hostKey.hostkey else {
            return GIT_ECERTIFICATE.rawValue
        }
        let key = Array(UnsafeRawBufferPointer(start: start, count: hostKey.hostkey_len))
        let check = HostKeyCheck(host: host, port: port, key: key, files: remote.ssh?.knownHosts ?? [])
        guard let failure = check.failure(of: knownHosts(host: host, port: port).verdict(on: key)) else { return 0 }
        refusal = failure
        return GIT_ECERTIFICATE.rawValue
    }
}

/// The words for a host key that is not trusted.
struct HostKeyCheck {
    let host: String
    let port: Int
    let key: [UInt8]
    let files: [String]

    func failure(of verdict: KnownHosts.Verdict) -> Failure? {
        switch verdict {
        case .trusted: nil
        case .unknown:
            Failure(
                .stall, reason: "HostKeyUnknown",
                message:
                    "\(place): the host key \(type) \(fingerprint) is in no known_hosts file; compare it with what the "
                    + "server's owner publishes, then add it: \(scan)")
        case .changed(let types):
            Failure(
                .stall, reason: "HostKeyChanged",
                message: "\(place): the host key \(type) \(fingerprint) is not the one in known_hosts "
                    + "(\(types.joined(separator: ", "))); the server was changed, or someone stands between. Ask its owner; if "
                    + "the change is right: ssh-keygen -R '\(name)' -f '\(file)', then \(scan)")
        case .revoked:
            Failure(
                .stall, reason: "HostKeyRevoked",
                message:
                    "\(place): the host key \(type) \(fingerprint) is marked @revoked in known_hosts; ask the server's owner"
            )
        }
    }

    private var place: String { port == 22 ? host : "\(host):\(port)" }
    private var name: String { port == 22 ? host : "[\(host)]:\(port)" }
    private var file: String { files.first ?? "~/.ssh/known_hosts" }
    private var scan: String { "ssh-keyscan \(port == 22 ? "" : "-p \(port) ")\(host) >> '\(file)'" }

    /// As `ssh-keygen -l` shows it.
    private var fingerprint: String {
        let digest = Data(SHA256.hash(data: Data(key))).base64EncodedString()
        return "SHA256:" + digest.filter { $0 != "=" }
    }

    /// The type that an SSH key's bytes begin with (RFC 4253, section 6.6).
    private var type: String {
        let length = key.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard key.count >= 4 + length, length <= 64 else { return "of unknown type" }
        return String(decoding: key[4..<(4 + length)], as: UTF8.self)
    }
}

import Foundation
import WaybillCore
import WaybillGit
import WaybillLedger

extension WaybillConfiguration {
    /// The mirror of the configured repository.
    func mirror(in folder: StateFolder) throws -> MirrorRepository {
        guard let url = repository.url else {
            throw Failure(
                .stall, reason: "NoRepository",
                message: "no fleet repository is set; name one in waybill.yaml (repository.url) or with --repository")
        }
        let address = try RemoteAddress(parsing: url)
        let remote = try RemoteConfiguration(
            address: address, branch: repository.branch, credentials: credentials, ssh: try sshCredentials(address),
            certificateFile: repository.caFile)
        let limits = TransferLimits(
            headDeadline: min(repository.timeout, .seconds(30)), transferDeadline: repository.timeout,
            bytes: Int(repository.sizeLimit))
        return try MirrorRepository(folder: folder.git, remote: remote, limits: limits)
    }

    var credentials: BasicCredentials? {
        let secret =
            repository.tokenFile.map(SecretReference.file) ?? repository.tokenVariable.map(SecretReference.environment)
        return secret.map { secret in
            repository.username.map { BasicCredentials(username: $0, secret: secret) }
                ?? BasicCredentials(secret: secret)
        }
    }

    func sshCredentials(_ address: RemoteAddress) throws -> SSHCredentials? {
        guard case .ssh = address else { return nil }
        let passphrase = repository.sshPassphraseFile.map(SecretReference.file)
        let identity =
            repository.sshKey.map { SSHCredentials.Identity.key(path: $0, passphrase: passphrase) } ?? .agent
        return SSHCredentials(
            identity: identity, knownHosts: repository.knownHosts.map { [$0] } ?? Self.usualKnownHosts)
    }

    /// OpenSSH's own: the user's, then the machine's.
    private static var usualKnownHosts: [String] {
        let home = ProcessInfo.processInfo.environment["HOME"].map { [$0 + "/.ssh/known_hosts"] } ?? []
        return home + ["/etc/ssh/ssh_known_hosts"]
    }

    /// How the repository is shown to people: it never holds a secret, since URLs with one are refused.
    var repositoryDescription: String { repository.url ?? "" }

    /// Without a mirror, checkpoints go to files only: those of a git remote get the next one from the controller.
    func ledgerSettings(in folder: StateFolder, repository mirror: MirrorRepository?) throws -> LedgerSettings {
        var settings = LedgerSettings(folder: folder.ledger)
        settings.anchorInterval = anchorInterval
        settings.now = { SystemClock().now() }
        let places = try anchorPlaces(in: folder)
        settings.sinks = places.compactMap { $0.sink(mirror) }
        // What was kept outside must be in the journal: a state folder restored from an old backup is refused.
        for case .file(let path) in places {
            if let note = try FileSink.read(path) { settings.knownCheckpoints.append(note) }
        }
        return settings
    }

    /// The configured anchors, and a file in any case: unless they name one, that beside the ledger.
    func anchorPlaces(in folder: StateFolder) throws(InvalidInput) -> [CheckpointAnchor] {
        let places = try anchors.map { text throws(InvalidInput) in try CheckpointAnchor(parsing: text) }
        return (places.contains(where: \.isFile) ? [] : [.file(folder.anchor)]) + places
    }
}

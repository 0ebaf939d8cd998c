import WaybillCore
import WaybillForge

extension ConfigurationField {
    /// Every setting, in the order of the reference. `waybill.yaml` has these members and no others; a member `a.b` is
    /// `b` inside the object `a`.
    static let all: [ConfigurationField] = top + repository + sources + serving + packaging + ledger + forge

    static func named(_ path: String) -> ConfigurationField? { all.first { $0.path == path } }

    private static let top: [ConfigurationField] = [
        ConfigurationField(
            "state", .path, nil,
            "Folder of the controller's state; one controller a folder. Default: /var/lib/waybill for root, else "
                + "~/.local/state/waybill."),
        ConfigurationField("workers", .integer(1...256), 8, "Deployments worked on at once."),
        ConfigurationField("log.level", .choice(["debug", "info", "warning", "error"]), "info", "Least level logged."),
        ConfigurationField(
            "log.format", .choice(["auto", "human", "json"]), "auto",
            "Form of log lines; auto is human on a terminal and json otherwise."),
    ]

    private static let repository: [ConfigurationField] = [
        ConfigurationField(
            "repository.url", .text, nil,
            "The fleet repository: a path, file://, https://, ssh:// or user@host:path."),
        ConfigurationField("repository.branch", .text, "main", "The watched branch."),
        ConfigurationField(
            "repository.path", .repositoryFolder, nil, "Folder of the manifests in it; default: its top."),
        ConfigurationField(
            "repository.pollInterval", .duration(.seconds(1)...(.seconds(86_400))), 30_000,
            "How often the remote is asked."),
        ConfigurationField(
            "repository.timeout", .duration(.seconds(1)...(.seconds(3600))), 60_000, "Deadline of one fetch."),
        ConfigurationField("repository.sizeLimit", .bytes, .integer(1 << 30), "The most bytes of one fetch."),
        ConfigurationField(
            "repository.caFile", .path, nil, "Certificates to trust for https, instead of the system's."),
        ConfigurationField("repository.username", .text, nil, "User for https with a token or password."),
        ConfigurationField("repository.tokenFile", .path, nil, "File with the token or password for https."),
        ConfigurationField(
            "repository.tokenVariable", .text, nil, "Environment variable with the token or password for https."),
        ConfigurationField("repository.sshKey", .path, nil, "Private key for ssh; default: the agent's keys."),
        ConfigurationField(
            "repository.sshPassphraseFile", .path, nil, "File with the passphrase of `repository.sshKey`."),
        ConfigurationField(
            "repository.knownHosts", .path, nil, "Host keys for ssh; default: ~/.ssh/known_hosts."),
    ]

    private static let serving: [ConfigurationField] = [
        ConfigurationField("ports", .range(1024...65_535), "20000-20999", "Ports that replicas may be given."),
        ConfigurationField(
            "isolation.users", .range(1000...4_000_000_000), "610000-610999",
            "User ids that replicas run as when the controller is root."),
        ConfigurationField(
            "isolation.secretFolders", .list, nil,
            "The only folders that `valueFrom: {file}` may read from, links followed. Default: any that is not kept from "
                + "replicas."),
        ConfigurationField(
            "environments.folder", .path, nil,
            "Folder of Python environments that several controllers of one user share; none is removed from it. "
                + "Default: one in the state folder, without those that nothing needs."),
        ConfigurationField("gateway.address", .address, "127.0.0.1:8080", "Where applications call models."),
        ConfigurationField("gateway.start", .boolean, true, "Whether `waybill run` starts the gateway."),
        ConfigurationField(
            "gateway.insecure", .boolean, false,
            "Allows an address that other machines can reach, without authentication."),
        ConfigurationField(
            "gateway.accessLog", .path, nil,
            "File that the gateway writes a line of JSON to for each request. Default: none."),
        ConfigurationField("metrics.address", .address, "127.0.0.1:9464", "Where health, metrics and webhooks are."),
        ConfigurationField(
            "webhook.secretFile", .path, nil,
            "File with the secret of the forge's webhook; without it there is no webhook."),
    ]

    private static let packaging: [ConfigurationField] = [
        ConfigurationField(
            "packaging.keep", .integer(0...10_000), 3,
            "Newest bundles of each model that stay in the content store whatever is deployed."),
        ConfigurationField(
            "packaging.retain", .list, nil,
            "Versions whose bundles stay whatever is deployed: MODEL@VERSION, with '*' for any characters."),
    ]

    private static let ledger: [ConfigurationField] = [
        ConfigurationField(
            "ledger.anchors", .list, nil,
            "Where checkpoints go: file:PATH, git:REF or an http(s) address. Without a file among them also to "
                + "anchor/checkpoint in the state folder; another machine proves more."),
        ConfigurationField(
            "ledger.anchorInterval", .duration(.seconds(1)...(.seconds(86_400))), 10_000,
            "How often a checkpoint is sent there at most."),
    ]

    private static let forge: [ConfigurationField] = [
        ConfigurationField(
            "forge.kind", .choice(ForgeKind.allCases.map(\.rawValue)), nil,
            "Which API the forge speaks; Forgejo is gitea. Without it commands ask no forge."),
        ConfigurationField(
            "forge.url", .text, nil,
            "Where its API begins, as in https://git.example.org/api/v1. Default for github: https://api.github.com."),
        ConfigurationField("forge.repository", .text, nil, "The fleet repository there, OWNER/NAME."),
        ConfigurationField(
            "forge.tokenFile", .path, nil, "File with the token, which nobody but its owner can read."),
        ConfigurationField(
            "forge.caFile", .path, nil, "Certificates to trust for it besides the system's, in PEM form."),
    ]
}

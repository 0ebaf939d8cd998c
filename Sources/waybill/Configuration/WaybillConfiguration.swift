import WaybillCore
import WaybillPackage

/// How the controller and the commands are set up: flags over environment over `waybill.yaml` over the standard.
struct WaybillConfiguration: Hashable, Sendable {
    var stateFolder: String
    var workers: Int
    var logLevel: String
    var logFormat: String
    var repository: Repository
    var sources: Sources
    var ports: ClosedRange<Int>
    var isolationUsers: ClosedRange<UInt32>
    /// Folders that `valueFrom: {file}` may read from; empty: anywhere that is not hidden.
    var secretFolders: [String]
    /// Every file that a setting names as the place of a secret: no replica may see it, and no manifest name it.
    var secretFiles: [String]
    /// Nil: in the state folder.
    var environmentsFolder: String?
    var gateway: SocketAddressText
    var startsGateway: Bool
    var isGatewayInsecure: Bool
    var gatewayAccessLog: String?
    var metrics: SocketAddressText
    var webhookSecretFile: String?
    var retention: Retention
    var anchors: [String]
    var anchorInterval: Duration
    /// Nil: commands ask no forge.
    var forge: ForgeAccess?

    struct Repository: Hashable, Sendable {
        /// Nil when none is set; only `run` needs one.
        var url: String?
        var branch: String
        /// Empty is the top of the repository.
        var path: String
        var pollInterval: Duration
        var timeout: Duration
        var sizeLimit: Int64
        var caFile: String?
        var username: String?
        var tokenFile: String?
        var tokenVariable: String?
        var sshKey: String?
        var sshPassphraseFile: String?
        var knownHosts: String?
    }

    /// Takes each setting from the first layer that has it.
    ///
    /// - Throws: `InvalidInput` when settings contradict each other.
    init(layers: [ConfigurationLayer], standardState: String) throws(InvalidInput) {
        let settings = Settings(layers: layers)
        stateFolder = settings.path("state") ?? standardState
        workers = Int(settings.number("workers"))
        logLevel = settings.text("log.level") ?? "info"
        logFormat = settings.text("log.format") ?? "auto"
        repository = Repository(settings)
        sources = try Sources(settings)
        ports = Self.range(settings.text("ports"), or: 20000...20999)
        isolationUsers = Self.range(settings.text("isolation.users"), or: 610_000...610_999)
        secretFolders = settings.list("isolation.secretFolders")
        secretFiles = settings.secretFiles(credentials: sources.credentials)
        environmentsFolder = settings.path("environments.folder")
        gateway = try settings.address("gateway.address")
        startsGateway = settings.flag("gateway.start")
        isGatewayInsecure = settings.flag("gateway.insecure")
        gatewayAccessLog = settings.path("gateway.accessLog")
        metrics = try settings.address("metrics.address")
        webhookSecretFile = settings.path("webhook.secretFile")
        retention = Retention(
            newest: Int(settings.number("packaging.keep")),
            versions: try settings.list("packaging.retain").map { text throws(InvalidInput) in
                do throws(InvalidInput) { return try VersionPattern(parsing: text) } catch {
                    throw InvalidInput("packaging.retain: \(error.message)")
                }
            })
        anchors = settings.list("ledger.anchors")
        anchorInterval = settings.duration("ledger.anchorInterval")
        forge = try ForgeAccess(settings)
        try refuseContradictions()
    }

    private func refuseContradictions() throws(InvalidInput) {
        if repository.tokenFile != nil && repository.tokenVariable != nil {
            throw InvalidInput("repository.tokenFile and repository.tokenVariable are both set; keep one of them")
        }
        if repository.sshPassphraseFile != nil && repository.sshKey == nil {
            throw InvalidInput(
                "repository.sshPassphraseFile is set and repository.sshKey is not; name the key that it opens")
        }
        for folder in secretFolders {
            if let problem = CleanPath.problemOfAbsolute(folder) {
                throw InvalidInput("isolation.secretFolders: \(problem)")
            }
        }
        for anchor in anchors {
            do { _ = try CheckpointAnchor(parsing: anchor) } catch {
                throw InvalidInput("ledger.anchors: \(error.message)")
            }
        }
        if !gateway.isLoopback && !isGatewayInsecure {
            throw InvalidInput(
                "gateway.address is \(gateway), which other machines can reach, and the gateway does not ask who calls; "
                    + "use a loopback address behind a proxy of your own, or set gateway.insecure")
        }
        if gateway.port != 0 && gateway == metrics {
            throw InvalidInput("gateway.address and metrics.address are both \(gateway); choose two")
        }
        if ports.contains(gateway.port) || ports.contains(metrics.port) {
            throw InvalidInput(
                "the ports of replicas (\(ports.lowerBound)-\(ports.upperBound)) contain a port of gateway or metrics")
        }
    }

    private static func range<Number: FixedWidthInteger>(
        _ text: String?, or standard: ClosedRange<Number>
    ) -> ClosedRange<Number> {
        guard let range = text.flatMap(Quantity.range), let first = Number(exactly: range.lowerBound),
            let last = Number(exactly: range.upperBound)
        else { return standard }
        return first...last
    }
}

extension WaybillConfiguration.Repository {
    fileprivate init(_ settings: Settings) {
        // A local path is meant from where it is written down, as every other path.
        let url = settings.text("repository.url")
        let isPath = url.map { !$0.contains(":") } ?? false
        self.url = isPath ? settings.path("repository.url") : url
        branch = settings.text("repository.branch") ?? "main"
        path = settings.text("repository.path") ?? ""
        pollInterval = settings.duration("repository.pollInterval")
        timeout = settings.duration("repository.timeout")
        sizeLimit = settings.number("repository.sizeLimit")
        caFile = settings.path("repository.caFile")
        username = settings.text("repository.username")
        tokenFile = settings.path("repository.tokenFile")
        tokenVariable = settings.text("repository.tokenVariable")
        sshKey = settings.path("repository.sshKey")
        sshPassphraseFile = settings.path("repository.sshPassphraseFile")
        knownHosts = settings.path("repository.knownHosts")
    }
}

/// The settings of all layers, by path.
struct Settings {
    let layers: [ConfigurationLayer]

    func value(_ path: String) -> Value? {
        layers.lazy.compactMap { $0.values[path] }.first ?? ConfigurationField.named(path)?.standard
    }

    func text(_ path: String) -> String? { value(path)?.string }
    func number(_ path: String) -> Int64 { value(path)?.integer ?? 0 }
    func flag(_ path: String) -> Bool { value(path)?.bool ?? false }
    func duration(_ path: String) -> Duration { .milliseconds(number(path)) }
    func list(_ path: String) -> [String] { value(path)?.list?.compactMap(\.string) ?? [] }

    /// An absolute path.
    func path(_ path: String) -> String? {
        for layer in layers {
            guard let text = layer.values[path]?.string else { continue }
            return text.hasPrefix("/") ? text : layer.folder + "/" + text
        }
        return nil
    }

    func address(_ path: String) throws(InvalidInput) -> SocketAddressText {
        guard let address = text(path).flatMap(SocketAddressText.init) else {
            throw InvalidInput("\(path) is missing")
        }
        return address
    }
}

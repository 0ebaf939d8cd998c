import WaybillCore
import WaybillPackage

extension WaybillConfiguration {
    /// How model files are fetched from other machines.
    struct Sources: Hashable, Sendable {
        var credentials: [HTTPCredential]
        var hosts: [HostPattern]
        var plainHosts: [HostPattern]
        var caFile: String?
        /// Nil: as `.lfsconfig` or the repository's address says.
        var lfs: WebAddress?
        /// Folders that `file:` sources must be below; empty: anywhere.
        var fileRoots: [String]
        /// An address, or `none`; nil: as the environment says.
        var proxy: String?
        var concurrency: Int
        /// Bytes each second.
        var rate: Int64?
        var sizeLimit: Int64
        var idleTimeout: Duration
        /// Nil: as the environment says.
        var huggingFace: WebAddress?
        var mlflow: WebAddress?
        var s3: Objects
    }

    /// Where objects of S3 are; what is nil is as the environment says.
    struct Objects: Hashable, Sendable {
        var endpoint: WebAddress?
        var region: String?
        var usesPaths: Bool?
        var profile: String?
    }
}

extension WaybillConfiguration.Sources {
    /// What fetching may take.
    var bounds: SourceBounds { SourceBounds(concurrency: concurrency, versionBytes: sizeLimit) }

    init(_ settings: Settings) throws(InvalidInput) {
        credentials = try settings.parsed("sources.credentials") { text throws(InvalidInput) in
            try HTTPCredential(parsing: text)
        }
        hosts = try settings.parsed("sources.hosts") { text throws(InvalidInput) in try HostPattern(parsing: text) }
        plainHosts = try settings.parsed("sources.plainHosts") { text throws(InvalidInput) in
            try HostPattern(parsing: text)
        }
        caFile = settings.path("sources.caFile")
        fileRoots = settings.list("sources.fileRoots")
        proxy = settings.text("sources.proxy")
        concurrency = Int(settings.number("sources.concurrency"))
        rate = settings.value("sources.rate")?.integer
        sizeLimit = settings.number("sources.sizeLimit")
        idleTimeout = settings.duration("sources.idleTimeout")
        huggingFace = try settings.address(of: "sources.huggingFace")
        lfs = try settings.address(of: "sources.lfs")
        mlflow = try settings.address(of: "sources.mlflow")
        s3 = WaybillConfiguration.Objects(
            endpoint: try settings.address(of: "sources.s3.endpoint"), region: settings.text("sources.s3.region"),
            usesPaths: settings.value("sources.s3.pathStyle")?.bool, profile: settings.text("sources.s3.profile"))
        if let rate, rate < 64 << 10 {
            throw InvalidInput(
                "sources.rate is \(rate) bytes a second, too few for a transfer to go on; at least 64KiB")
        }
        for root in fileRoots {
            if root != "/", let problem = CleanPath.problemOfAbsolute(root) {
                throw InvalidInput("sources.fileRoots: \(problem)")
            }
        }
        if let proxy {
            // Its message begins with the setting.
            _ = try ProxyRules(environment: [:], configured: proxy)
        }
    }
}

extension Settings {
    /// The places of secrets: every setting whose name says that it is one, whatever else is set, and those that credentials
    /// of sources name.
    func secretFiles(credentials: [HTTPCredential]) -> [String] {
        let named = ConfigurationField.all.filter(\.namesSecret).compactMap { path($0.path) }
        let given = credentials.compactMap { credential -> String? in
            if case .file(let path) = credential.place { path } else { nil }
        }
        return named + given
    }

    fileprivate func parsed<Parsed>(
        _ path: String, _ parse: (String) throws(InvalidInput) -> Parsed
    ) throws(InvalidInput) -> [Parsed] {
        do throws(InvalidInput) {
            return try list(path).map { text throws(InvalidInput) in try parse(text) }
        } catch { throw InvalidInput("\(path): \(error.message)") }
    }

    fileprivate func address(of path: String) throws(InvalidInput) -> WebAddress? {
        guard let text = text(path) else { return nil }
        do throws(InvalidInput) { return try WebAddress(parsing: text) } catch {
            throw InvalidInput("\(path): \(error.message)")
        }
    }
}

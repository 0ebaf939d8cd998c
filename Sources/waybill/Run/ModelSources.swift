import WaybillCore
import WaybillGit
import WaybillPackage

/// The sources of model files that this program reads, put together from the configuration and the environment.
enum ModelSources {
    /// - Throws: `InvalidConfiguration` when a setting or a variable cannot be used.
    ///
    /// - Parameters:
    ///   - scratch: a folder for repositories while they are read, of this process alone; made when it is needed, removed at the end.
    ///   - refusing: real folders whose repositories are never a source, such as the state folder.
    static func readers(
        _ configuration: WaybillConfiguration, _ variables: [String: String], scratch: String, refusing: [String]
    ) throws(Failure) -> SourceReaders {
        let settings = configuration.sources
        let http = try transport(settings, variables)
        let access = RepositoryAccess(configuration: configuration, refusing: refusing)
        let limits = TransferLimits(
            headDeadline: min(configuration.repository.timeout, .seconds(30)),
            transferDeadline: configuration.repository.timeout, bytes: Int(configuration.repository.sizeLimit))
        return SourceReaders(
            [
                .https: HTTPSSource(http),
                .oci: OCISource(RegistryClient(http, logins: try DockerLogins.ofThisUser(variables))),
            ],
            repositories: OtherRepositories(folder: scratch, limits: limits) { (address) throws(Failure) in
                try access.remote(address)
            },
            fileRoots: access.fileRoots,
            bounds: SourceBounds(concurrency: settings.concurrency, versionBytes: settings.sizeLimit))
    }

    /// What speaks HTTP with sources and registries.
    static func transport(
        _ settings: WaybillConfiguration.Sources, _ variables: [String: String]
    ) throws(Failure) -> HTTPTransport {
        var http = HTTPSettings()
        http.deadlines.idle = settings.idleTimeout
        http.caFile = settings.caFile
        http.credentials = settings.credentials
        http.hosts = settings.hosts
        http.plainHosts = settings.plainHosts
        http.bytesPerSecond = settings.rate
        do throws(InvalidInput) {
            http.proxies = try ProxyRules(environment: variables, configured: settings.proxy)
        } catch { throw invalid(error.message) }
        return try HTTPTransport(http)
    }

    private static func invalid(_ message: String) -> Failure {
        Failure(.stall, reason: "InvalidConfiguration", message: message)
    }
}

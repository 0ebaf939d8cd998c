import WaybillCore
import WaybillPackage

/// The sources of model files that this program reads, put together from the configuration and the environment.
enum ModelSources {
    /// - Throws: `InvalidConfiguration` when a setting or a variable cannot be used.
    static func readers(
        _ settings: WaybillConfiguration.Sources, _ variables: [String: String]
    ) throws(Failure) -> SourceReaders {
        let http = try transport(settings, variables)
        return SourceReaders(
            [
                .https: HTTPSSource(http),
                .oci: OCISource(RegistryClient(http, logins: try DockerLogins.ofThisUser(variables))),
            ],
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

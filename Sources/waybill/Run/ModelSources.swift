import WaybillCore
import WaybillPackage

/// The sources of model files that this program reads, put together from the configuration and the environment.
enum ModelSources {
    /// - Throws: `InvalidConfiguration` when a setting or a variable cannot be used.
    static func readers(
        _ settings: WaybillConfiguration.Sources, _ variables: [String: String]
    ) throws(Failure) -> SourceReaders {
        let http = try transport(settings, variables)
        let places = try SourceEndpoints(settings, variables)
        return SourceReaders(
            [
                .https: HTTPSSource(http), .huggingFace: HuggingFaceSource(http, endpoint: places.huggingFace),
                .mlflow: MLflowSource(http, endpoint: places.mlflow),
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
        http.credentials = settings.credentials + (try SourceEndpoints(settings, variables)).credentials
        http.hosts = settings.hosts
        http.plainHosts = settings.plainHosts
        http.bytesPerSecond = settings.rate
        do throws(InvalidInput) {
            http.proxies = try ProxyRules(environment: variables, configured: settings.proxy)
        } catch { throw invalid(error.message) }
        return try HTTPTransport(http)
    }

    /// What finds out what moving names mean now, for `waybill pin`.
    static func resolvers(
        _ settings: WaybillConfiguration.Sources, _ variables: [String: String]
    ) throws(Failure) -> [RemoteSource.Scheme: any SourceResolver] {
        let http = try transport(settings, variables)
        let places = try SourceEndpoints(settings, variables)
        return [
            .huggingFace: HuggingFaceResolver(http, endpoint: places.huggingFace),
            .mlflow: MLflowResolver(http, endpoint: places.mlflow),
        ]
    }

    private static func invalid(_ message: String) -> Failure {
        Failure(.stall, reason: "InvalidConfiguration", message: message)
    }
}

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
        let places = try SourceEndpoints(settings, variables)
        return SourceReaders(
            [
                .https: HTTPSSource(http),
                .oci: OCISource(RegistryClient(http, logins: try DockerLogins.ofThisUser(variables))),
                .huggingFace: HuggingFaceSource(http, endpoint: places.huggingFace),
                .mlflow: MLflowSource(http, endpoint: places.mlflow),
                .s3: try objects(settings, variables, http),
            ],
            repositories: repositories(access, scratch),
            fileRoots: access.fileRoots,
            largeFiles: LargeFiles(
                http, remote: configuration.repository.url.flatMap { try? RemoteAddress(parsing: $0) },
                credential: access.fleetCredential, server: settings.lfs,
                hosts: SSHProgram { (address) throws(Failure) in try access.remote(address) }),
            bounds: settings.bounds)
    }

    private static func repositories(_ access: RepositoryAccess, _ scratch: String) -> OtherRepositories {
        let repository = access.configuration.repository
        // A fetch that is held back needs the longer for it.
        let rate = access.configuration.sources.rate
        let held = rate.map { Duration.seconds(repository.sizeLimit / $0) } ?? .zero
        let limits = TransferLimits(
            headDeadline: min(repository.timeout, .seconds(30)), transferDeadline: repository.timeout + held,
            bytes: Int(repository.sizeLimit), bytesPerSecond: rate.map { Int($0) })
        return OtherRepositories(folder: scratch, limits: limits) { (address) throws(Failure) in
            try access.remote(address)
        }
    }

    /// What `waybill pin` asks; `scratch` and `refusing` as above.
    static func pins(
        _ configuration: WaybillConfiguration, _ variables: [String: String], scratch: String, refusing: [String]
    ) throws(Failure) -> SourcePins {
        let settings = configuration.sources
        let http = try transport(settings, variables)
        let files = repositories(RepositoryAccess(configuration: configuration, refusing: refusing), scratch)
        let git = GitPins(files)
        let images = OCISource(RegistryClient(http, logins: try DockerLogins.ofThisUser(variables)))
        let places = try SourceEndpoints(settings, variables)
        let hub = HuggingFacePins(http, endpoint: places.huggingFace)
        let mlflow = MLflowPins(http, endpoint: places.mlflow)
        return SourcePins(
            repositories: files,
            names: [
                .gitHTTPS: git, .gitSSH: git, .gitFile: git, .oci: images, .huggingFace: hub, .mlflow: mlflow,
            ],
            measures: [
                .https: HTTPSSource(http), .gitHTTPS: git, .gitSSH: git, .gitFile: git, .oci: images,
                .huggingFace: hub, .mlflow: mlflow, .s3: try objects(settings, variables, http),
            ])
    }

    /// What speaks with registries, as whoever this user is to them.
    static func registry(
        _ settings: WaybillConfiguration.Sources, _ variables: [String: String]
    ) throws(Failure) -> RegistryClient {
        RegistryClient(try transport(settings, variables), logins: try DockerLogins.ofThisUser(variables))
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

    /// What reads objects of S3 and of stores that speak like it.
    private static func objects(
        _ settings: WaybillConfiguration.Sources, _ variables: [String: String], _ http: HTTPTransport
    ) throws(Failure) -> S3Source {
        do throws(InvalidInput) {
            let places = try S3Settings(
                endpoint: settings.s3.endpoint, region: settings.s3.region, usesPaths: settings.s3.usesPaths,
                profile: settings.s3.profile, variables: variables)
            return S3Source(http, places, now: { SystemClock().now() })
        } catch { throw invalid("S3: \(error.message)") }
    }

    private static func invalid(_ message: String) -> Failure {
        Failure(.stall, reason: "InvalidConfiguration", message: message)
    }
}

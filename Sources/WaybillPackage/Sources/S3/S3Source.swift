import NIOHTTP1
package import WaybillCore

/// Where objects are, as the operator says it.
package struct S3Settings: Sendable {
    /// Of a store other than AWS's.
    package var endpoint: WebAddress?
    package var region: String
    /// Whether the bucket stands in the path rather than in the host; nil: in the path for a store of one's own, and for a bucket
    /// with a dot, whose host no certificate covers.
    package var usesPaths: Bool?
    package var profile: String?
    /// The environment, for what AWS's own tools take from there.
    package var variables: [String: String]

    /// What is not given is taken from the environment.
    package init(
        endpoint: WebAddress? = nil, region: String? = nil, usesPaths: Bool? = nil, profile: String? = nil,
        variables: [String: String]
    ) throws(InvalidInput) {
        self.usesPaths = usesPaths
        self.profile = profile
        self.variables = variables
        self.region =
            region ?? variables["AWS_REGION"] ?? variables["AWS_DEFAULT_REGION"] ?? "us-east-1"
        let isName = self.region.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0) || $0 == 45 }
        guard isName, (1...63).contains(self.region.utf8.count) else {
            throw InvalidInput("\(self.region.quotedForMessage) is no region; expected a name such as 'eu-central-1'")
        }
        guard endpoint == nil, let text = variables["AWS_ENDPOINT_URL_S3"] ?? variables["AWS_ENDPOINT_URL"] else {
            self.endpoint = endpoint
            return
        }
        do throws(InvalidInput) { self.endpoint = try WebAddress(parsing: text) } catch {
            throw InvalidInput("AWS_ENDPOINT_URL: \(error.message)")
        }
    }

    /// The address of an object.
    func address(of object: S3Address) -> WebAddress {
        let isInPath = usesPaths ?? (endpoint != nil || object.bucket.contains("."))
        let store = endpoint ?? WebAddress(scheme: .https, host: "s3.\(region).amazonaws.com")
        let base = store.path.hasSuffix("/") ? String(store.path.dropLast()) : store.path
        let key = Percent.encoded(object.key, keeping: "/")
        let query = object.version.map { "?versionId=\(Percent.encoded($0))" } ?? ""
        if isInPath { return store.with(target: "\(base)/\(object.bucket)/\(key)\(query)") }
        return WebAddress(
            scheme: store.scheme, host: "\(object.bucket).\(store.host)", port: store.port,
            target: "\(base)/\(key)\(query)")
    }
}

/// Reads `s3:` sources: objects of S3 and of stores that speak like it, whole or in parts, signed when there are credentials.
package struct S3Source: SourceReader, SourceMeasure {
    private let transport: HTTPTransport
    private let files: WebFiles
    private let settings: S3Settings
    private let chain: AWSCredentialChain
    private let now: @Sendable () -> Timestamp

    package init(_ transport: HTTPTransport, _ settings: S3Settings, now: @escaping @Sendable () -> Timestamp) {
        self.transport = transport
        files = WebFiles(transport)
        self.settings = settings
        chain = AWSCredentialChain(variables: settings.variables, profile: settings.profile, now: now)
        self.now = now
    }

    package func read(
        _ source: RemoteSource, from offset: Int64, size: Int64,
        into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) {
        let object = try object(source)
        let file = try await file(object)
        do throws(Failure) {
            try await files.read(file, from: offset, size: size, into: sink)
        } catch {
            throw try await diagnosis(of: error, object)
        }
    }

    package func measure(_ source: RemoteSource) async throws(Failure) -> (digest: Digest, size: Int64) {
        let object = try object(source)
        let file = try await file(object)
        do throws(Failure) { return try await files.measure(file) } catch {
            throw try await diagnosis(of: error, object)
        }
    }

    private func file(_ object: S3Address) async throws(Failure) -> WebFile {
        let address = settings.address(of: object)
        return WebFile(
            name: "\(object)", address: address, headers: try await headers(address), mayChange: object.version == nil)
    }

    private func object(_ source: RemoteSource) throws(Failure) -> S3Address {
        do throws(InvalidInput) { return try S3Address(parsing: source.text) } catch {
            throw Failure(.stall, reason: "SourceUnreadable", message: error.message)
        }
    }

    /// What says who asks: nothing without credentials.
    private func headers(_ address: WebAddress) async throws(Failure) -> HTTPHeaders {
        guard let credentials = try await chain.credentials() else { return [:] }
        let time = now().compact
        var headers: [(name: String, value: String)] = [
            ("x-amz-content-sha256", AWSSigner.empty), ("x-amz-date", time),
        ]
        if let token = credentials.token { headers.append(("x-amz-security-token", token)) }
        let authorization = AWSSigner(credentials: credentials, region: settings.region).authorization(
            "GET", address.target, headers: headers + [("host", address.authority)], payload: AWSSigner.empty,
            time: time)
        return HTTPHeaders(headers.map { ($0.name, $0.value) } + [("authorization", authorization)])
    }

    /// What the store says of a refusal, which is asked for once more: the body of the first answer was the sink's.
    private func diagnosis(of failure: Failure, _ object: S3Address) async throws(Failure) -> Failure {
        let refusals: Set = ["SourceForbidden", "SourceNotFound", "SourceUnauthorized", "SourceAnswerUnexpected"]
        guard refusals.contains(failure.reason) else { return failure }
        let address = settings.address(of: object)
        var headers = try await headers(address)
        let isSigned = headers.contains(name: "authorization")
        headers.add(name: "range", value: "bytes=0-0")
        let call = HTTPCall("GET", address, headers: headers, authorization: .none, followsRedirects: false)
        let answer = try await transport.send(call, limit: 64 << 10)
        guard answer.status >= 300 else { return failure }
        let refusal = S3Refusal(answer, object: object, address: address, settings: settings, isSigned: isSigned)
        if refusal.meansExpired { await chain.forget() }
        return refusal.failure ?? failure
    }
}

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import WaybillCore

/// The connections of a transport: those that go straight and those that go by a proxy.
final class HTTPClients: Sendable {
    private let settings: HTTPSettings
    private let straight: HTTPClient
    private let byProxy: [ProxyRules.Proxy: HTTPClient]

    private static let mostHeaders = 200
    private static let mostHeaderBytes = 64 << 10

    init(_ settings: HTTPSettings) throws(Failure) {
        self.settings = settings
        let tls = try Self.tls(settings)
        straight = HTTPClient(
            eventLoopGroupProvider: .singleton, configuration: Self.configuration(settings.deadlines, tls, nil))
        let proxies = Set([settings.proxies.https, settings.proxies.http].compactMap(\.self))
        byProxy = Dictionary(
            uniqueKeysWithValues: proxies.map { proxy in
                let configuration = Self.configuration(settings.deadlines, tls, proxy)
                return (proxy, HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration))
            })
    }

    deinit {
        // The client lives until that is done; nobody has to wait for it.
        for client in [straight] + byProxy.values { client.shutdown { _ in } }
    }

    /// Sends `call` and gives the head of the answer, whose body is still to come.
    func exchange(_ call: HTTPCall, _ redirects: [HTTPHead.Redirect]) async throws(Failure) -> HTTPExchange {
        let proxy = settings.proxies.proxy(for: call.address)
        let client = proxy.flatMap { byProxy[$0] } ?? straight
        let credential = credential(for: call)
        let request = try request(call, credential)
        // While a large body is sent there is progress to be seen, and no deadline.
        let deadline: NIODeadline = call.isLarge ? .distantFuture : .now() + .init(settings.deadlines.head)
        let response: HTTPClientResponse
        do {
            response = try await client.execute(request, deadline: deadline)
        } catch {
            throw HTTPProblem(call: call, isMidway: false, proxy: proxy, deadlines: settings.deadlines).failure(
                for: error)
        }
        let head = HTTPHead(
            status: Int(response.status.code), headers: response.headers, address: call.address, redirects: redirects,
            credential: credential)
        try Self.check(head, call)
        return HTTPExchange(
            call: call, head: head, body: response.body,
            problem: HTTPProblem(call: call, isMidway: true, proxy: proxy, deadlines: settings.deadlines))
    }

    private func credential(for call: HTTPCall) -> HTTPCredential? {
        guard call.authorization == .byHost, !call.headers.contains(name: "authorization") else { return nil }
        // The one that names the port stands before the one for every port.
        let suitable = settings.credentials.filter { $0.isFor(call.address) }
        return suitable.first { $0.port != nil } ?? suitable.first
    }

    private func request(_ call: HTTPCall, _ credential: HTTPCredential?) throws(Failure) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: call.address.text)
        request.method = HTTPMethod(rawValue: call.method)
        request.headers = call.headers
        if !request.headers.contains(name: "user-agent") {
            request.headers.add(name: "user-agent", value: settings.userAgent)
        }
        if !request.headers.contains(name: "accept") { request.headers.add(name: "accept", value: "*/*") }
        // Digests are of the bytes as they are stored, so nobody may pack them on the way.
        if !request.headers.contains(name: "accept-encoding") {
            request.headers.add(name: "accept-encoding", value: "identity")
        }
        if let credential { request.headers.replaceOrAdd(name: "authorization", value: try credential.header()) }
        switch call.body {
        case .none: break
        case .bytes(let bytes): request.body = .bytes(ByteBuffer(bytes: bytes))
        case .file(let path, let offset, let count):
            request.body = .stream(
                FileBody(path: path, offset: offset, count: count, sent: call.sent), length: .known(count))
        case .made(let count, let maker):
            request.body = .stream(MadeBody(maker: maker, sent: call.sent), length: .known(count))
        }
        return request
    }

    private static func check(_ head: HTTPHead, _ call: HTTPCall) throws(Failure) {
        let bytes = head.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        guard head.headers.count <= mostHeaders, bytes <= mostHeaderBytes else {
            throw HTTPProblem.tooLargeHead(call)
        }
    }

    private static func configuration(
        _ deadlines: HTTPDeadlines, _ tls: TLSConfiguration, _ proxy: ProxyRules.Proxy?
    ) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.tlsConfiguration = tls
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .init(deadlines.connect)
        configuration.timeout.read = .init(deadlines.idle)
        configuration.timeout.write = .init(deadlines.idle)
        // A refused connection is told at once: the one who asked knows when to try again.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.idleTimeout = .seconds(30)
        // How much is fetched at once is bounded elsewhere.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        if let proxy {
            let authorization = proxy.user.map {
                HTTPClient.Authorization.basic(username: $0, password: proxy.password ?? "")
            }
            configuration.proxy = .server(host: proxy.host, port: proxy.port, authorization: authorization)
        }
        return configuration
    }

    private static func tls(_ settings: HTTPSettings) throws(Failure) -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        guard let path = settings.caFile else { return tls }
        do {
            tls.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(path))]
        } catch {
            throw Failure(
                .stall, reason: "InvalidConfiguration",
                message:
                    "sources.caFile: \(path) cannot be read as certificates in PEM form ('-----BEGIN CERTIFICATE-----')"
            )
        }
        return tls
    }
}

/// An answer under way.
struct HTTPExchange {
    let call: HTTPCall
    let head: HTTPHead
    let body: HTTPClientResponse.Body
    fileprivate let problem: HTTPProblem

    fileprivate init(call: HTTPCall, head: HTTPHead, body: HTTPClientResponse.Body, problem: HTTPProblem) {
        (self.call, self.head, self.body, self.problem) = (call, head, body, problem)
    }

    func failure(for error: any Error) -> Failure { problem.failure(for: error) }
}

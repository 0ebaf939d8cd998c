import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
package import WaybillCore

/// Asks a forge: one exchange after another, bounded in time and size, with no redirect followed.
package final class ForgeConnection: Sendable {
    package let place: ForgePlace
    private let token: ForgeToken
    private let client: HTTPClient

    private static let deadline = TimeAmount.seconds(30)
    private static let longestAnswer = 16 << 20

    /// - Throws: `InvalidConfiguration` when the file of certificates cannot be used.
    package init(_ place: ForgePlace, token: ForgeToken, caFile: String? = nil) throws(Failure) {
        (self.place, self.token) = (place, token)
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let caFile {
            do { tls.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(caFile))] } catch {
                throw Failure(
                    .stall, reason: "InvalidConfiguration",
                    message: "forge.caFile: \(caFile) cannot be read as certificates in PEM form")
            }
        }
        var configuration = HTTPClient.Configuration()
        configuration.tlsConfiguration = tls
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        configuration.timeout.read = .seconds(20)
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit { client.shutdown { _ in } }

    /// What an exchange came to.
    enum Outcome: Sendable {
        case answered(ForgeAnswer)
        /// No whole answer; what was asked may have arrived.
        case lost(String)
    }

    func exchange(_ call: ForgeCall) async throws(Failure) -> Outcome {
        var request = HTTPClientRequest(url: place.base + call.target)
        request.method = HTTPMethod(rawValue: call.method)
        request.headers = headers
        if let body = call.body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body.jsonBytes))
        }
        do {
            let response = try await client.execute(request, deadline: .now() + Self.deadline)
            let body = try await response.body.collect(upTo: Self.longestAnswer)
            let known = response.headers.map { ($0.name.lowercased(), $0.value) }
            return .answered(
                ForgeAnswer(
                    status: Int(response.status.code), headers: Dictionary(known) { first, _ in first },
                    body: Array(body.readableBytesView)))
        } catch is NIOTooManyBytesError {
            throw Failure(
                .stall, reason: "ForgeUnexpected",
                message: "\(call.words(place)): the answer is larger than any that is meant well")
        } catch is CancellationError {
            throw .cancelled
        } catch let error as NIOSSLError {
            throw untrusted(call, "\(error)")
        } catch let error as NIOSSLExtraError {
            throw untrusted(call, error.description)
        } catch {
            return .lost(Self.words(error))
        }
    }

    private var headers: HTTPHeaders {
        let scheme = place.kind == .github ? "Bearer" : "token"
        var headers: HTTPHeaders = ["authorization": "\(scheme) \(token.secret)", "user-agent": "waybill"]
        if place.kind == .github {
            headers.add(name: "accept", value: "application/vnd.github+json")
            headers.add(name: "x-github-api-version", value: "2022-11-28")
        } else {
            headers.add(name: "accept", value: "application/json")
        }
        return headers
    }

    private func untrusted(_ call: ForgeCall, _ what: String) -> Failure {
        Failure(
            .stall, reason: "ForgeUntrusted",
            message:
                "\(call.words(place)): no secure connection (\(what.harmless.cut(to: 200, ending: "…"))); name its "
                + "authority's certificate by forge.caFile")
    }

    private static func words(_ error: any Error) -> String {
        if let error = error as? HTTPClientError { return error.shortDescription }
        return error is NIOConnectionError ? "no connection" : "the connection was lost"
    }
}

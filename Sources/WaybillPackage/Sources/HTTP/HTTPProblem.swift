import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import WaybillCore

/// Makes a `Failure` of what went wrong below an answer.
struct HTTPProblem {
    let call: HTTPCall
    /// Whether an answer had begun.
    let isMidway: Bool
    let proxy: ProxyRules.Proxy?
    let deadlines: HTTPDeadlines

    func failure(for error: any Error) -> Failure {
        switch error {
        case let failure as Failure: failure
        case is CancellationError: .cancelled
        case let error as HTTPClientError: failure(for: error)
        case let error as NIOConnectionError: failure(for: error)
        case let error as HTTPParserError where error == .headerOverflow: Self.tooLargeHead(call)
        case let error as HTTPParserError where isMidway || error == .invalidEOFState: retry("ConnectionLost", lost)
        case is HTTPParserError:
            retry("SourceUnavailable", "the answer is no sound HTTP; is something else listening there?")
        case let error as IOError: failure(for: error)
        case let error as NIOSSLError: failure(for: error)
        case let error as NIOSSLExtraError: untrusted("\(error.description)")
        case is ChannelError: retry("ConnectionLost", lost)
        case let error: retry("SourceUnavailable", "\(String(describing: error).quotedForMessage)")
        }
    }

    static func tooLargeHead(_ call: HTTPCall) -> Failure {
        Failure(
            .stall, reason: "SourceAnswerUnexpected",
            message: "\(call.method) \(call.address): the head of the answer is larger than any that is meant well")
    }

    private func failure(for error: HTTPClientError) -> Failure {
        switch error {
        case .cancelled, .requestStreamCancelled: .cancelled
        case .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout, .httpProxyHandshakeTimeout:
            retry("SourceUnavailable", "no connection within \(seconds(deadlines.connect))\(proxyWords)")
        case .readTimeout, .writeTimeout:
            retry("SourceSilent", "nothing came for \(seconds(deadlines.idle))")
        case .deadlineExceeded: retry("SourceSilent", "no answer within \(seconds(deadlines.head))")
        case .proxyAuthenticationRequired:
            stall(
                "ProxyRefused",
                "the proxy \(proxy?.description ?? "") wants a user and a password: put them into its variable")
        case .invalidProxyResponse:
            stall("ProxyRefused", "the proxy \(proxy?.description ?? "") did not make the connection")
        case .remoteConnectionClosed, .uncleanShutdown: retry("ConnectionLost", lost)
        case let error: retry("SourceUnavailable", error.shortDescription)
        }
    }

    private func failure(for error: IOError) -> Failure {
        let reason = String(cString: strerror(error.errnoCode))
        let unreachable = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, EADDRNOTAVAIL]
        if !isMidway, unreachable.contains(error.errnoCode) {
            return retry("SourceUnavailable", "cannot connect\(proxyWords): \(reason)")
        }
        return retry("ConnectionLost", "\(lost): \(reason)")
    }

    private func failure(for error: NIOConnectionError) -> Failure {
        if error.connectionErrors.isEmpty {
            return retry(
                "SourceUnavailable", "the name '\(error.host)' is not known here; is it spelled well?\(proxyWords)")
        }
        let reasons = Set(
            error.connectionErrors.map { single in
                (single.error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "no connection"
            })
        return retry("SourceUnavailable", "cannot connect\(proxyWords): \(reasons.sorted().joined(separator: ", "))")
    }

    private func failure(for error: NIOSSLError) -> Failure {
        switch error {
        case .handshakeFailed(let inner):
            let text = String(describing: inner)
            if text.contains("CERTIFICATE_VERIFY_FAILED") {
                return untrusted(
                    "its certificate is not signed by an authority that is believed here, or is out of date")
            }
            if text.contains("eof") || text.contains("EOF") || text.contains("syscallError") {
                return retry("ConnectionLost", lost)
            }
            return stall(
                "SourceUntrusted",
                "TLS could not be agreed on with it; does it speak TLS 1.2 or later, and is its port one of TLS?")
        case .unableToValidateCertificate, .noCertificateToValidate:
            return untrusted("its certificate cannot be checked")
        default: return retry("ConnectionLost", lost)
        }
    }

    private func untrusted(_ what: String) -> Failure {
        stall(
            "SourceUntrusted",
            "\(what); if it is your own server, name its authority's certificate in 'sources.caFile' of waybill.yaml")
    }

    private var lost: String {
        isMidway ? "the connection was lost before the end of the answer" : "the connection was lost before an answer"
    }
    private var proxyWords: String { proxy.map { " by the proxy \($0)" } ?? "" }
    private var place: String { "\(call.method) \(call.address)" }

    private func retry(_ reason: String, _ what: String) -> Failure {
        Failure(.retry, reason: reason, message: "\(place): \(what)")
    }

    private func stall(_ reason: String, _ what: String) -> Failure {
        Failure(.stall, reason: reason, message: "\(place): \(what)")
    }

    private func seconds(_ duration: Duration) -> String {
        duration < .seconds(1) ? "\(duration.milliseconds) ms" : "\(duration.components.seconds) s"
    }
}

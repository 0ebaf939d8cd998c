import AsyncHTTPClient
import NIOCore
import NIOHTTP1
package import WaybillCore

/// Speaks HTTP with sources and registries, one for the process.
///
/// **Guarantees.** TLS of version 1.2 or later with checked certificates, except with this machine and hosts that the operator named.
/// Bodies are streamed both ways; heads and small bodies are bounded. Redirects are followed here, at most five, each checked: never
/// away from TLS, never from far away to a machine nearby, and never with a credential, which is for the host it was configured for.
/// A host that asks to be left alone (`Retry-After`) is.
///
/// **Failures** say `retry` when the same call may succeed later and `stall` when a person is needed; none holds a secret. What a
/// status means is the caller's to judge: `HTTPAnswer.failure` has the usual meaning.
package final class HTTPTransport: Sendable {
    package let settings: HTTPSettings
    private let clients: HTTPClients
    private let pauses = HostPauses()
    private let rate: TransferRate?
    private let work = BlockingWork(label: "waybill.http")

    /// The longest that is waited for a host that asks for it; a longer wait is the caller's.
    private static let patience = Duration.seconds(10)
    /// The most bytes of an answer that was not asked to be streamed and is only read for its words.
    private static let wordsLimit = 64 << 10

    /// - Throws: `InvalidConfiguration` when the file of certificates cannot be used.
    package init(_ settings: HTTPSettings) throws(Failure) {
        self.settings = settings
        clients = try HTTPClients(settings)
        rate = settings.bytesPerSecond.map { TransferRate(bytesPerSecond: $0) }
    }

    /// The whole answer, whatever its status, its body at most `limit` bytes long.
    package func send(_ call: HTTPCall, limit: Int = 1 << 20) async throws(Failure) -> HTTPAnswer {
        try await withDeadline(call.isLarge ? nil : settings.deadlines.whole, call) { () async throws(Failure) in
            let exchange = try await self.follow(call)
            return HTTPAnswer(head: exchange.head, body: try await self.collect(exchange, limit: limit))
        }
    }

    /// Gives the body to `sink` in pieces when `takes` says so for the answer's head, and collects it otherwise.
    ///
    /// The sink is called in order, by one at a time, and may block for a moment, as a write to a disk does.
    package func stream(
        _ call: HTTPCall, takes: (HTTPHead) throws(Failure) -> Bool,
        into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) -> HTTPAnswer {
        let exchange = try await follow(call)
        guard try takes(exchange.head) else {
            return HTTPAnswer(head: exchange.head, body: try await collect(exchange, limit: Self.wordsLimit))
        }
        do {
            for try await piece in exchange.body {
                let given = piece.withUnsafeReadableBytes { bytes in
                    Result { () throws(Failure) in try sink(bytes) }
                }
                try given.get()
                try await rate?.take(piece.readableBytes)
            }
        } catch { throw exchange.failure(for: error) }
        return HTTPAnswer(head: exchange.head, body: [])
    }

    private func collect(_ exchange: HTTPExchange, limit: Int) async throws(Failure) -> [UInt8] {
        do {
            return Array((try await exchange.body.collect(upTo: limit)).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw Failure(
                .stall, reason: "SourceAnswerUnexpected",
                message:
                    "\(exchange.call.method) \(exchange.call.address): the answer has more than \(limit) bytes, which is not "
                    + "expected here")
        } catch { throw exchange.failure(for: error) }
    }

    /// Asks, and goes where the answers send us.
    private func follow(_ first: HTTPCall) async throws(Failure) -> HTTPExchange {
        try admit(first)
        let rule = redirectRule
        var call = first
        var redirects: [HTTPHead.Redirect] = []
        while true {
            let exchange = try await patiently(call, redirects)
            guard call.followsRedirects, let next = try await rule.next(after: call, exchange.head) else {
                return exchange
            }
            let head = exchange.head
            _ = try? await exchange.body.collect(upTo: Self.wordsLimit)
            redirects.append(.init(status: head.status, headers: head.headers, address: head.address))
            call = next
            if head.status == 303 { (call.method, call.body) = ("GET", .none) }
        }
    }

    private var redirectRule: RedirectRule {
        RedirectRule(settings: settings) { [work, settings] (address) async throws(Failure) in
            // Behind a proxy it is the proxy that resolves names, elsewhere than here.
            if settings.proxies.proxy(for: address) != nil { return NetworkPlace(host: address.host) ?? .far }
            return try await NetworkPlace.resolving(address.host, by: work)
        }
    }

    /// Refuses an address that the answer to `call` names when a redirect could not lead there.
    func admit(_ address: WebAddress, namedBy call: HTTPCall) async throws(Failure) {
        try await redirectRule.check(from: call, to: address)
    }

    /// Refuses what is never asked: hosts that the operator did not allow, addresses of machine credentials, hosts without TLS.
    private func admit(_ call: HTTPCall) throws(Failure) {
        let address = call.address
        let isNamed = settings.hosts.contains { $0.matches(host: address.host, port: address.port) }
        if !isNamed, !settings.hosts.isEmpty {
            throw Failure(
                .stall, reason: "SourceRefused",
                message:
                    "\(address): '\(address.host)' is not among 'sources.hosts' of waybill.yaml; add it there if it is meant"
            )
        }
        if !isNamed, NetworkPlace(host: address.host) == .link {
            throw Failure(
                .stall, reason: "SourceRefused",
                message:
                    "\(address): '\(address.host)' is this link's, where machines keep their own credentials; nothing is fetched "
                    + "from there")
        }
        if address.scheme == .http, !settings.speaksPlain(to: address.host, port: address.port) {
            throw Failure(
                .stall, reason: "SourceRefused",
                message:
                    "\(address): is not secured by TLS; use https, or name '\(address.authority)' in 'sources.plainHosts' of "
                    + "waybill.yaml")
        }
    }

    /// One exchange, and again while the host asks for a short wait.
    private func patiently(_ call: HTTPCall, _ redirects: [HTTPHead.Redirect]) async throws(Failure) -> HTTPExchange {
        var waits = 0
        while true {
            if let pause = pauses.remaining(call.address) {
                guard pause <= Self.patience else {
                    throw Failure(
                        .retry, reason: "SourceBusy",
                        message: "\(call.method) \(call.address): the host asked to be left alone for another "
                            + "\(pause.components.seconds + 1) s")
                }
                do { try await Task.sleep(for: pause) } catch { throw .cancelled }
            }
            let exchange = try await once(call, redirects)
            guard let pause = pauses.note(exchange.head), pause <= Self.patience, waits < 3, !call.isLarge else {
                return exchange
            }
            waits += 1
            _ = try? await exchange.body.collect(upTo: Self.wordsLimit)
        }
    }

    /// A connection that was kept open may have been closed by the host just now, so a call without effects is made once more.
    private func once(_ call: HTTPCall, _ redirects: [HTTPHead.Redirect]) async throws(Failure) -> HTTPExchange {
        do throws(Failure) {
            return try await clients.exchange(call, redirects)
        } catch {
            guard error.reason == "ConnectionLost", call.isSafe, !Task.isCancelled else { throw error }
        }
        return try await clients.exchange(call, redirects)
    }

    private func withDeadline<Value: Sendable>(
        _ deadline: Duration?, _ call: HTTPCall, _ body: @escaping @Sendable () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        guard let deadline else { return try await body() }
        let outcome = await withTaskGroup(of: Result<Value, Failure>?.self) { group in
            group.addTask {
                do throws(Failure) { return .success(try await body()) } catch { return .failure(error) }
            }
            group.addTask {
                try? await Task.sleep(for: deadline)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        if let outcome { return try outcome.get() }
        if Task.isCancelled { throw .cancelled }
        throw Failure(
            .retry, reason: "SourceSilent",
            message:
                "\(call.method) \(call.address): the answer was not complete within \(deadline.components.seconds) s")
    }
}

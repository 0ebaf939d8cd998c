import NIOHTTP1
import WaybillCore

/// What is asked next when an answer sends us elsewhere.
struct RedirectRule {
    let settings: HTTPSettings
    /// How far away a host is.
    let place: @Sendable (WebAddress) async throws(Failure) -> NetworkPlace

    static let most = 5
    /// What another host may see of a request. Everything else, credentials first, stays with the host it was meant for.
    private static let carried = ["accept", "accept-encoding", "range", "if-range", "user-agent"]

    /// The next call; nil when the answer is no redirect that can be followed.
    ///
    /// - Throws: `RedirectRefused`, stalling.
    func next(after call: HTTPCall, _ head: HTTPHead) async throws(Failure) -> HTTPCall? {
        guard [301, 302, 303, 307, 308].contains(head.status), let location = head.header("location") else {
            return nil
        }
        guard call.isSafe || head.status >= 307 else { return nil }
        guard head.redirects.count < Self.most else {
            throw refusal(call, "after \(Self.most) redirects there is another one")
        }
        var next = call
        do throws(InvalidInput) { next.address = try call.address.resolving(location) } catch {
            throw refusal(call, "it is sent elsewhere by an address that cannot be used: \(error.message)")
        }
        try await check(from: call, to: next.address)
        if next.address.origin != call.address.origin {
            next.authorization = .none
            next.headers = HTTPHeaders(
                call.headers.filter { Self.carried.contains($0.name.lowercased()) }.map { ($0.name, $0.value) })
        }
        return next
    }

    func check(from call: HTTPCall, to address: WebAddress) async throws(Failure) {
        if address.scheme == .http {
            guard call.address.scheme == .http, settings.speaksPlain(to: address.host, port: address.port) else {
                throw refusal(call, "it is sent to \(address), which is not secured by TLS")
            }
        }
        if settings.hosts.contains(where: { $0.matches(host: address.host, port: address.port) }) { return }
        guard settings.hosts.isEmpty else {
            throw refusal(call, "it is sent to '\(address.host)', which is not among 'sources.hosts' of waybill.yaml")
        }
        if address.origin == call.address.origin { return }
        let nearness = try await place(address)
        guard nearness > .far else { return }
        guard nearness != .link, nearness <= (try await place(call.address)) else {
            throw refusal(
                call,
                "it is sent to '\(address.host)', which is \(Self.words(nearness)); if that is meant, name the host in "
                    + "'sources.hosts' of waybill.yaml, together with every other host that sources use")
        }
    }

    private static func words(_ place: NetworkPlace) -> String {
        switch place {
        case .far: "elsewhere"
        case .near: "a private network's"
        case .link: "this link's, where machines keep their own credentials"
        case .loopback: "this machine's"
        }
    }

    private func refusal(_ call: HTTPCall, _ what: String) -> Failure {
        Failure(.stall, reason: "RedirectRefused", message: "\(call.method) \(call.address): \(what)")
    }
}

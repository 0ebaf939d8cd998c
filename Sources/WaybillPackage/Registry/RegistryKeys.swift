import NIOHTTP1
import WaybillCore
import WaybillTrust

/// What opens registries: answers their challenges, and keeps the answers while they hold.
///
/// A login is for the registry that it is named for, and for the server of tokens that this registry names over TLS; nobody else sees it.
actor RegistryKeys {
    private struct Scope: Hashable {
        var origin: String
        var scopes: [String]
    }

    private struct Key {
        var header: String
        var until: ContinuousClock.Instant?
    }

    private enum Login {
        case basic(String)
        case bearer(String)
    }

    private let http: HTTPTransport
    private let logins: DockerLogins
    private let now: @Sendable () -> ContinuousClock.Instant
    private let work = BlockingWork(label: "waybill.registry")
    private var keys: [Scope: Key] = [:]

    init(
        _ http: HTTPTransport, _ logins: DockerLogins,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.http = http
        self.logins = logins
        self.now = now
    }

    /// The value of `Authorization` that was good last.
    func header(_ place: RegistryPlace, _ access: RegistryAccess) -> String? {
        guard let key = keys[scope(place, access)] else { return nil }
        if let until = key.until, until <= now() { return nil }
        return key.header
    }

    /// Answers what `headers` ask for after `tried` was not enough; nil when nothing else is there to try.
    /// - Throws: `RegistryUnauthorized`, stalling, and what the server of tokens fails with.
    func answer(
        _ challenge: Challenge?, _ place: RegistryPlace, _ access: RegistryAccess, tried: String?
    ) async throws(Failure) -> String? {
        let login = try login(place)
        let key: Key
        switch (challenge, login) {
        case (nil, _), (.basic, nil): return nil
        case (.basic, .bearer(let header)), (.basic, .basic(let header)): key = Key(header: header)
        case (.bearer, .bearer(let header)): key = Key(header: header)
        case (.bearer(let realm, let service, let scope), _):
            key = try await token(realm, service, scope, place, access, login)
        }
        guard key.header != tried else { return nil }
        keys[scope(place, access)] = key
        return key.header
    }

    /// Whether there is a login, for messages.
    func knowsLogin(_ place: RegistryPlace) -> Bool { (try? login(place)) ?? nil != nil }

    private func scope(_ place: RegistryPlace, _ access: RegistryAccess) -> Scope {
        Scope(origin: place.origin.origin, scopes: access.scopes(place.repository))
    }

    private func login(_ place: RegistryPlace) throws(Failure) -> Login? {
        let suitable = http.settings.credentials.filter { $0.isFor(place.origin) }
        if let credential = suitable.first(where: { $0.port != nil }) ?? suitable.first {
            let header = try credential.header()
            if case .bearer = credential.form { return .bearer(header) }
            return .basic(header)
        }
        return logins.login(registry: place.registry, repository: place.repository).map {
            .basic(HTTPCredential.basic(user: $0.user, password: $0.password))
        }
    }

    private func token(
        _ realm: String, _ service: String?, _ asked: String?, _ place: RegistryPlace, _ access: RegistryAccess,
        _ login: Login?
    ) async throws(Failure) -> Key {
        let address = try await address(realm, place)
        var query = service.map { ["service=\(Self.escaped($0))"] } ?? []
        var scopes = access.scopes(place.repository)
        if let asked, !scopes.contains(asked), asked.utf8.count < 1024 { scopes.append(asked) }
        query += scopes.map { "scope=\(Self.escaped($0))" }
        let mark = address.target.contains("?") ? "&" : "?"
        var headers: HTTPHeaders = ["accept": "application/json"]
        if case .basic(let header)? = login { headers.add(name: "authorization", value: header) }
        let call = HTTPCall(
            "GET", address.with(target: address.target + mark + query.joined(separator: "&")), headers: headers,
            authorization: .none, followsRedirects: false)
        let answer = try await http.send(call, limit: 1 << 20)
        guard answer.status == 200 else {
            if answer.status == 401 || answer.status == 403 {
                throw RegistryFailure.unauthorized(place, access, login != nil, RegistryFailure.words(of: answer))
            }
            throw RegistryFailure.status("ask \(address) for a token for \(place)", answer)
        }
        let value = Value(json: answer.body)
        guard let token = (value?["token"] ?? value?["access_token"])?.string, !token.isEmpty,
            token.utf8.count <= 64 << 10,
            token.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else {
            throw Failure(
                .stall, reason: "RegistryUnsound",
                message: "\(place): \(address) was asked for a token, and its answer has none")
        }
        // Some seconds early, so that it does not end on the way.
        let seconds = min(max(value?["expires_in"]?.integer ?? 60, 0), 24 * 3600)
        return Key(header: "Bearer \(token)", until: now() + .seconds(max(seconds - 10, 1)))
    }

    private func address(_ realm: String, _ place: RegistryPlace) async throws(Failure) -> WebAddress {
        do throws(InvalidInput) {
            let address = try WebAddress(parsing: realm)
            try await RegistryFailure.requireNoNearer(address, than: place, http.settings, work)
            return address
        } catch {
            throw Failure(
                .stall, reason: "RegistryUnsound",
                message: "\(place): the registry sends us for a token to no address that can be used: \(error.message)")
        }
    }

    private static func escaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 45, 46, 47, 48...58, 65...90, 95, 97...122, 0x2C, 0x7E: bytes.append(byte)
            case _: bytes += Array("%\(hexadecimal(CollectionOfOne(byte)).uppercased())".utf8)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

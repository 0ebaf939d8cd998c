import NIOHTTP1
import WaybillCore
import WaybillTrust

/// What goes wrong with registries, in words.
enum RegistryFailure {
    /// The registry's own words of an answer's body, shortened; nil when it has none.
    static func words(of answer: HTTPAnswer) -> String? {
        guard let error = Value(json: answer.body)?["errors"]?.list?.first else { return nil }
        let code = error["code"]?.string.map { String($0.quotedForMessage.dropFirst().dropLast()) }
        let message = error["message"]?.string.map { $0.quotedForMessage }
        let all = [code, message].compactMap(\.self)
        return all.isEmpty ? nil : all.joined(separator: ", ")
    }

    /// What an answer with a status that was not hoped for means.
    static func status(_ act: String, _ answer: HTTPAnswer) -> Failure {
        let own = words(of: answer).map { " (\($0))" } ?? ""
        let status = answer.status
        let failure = answer.failure("")
        switch status {
        case 404, 410:
            return Failure(
                .stall, reason: "RegistryNotFound",
                message: "\(act): the registry has no such thing\(own); look at the names, and whether it was pushed")
        case 429, 500...:
            return Failure(.retry, reason: failure.reason, message: "\(act): status \(status)\(own)")
        case _:
            return Failure(
                .stall, reason: "RegistryRefused", message: "\(act): the registry refuses it, status \(status)\(own)")
        }
    }

    static func unauthorized(
        _ place: RegistryPlace, _ access: RegistryAccess, _ hasLogin: Bool, _ words: String?
    ) -> Failure {
        let own = words.map { " (\($0))" } ?? ""
        let advice =
            hasLogin
            ? "the login that is known for \(place.registry) is not enough: look at its rights and its age"
            : "no login is known for \(place.registry): run 'skopeo login \(place.registry)', or add "
                + "'\(place.registry) basic USER file:/PATH' to 'sources.credentials' of waybill.yaml"
        return Failure(
            .stall, reason: "RegistryUnauthorized",
            message: "the registry does not let us \(access.verb) \(place)\(own); \(advice)")
    }

    /// The registry gave something else than it promised.
    static func unsound(_ place: String, _ what: String) -> Failure {
        Failure(.stall, reason: "RegistryUnsound", message: "\(place): \(what)")
    }

    /// A registry far away has no business to send us to a machine nearby, or away from TLS.
    static func requireNoNearer(
        _ address: WebAddress, than place: RegistryPlace, _ settings: HTTPSettings, _ work: BlockingWork
    ) async throws(InvalidInput) {
        if address.origin == place.origin.origin { return }
        guard address.scheme == .https || place.origin.scheme == .http else {
            throw InvalidInput("\(address) is not secured by TLS")
        }
        if settings.hosts.contains(where: { $0.matches(host: address.host, port: address.port) }) { return }
        let (to, from): (NetworkPlace, NetworkPlace)
        do throws(Failure) {
            to = try await NetworkPlace.resolving(address.host, by: work)
            from = try await NetworkPlace.resolving(place.origin.host, by: work)
        } catch { throw InvalidInput(error.message) }
        guard to == .far || (to != .link && to <= from) else {
            throw InvalidInput(
                "\(address) is nearer than the registry; if that is meant, name its host in 'sources.hosts'")
        }
    }
}

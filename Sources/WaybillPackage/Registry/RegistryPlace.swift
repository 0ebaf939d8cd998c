import NIOHTTP1
import WaybillCore

/// A repository of a registry, as a client asks for it.
struct RegistryPlace: Hashable, Sendable, CustomStringConvertible {
    let registry: String
    let repository: String
    /// What the registry answers under.
    let origin: WebAddress

    /// - Throws: `ReferenceInvalid`, stalling, for a host that is none.
    init(_ reference: ImageReference, _ settings: HTTPSettings) throws(Failure) {
        registry = reference.registry
        repository = reference.repository
        // The one registry whose name is not where it is.
        let asked = registry == "docker.io" ? "registry-1.docker.io" : registry
        do throws(InvalidInput) {
            let (host, port) = try WebAddress.authority(asked[...])
            let isPlain = settings.speaksPlain(to: host, port: port ?? 80)
            origin = WebAddress(scheme: isPlain ? .http : .https, host: host, port: port)
        } catch {
            throw Failure(.stall, reason: "ReferenceInvalid", message: error.message)
        }
    }

    func address(_ path: String) -> WebAddress { origin.with(target: "/v2/\(repository)/\(path)") }

    var description: String { "\(registry)/\(repository)" }
}

/// What is done in a repository, as a token's scope says it.
enum RegistryAccess: Hashable, Sendable {
    case pull
    /// `mounting`: another repository of the registry that a blob is taken over from.
    case push(mounting: String?)

    func scopes(_ repository: String) -> [String] {
        switch self {
        case .pull: ["repository:\(repository):pull"]
        case .push(let other):
            ["repository:\(repository):pull,push"] + (other.map { ["repository:\($0):pull"] } ?? [])
        }
    }

    var verb: String {
        switch self {
        case .pull: "pull from"
        case .push: "push to"
        }
    }
}

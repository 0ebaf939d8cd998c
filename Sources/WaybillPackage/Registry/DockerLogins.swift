import Foundation
package import WaybillCore
import WaybillTrust

/// Names and passwords of registries as `docker login` and `skopeo login` leave them: the `auths` of a `config.json`. Programs that keep
/// secrets (`credsStore`, `credHelpers`) are not run.
package struct DockerLogins: Sendable {
    /// What proves to a registry who we are; never shown.
    struct Login: Sendable {
        let user: String
        let password: String
    }

    /// By `HOST[:PORT]`, or that and the beginning of a repository.
    private let byPlace: [String: Login]

    package init() { byPlace = [:] }

    /// The files that other tools look for, the first that is there: `$REGISTRY_AUTH_FILE`, `$DOCKER_CONFIG/config.json`,
    /// `~/.docker/config.json`, `$XDG_RUNTIME_DIR/containers/auth.json`.
    package static func ofThisUser(_ environment: [String: String] = ProcessInfo.processInfo.environment)
        throws(Failure)
        -> DockerLogins
    {
        let places = [
            environment["REGISTRY_AUTH_FILE"], environment["DOCKER_CONFIG"].map { "\($0)/config.json" },
            environment["HOME"].map { "\($0)/.docker/config.json" },
            environment["XDG_RUNTIME_DIR"].map { "\($0)/containers/auth.json" },
        ]
        for case let path? in places where path.hasPrefix("/") {
            if let found = try DockerLogins(reading: path) { return found }
        }
        return DockerLogins()
    }

    /// Nil when there is no file.
    /// - Throws: `CredentialMissing`, stalling, for a file that is none of this form; it never shows what is in it.
    package init?(reading path: String) throws(Failure) {
        // Docker's own file is often a link into a mounted secret.
        let real = URL(filePath: path).resolvingSymlinksInPath().path
        guard let bytes = try DurableFile.read(real, limit: 1 << 20) else { return nil }
        guard let value = Value(json: bytes), value.object != nil else {
            throw Failure(
                .stall, reason: "CredentialMissing",
                message: "\(path) is no JSON object; expected a config.json as 'docker login' writes it")
        }
        var logins: [String: Login] = [:]
        for (place, entry) in value["auths"]?.object ?? [:] {
            if let login = Self.login(entry) { logins[Self.normal(place)] = login }
        }
        byPlace = logins
    }

    /// The login for a repository: the most exact place wins.
    func login(registry: String, repository: String) -> Login? {
        let hosts = registry == "docker.io" ? ["docker.io", "index.docker.io", "registry-1.docker.io"] : [registry]
        let parts = repository.split(separator: "/")
        for count in stride(from: parts.count, through: 0, by: -1) {
            for host in hosts {
                let place = ([host[...]] + parts.prefix(count)).joined(separator: "/")
                if let login = byPlace[place] { return login }
            }
        }
        return nil
    }

    private static func login(_ entry: Value) -> Login? {
        if let user = entry["username"]?.string, let password = entry["password"]?.string {
            return Login(user: user, password: password)
        }
        guard let text = entry["auth"]?.string, let data = Data(base64Encoded: text),
            let pair = String(validating: data, as: UTF8.self), let colon = pair.firstIndex(of: ":")
        else { return nil }
        return Login(user: String(pair[..<colon]), password: String(pair[pair.index(after: colon)...]))
    }

    /// `https://index.docker.io/v1/` is `index.docker.io`.
    private static func normal(_ place: String) -> String {
        var rest = place[...]
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        while rest.hasSuffix("/") { rest = rest.dropLast() }
        for version in ["/v1", "/v2"] where rest.hasSuffix(version) { rest = rest.dropLast(version.count) }
        return String(rest)
    }
}

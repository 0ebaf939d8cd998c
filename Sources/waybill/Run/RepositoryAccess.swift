import Foundation
import WaybillCore
import WaybillGit
import WaybillPackage

/// How repositories that manifests name are reached: with what proves who we are to their host and no other, and on this machine only
/// where sources may be.
struct RepositoryAccess: Sendable {
    let configuration: WaybillConfiguration
    /// Real folders whose repositories are never a source.
    let refusing: [String]

    /// The folders that sources of this machine must be below, as they really are; nil: any.
    var fileRoots: [String]? {
        let roots = configuration.sources.fileRoots.map {
            URL(fileURLWithPath: $0).resolvingSymlinksInPath().standardizedFileURL.path
        }
        return roots.isEmpty ? nil : roots
    }

    func remote(_ address: RemoteAddress) throws(Failure) -> RemoteConfiguration {
        var credentials: BasicCredentials?
        var authority: String?
        switch address {
        case .folder(let path): try admit(path)
        case .https(let host, let port, _):
            try admit(host, port ?? 443)
            credentials = basic(host, port ?? 443)
            let isFleets = fleetPlace.map { $0 == (host, port ?? 443) } ?? false
            authority = configuration.sources.caFile ?? (isFleets ? configuration.repository.caFile : nil)
        case .ssh(_, let host, let port, _): try admit(host, port)
        }
        do {
            return try RemoteConfiguration(
                address: address, branch: "HEAD", credentials: credentials,
                ssh: try configuration.sshCredentials(address), certificateFile: authority)
        } catch {
            throw Failure(.stall, reason: "SourceUnreadable", message: "\(address): \(error)")
        }
    }

    /// Host and port of the fleet repository, when it is one of https.
    private var fleetPlace: (String, Int)? {
        guard let url = configuration.repository.url,
            case .https(let host, let port, _)? = try? RemoteAddress(parsing: url)
        else { return nil }
        return (host, port ?? 443)
    }

    /// The fleet repository's own, for its host.
    var fleetCredential: HTTPCredential? {
        let repository = configuration.repository
        guard let (host, port) = fleetPlace,
            let place = repository.tokenFile.map(HTTPCredential.Place.file)
                ?? repository.tokenVariable.map(HTTPCredential.Place.variable)
        else { return nil }
        return HTTPCredential(
            host: host, port: port, form: .basic(user: repository.username ?? BasicCredentials.usualName), place: place)
    }

    /// What the settings have for this host; the fleet repository's own when it is there.
    private func basic(_ host: String, _ port: Int) -> BasicCredentials? {
        let place = WebAddress(scheme: .https, host: host, port: port)
        guard let found = configuration.sources.credentials.first(where: { $0.isFor(place) }) else {
            return fleetPlace.map { $0 == (host, port) } ?? false ? configuration.credentials : nil
        }
        let secret: SecretReference =
            switch found.place {
            case .file(let path): .file(path)
            case .variable(let name): .environment(name)
            }
        return switch found.form {
        case .bearer: BasicCredentials(secret: secret)
        case .basic(let user): BasicCredentials(username: user, secret: secret)
        }
    }

    private func admit(_ host: String, _ port: Int) throws(Failure) {
        let hosts = configuration.sources.hosts
        guard hosts.isEmpty || hosts.contains(where: { $0.matches(host: host, port: port) }) else {
            throw Failure(
                .stall, reason: "SourceRefused",
                message: "'\(host)' is not among 'sources.hosts' of waybill.yaml; add it there if sources may name it")
        }
    }

    /// A manifest must not be a way to read what its writer may not: where the repository really is counts.
    private func admit(_ path: String) throws(Failure) {
        let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
        func isBelow(_ folder: String) -> Bool { folder == "/" || real == folder || real.hasPrefix("\(folder)/") }
        if refusing.contains(where: isBelow) {
            throw Failure(
                .stall, reason: "SourceRefused",
                message: "\(path) leads into the controller's own state folder; keep repositories elsewhere")
        }
        if let roots = fileRoots, !roots.contains(where: isBelow) {
            throw Failure(
                .stall, reason: "SourceRefused",
                message: "\(path) is in none of the folders that sources on this machine may be in "
                    + "(\(roots.joined(separator: ", "))); add its folder to 'sources.fileRoots' of waybill.yaml")
        }
    }
}

import Glibc
import WaybillCore

/// Values of `valueFrom: {file}`, read when a replica starts. They go to the keeper through a pipe and nowhere else.
struct SecretVariables {
    /// `NAME=value` each, ended by a zero byte.
    private(set) var bytes: [UInt8] = []
    private(set) var count = 0
    /// Where they came from: hidden from the replica.
    private(set) var files: [String] = []

    private static let limit = 65_536

    /// A file that is hidden from replicas is refused, and one of the system's own secrets: a manifest must not be a way to
    /// what the controller can read and its author cannot.
    init(_ variables: [EnvironmentVariable], settings: LocalTargetSettings) throws(Failure) {
        var sources: [String: String] = [:]
        for variable in variables {
            if case .file(let path) = variable.source {
                sources[variable.name] = path
            } else {
                sources[variable.name] = nil
            }
        }
        for (name, path) in sources.sorted(by: { $0.key < $1.key }) {
            let value = try Self.read(path, for: name, settings)
            bytes += Array("\(name)=".utf8) + value + [0]
            count += 1
            files.append(path)
        }
    }

    private static func read(_ path: String, for name: String, _ settings: LocalTargetSettings) throws(Failure)
        -> [UInt8]
    {
        guard let real = Disk.resolved(path) else {
            throw Failure(
                .retry, reason: "SecretMissing",
                message: "env \(name) is to come from \(path), which cannot be opened; create it")
        }
        if let place = forbidden(settings).first(where: { isInside(real, $0) }) {
            throw Failure(
                .stall, reason: "SecretForbidden",
                message: "env \(name) may not come from \(path): \(place) is kept from every replica; put the value "
                    + "into a file of its own elsewhere")
        }
        let folders = settings.secretFolders
        guard folders.isEmpty || folders.compactMap(Disk.resolved).contains(where: { isInside(real, $0) }) else {
            throw Failure(
                .stall, reason: "SecretForbidden",
                message: "env \(name) may not come from \(path): isolation.secretFolders allows only "
                    + "\(folders.joined(separator: ", ")); move the file there")
        }
        guard let value = Disk.read(real, limit: limit + 1), value.count <= limit else {
            throw Failure(
                .retry, reason: "SecretMissing",
                message: "env \(name) is to come from \(path), which cannot be read or has more than \(limit) bytes")
        }
        let trimmed = value.last == 10 ? Array(value.dropLast()) : value
        guard !trimmed.contains(0) else {
            throw Failure(
                .stall, reason: "SecretForbidden",
                message: "env \(name): \(path) holds a zero byte, which no variable can")
        }
        return trimmed
    }

    private static func forbidden(_ settings: LocalTargetSettings) -> [String] {
        let system = [
            "/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/ssh", "/etc/ssl/private",
            "/etc/sudoers", "/etc/sudoers.d", "/proc",
        ]
        // The state folder may be named by a link.
        return SandboxPaths.hidden(by: settings) + ([settings.state] + system).compactMap(Disk.resolved)
    }

    private static func isInside(_ path: String, _ folder: String) -> Bool {
        path == folder || path.hasPrefix("\(folder)/")
    }
}

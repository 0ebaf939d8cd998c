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

    /// A file inside the state folder or another hidden place is refused: a manifest must not be a way to the ledger's key.
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
        let isHidden = ([settings.state] + settings.hidden.compactMap(Disk.resolved)).contains { isInside(real, $0) }
        let isAllowed =
            settings.secretFolders.isEmpty
            || settings.secretFolders.compactMap(Disk.resolved).contains { isInside(real, $0) }
        guard !isHidden, isAllowed else {
            throw Failure(
                .stall, reason: "SecretForbidden",
                message: "env \(name) may not come from \(path): it is not in a folder that secrets may be read from")
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

    private static func isInside(_ path: String, _ folder: String) -> Bool {
        path == folder || path.hasPrefix("\(folder)/")
    }
}

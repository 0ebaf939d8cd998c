import HTTPTypes
import Hummingbird
import ServiceLifecycle
import WaybillCore

/// The logs of a deployment's replicas: the last lines of each, in the order of their times, then, when following,
/// lines as they come, also those of replicas that start later.
struct LogStream: Sendable {
    let interface: any ControllerInterface
    let key: DeploymentKey
    /// Lines of each replica.
    let tail: Int
    let follow: Bool

    /// How often files are looked at, and how many looks make a pulse.
    static let period: Duration = .milliseconds(200)
    static let pulseEvery = 50
    /// How many looks pass until the list of replicas is asked for again.
    static let refreshEvery = 5

    func write(to writer: inout any ResponseBodyWriter) async throws {
        var open: [ReplicaID: LogFile] = [:]
        var lines: [LogLine] = []
        for log in try await interface.logs(of: key) {
            let file = LogFile(files: log.files)
            open[log.replica] = file
            lines += file.tail(tail).map { LogLine(replica: "\(log.replica)", line: $0) }
        }
        try await writer.write(lines: Self.ordered(lines))
        var looks = 0
        while follow, !Task.isCancelled, !Task.isShuttingDownGracefully {
            try? await Task.sleep(for: Self.period)
            looks += 1
            if looks.isMultiple(of: Self.refreshEvery) { await refresh(&open) }
            let added = open.flatMap { replica, file in
                file.added().map { LogLine(replica: "\(replica)", line: $0) }
            }
            try await writer.write(lines: Self.ordered(added))
            if looks.isMultiple(of: Self.pulseEvery) { try await writer.writePulse() }
        }
    }

    /// By time; a line without one stays behind the line that it followed.
    static func ordered(_ lines: [LogLine]) -> [LogLine] {
        var last: [String: String] = [:]
        let keyed = lines.enumerated().map { place, line in
            last[line.replica] = line.time ?? last[line.replica]
            return (last[line.replica] ?? "", place, line)
        }
        return keyed.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
    }

    /// Opens logs of replicas that are new and closes those of replicas that are forgotten.
    private func refresh(_ open: inout [ReplicaID: LogFile]) async {
        guard let logs = try? await interface.logs(of: key) else { return }
        var kept: [ReplicaID: LogFile] = [:]
        for log in logs { kept[log.replica] = open[log.replica] ?? LogFile(files: log.files) }
        open = kept
    }
}

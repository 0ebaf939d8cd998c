import Foundation
import Glibc

/// Processes that belong to a fleet's folder: controller, gateway, keepers and models.
struct FleetProcesses: Sendable {
    let folder: String

    struct Entry: Hashable, Sendable {
        var pid: pid_t
        var arguments: [String]

        var isKeeper: Bool { arguments.first?.hasSuffix("waybill-shim") ?? false }

        func names(_ part: String) -> Bool { arguments.contains { $0.contains(part) } }
    }

    /// Those whose command, working folder or open files are in the folder.
    var all: [Entry] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap(pid_t.init).sorted().filter { $0 != getpid() }.compactMap { pid in
            let arguments = Self.arguments(of: pid)
            let isOurs = arguments.contains { $0.contains(folder + "/") } || links(of: pid)
            return isOurs && !Self.isZombie(pid) ? Entry(pid: pid, arguments: arguments) : nil
        }
    }

    /// Programs of models: those that run files of the model store, keepers not counted.
    var models: [Entry] { all.filter { $0.names("\(folder)/state/models/") && !$0.isKeeper } }

    var keepers: [Entry] { all.filter(\.isKeeper) }

    var gateway: Entry? { all.first { $0.arguments.dropFirst().first == "gateway" } }

    /// Kills whatever is left until nothing is; a keeper takes its program along.
    func endAll() async {
        for _ in 0..<500 {
            let left = all
            if left.isEmpty { return }
            for entry in left { kill(entry.pid, SIGKILL) }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    private func links(of pid: pid_t) -> Bool {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")) ?? []
        let links = ["/proc/\(pid)/cwd"] + files.map { "/proc/\(pid)/fd/\($0)" }
        return links.contains { link in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: link))?.hasPrefix(folder + "/") ?? false
        }
    }

    private static func arguments(of pid: pid_t) -> [String] {
        let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
        return data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func isZombie(_ pid: pid_t) -> Bool {
        let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat") ?? Data()
        let text = String(decoding: data, as: UTF8.self)
        return text.split(separator: ")").last?.split(separator: " ").first == "Z"
    }
}

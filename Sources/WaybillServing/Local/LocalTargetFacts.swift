import Glibc
import WaybillCore

/// What `doctor` tells of this machine as a target. Nothing is started; a sandbox is made and dropped to see that it can be.
package struct LocalTargetFacts: Hashable, Sendable {
    package enum Level: String, Hashable, Sendable { case ok, warning, problem }

    /// One line of `doctor`.
    package struct Finding: Hashable, Sendable {
        package let subject: String
        package let level: Level
        package let message: String
        /// What to do, unless all is well.
        package let remedy: String?
    }

    package let findings: [Finding]

    /// Looks at the machine. Blocks for some milliseconds.
    package static func look(_ settings: LocalTargetSettings) async -> LocalTargetFacts {
        await offloaded {
            LocalTargetFacts(findings: [
                keeper(settings), isolation(settings), limits(settings), ports(settings), devices(),
            ])
        }
    }

    private static func keeper(_ settings: LocalTargetSettings) -> Finding {
        guard access(settings.shim, X_OK) == 0 else {
            return Finding(
                subject: "keeper", level: .problem, message: "\(settings.shim) cannot be run",
                remedy: "install waybill-shim beside waybill")
        }
        return Finding(subject: "keeper", level: .ok, message: settings.shim, remedy: nil)
    }

    private static func isolation(_ settings: LocalTargetSettings) -> Finding {
        let isRoot = geteuid() == 0
        let way = isRoot ? "user:\(settings.users.lowerBound)" : "namespace"
        let answer = (try? KeeperProcess(shim: settings.shim).ask(["try", way])) ?? ""
        let users = "users \(settings.users.lowerBound)-\(settings.users.upperBound)"
        switch answer {
        case "ok mounts\n":
            let message =
                isRoot
                ? "\(users), and a mount namespace for each replica" : "a user and mount namespace for each replica"
            return Finding(subject: "isolation", level: .ok, message: message, remedy: nil)
        case "ok users\n":
            return Finding(
                subject: "isolation", level: .warning,
                message:
                    "\(users); no mount namespace can be made here, so a replica that knows the digests of another's "
                    + "model files or Python environment can read them",
                remedy: "allow mount namespaces; in a container, give the controller CAP_SYS_ADMIN")
        default:
            let why = answer.split(separator: "\n").first.map { String($0.drop { $0 != " " }.dropFirst()) }
            return Finding(
                subject: "isolation", level: .problem, message: why ?? "the keeper gave no answer",
                remedy: "run the controller as root, allow user namespaces, or ask for 'isolation: none' in runtimes")
        }
    }

    private static func limits(_ settings: LocalTargetSettings) -> Finding {
        switch CgroupPlace.find(configured: settings.cgroup) {
        case .available(let path):
            Finding(subject: "limits", level: .ok, message: "cgroup v2 in \(path)", remedy: nil)
        case .unavailable(let reason):
            Finding(
                subject: "limits", level: .warning,
                message: "memory by watching, processors by affinity and priority: \(reason)",
                remedy: "for limits by the kernel, give the controller a cgroup v2 folder with memory and cpu")
        }
    }

    private static func ports(_ settings: LocalTargetSettings) -> Finding {
        let free = settings.ports.filter(FreePorts.isFree).count
        let message =
            "\(free) of \(settings.ports.count) free in \(settings.ports.lowerBound)-\(settings.ports.upperBound)"
        let ephemeral = (Disk.text("/proc/sys/net/ipv4/ip_local_port_range") ?? "").split { $0 == "\t" || $0 == "\n" }
            .compactMap { Int($0) }
        if free == 0 {
            return Finding(subject: "ports", level: .problem, message: message, remedy: "choose another range of ports")
        }
        if ephemeral.count == 2, ephemeral[0] <= ephemeral[1], settings.ports.overlaps(ephemeral[0]...ephemeral[1]) {
            return Finding(
                subject: "ports", level: .warning,
                message: "\(message); the kernel gives outgoing connections ports of this range too",
                remedy: "choose a range outside \(ephemeral[0])-\(ephemeral[1])")
        }
        return Finding(subject: "ports", level: .ok, message: message, remedy: nil)
    }

    private static func devices() -> Finding {
        let found = Disk.names(in: "/dev").compactMap { $0.hasPrefix("nvidia") ? Int($0.dropFirst(6)) : nil }.sorted()
        let list = found.isEmpty ? "no accelerator" : "accelerators " + found.map(String.init).joined(separator: ", ")
        return Finding(subject: "devices", level: .ok, message: list, remedy: nil)
    }
}

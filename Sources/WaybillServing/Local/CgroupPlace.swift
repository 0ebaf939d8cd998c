import Glibc

/// Where the controller may make cgroups (version 2) with memory and processor limits.
enum CgroupPlace: Hashable, Sendable {
    case available(String)
    case unavailable(reason: String)

    var path: String? { if case .available(let path) = self { path } else { nil } }

    /// Tries, in order, what is configured, a folder of our own at the top, and the folders above our own cgroup.
    static func find(configured: String?, mounts: String = "/proc/self/mountinfo", own: String = "/proc/self/cgroup")
        -> CgroupPlace
    {
        guard let mount = mountPoint(mounts) else { return .unavailable(reason: "no cgroup v2 is mounted") }
        let here = (Disk.text(own) ?? "").split(separator: "\n").first { $0.hasPrefix("0::/") }?.dropFirst(4) ?? ""
        var above: [String] = []
        var parts = here.split(separator: "/")
        while !parts.isEmpty {
            above.append(mount + "/" + parts.joined(separator: "/") + "/waybill")
            parts.removeLast()
        }
        let candidates = (configured.map { [$0] } ?? []) + ["\(mount)/waybill"] + above
        var reason = "no cgroup v2 folder may be written"
        for candidate in candidates {
            switch check(candidate) {
            case nil: return .available(candidate)
            case let why?: reason = why
            }
        }
        return .unavailable(reason: reason)
    }

    /// Makes `folder`, hands the controllers down to it, and looks whether a child would have limits. Nil when it would.
    private static func check(_ folder: String) -> String? {
        let parent = folder.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
        let controllers = (Disk.text("\(parent)/cgroup.controllers") ?? "").split { $0 == " " || $0 == "\n" }
        guard controllers.contains("memory"), controllers.contains("cpu") else {
            return "the cgroup v2 folder \(parent) has no memory and cpu controllers"
        }
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { return "\(folder) cannot be made" }
        for level in [parent, folder] { handDown(level) }
        let probe = "\(folder)/probe-\(getpid())"
        guard mkdir(probe, 0o755) == 0 else { return "no folder can be made in \(folder)" }
        defer { rmdir(probe) }
        let isLimited = access("\(probe)/memory.max", W_OK) == 0 && access("\(probe)/cpu.max", W_OK) == 0
        return isLimited ? nil : "cgroups in \(folder) have no memory and cpu limits"
    }

    private static func handDown(_ folder: String) {
        let descriptor = open("\(folder)/cgroup.subtree_control", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        _ = Disk.writeAll(Array("+memory +cpu".utf8), to: descriptor)
    }

    private static func mountPoint(_ mounts: String) -> String? {
        for line in (Disk.text(mounts) ?? "").split(separator: "\n") {
            let halves = line.split(separator: " - ", maxSplits: 1)
            let fields = line.split(separator: " ")
            if halves.count == 2, halves[1].hasPrefix("cgroup2 "), fields.count > 4 { return String(fields[4]) }
        }
        return nil
    }
}

import Foundation
import Glibc
import WaybillCore

/// Whether the state folder is there, private and writable; or can be made.
struct PermissionsCheck: Check {
    func run(_ configuration: WaybillConfiguration) async -> [Finding] {
        let folder = configuration.stateFolder
        var status = stat()
        guard stat(folder, &status) == 0 else { return [absent(folder)] }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            return [
                .problem("state", "\(folder) is not a folder", remedy: "move it away, or choose another with --state")
            ]
        }
        guard access(folder, W_OK | X_OK) == 0 else {
            return [
                .problem(
                    "state", "\(folder) cannot be written by this user",
                    remedy: "run as its owner (uid \(status.st_uid))")
            ]
        }
        // Replicas of other users pass through it (0711); nobody lists it.
        guard status.st_mode & 0o066 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            return [
                .warning(
                    "state", "\(folder) is open to others (mode \(mode))", remedy: "chmod 711 \(folder.shellQuoted)")
            ]
        }
        return [.ok("state", "\(folder) is private and writable")]
    }

    private func absent(_ folder: String) -> Finding {
        var parent = (folder as NSString).deletingLastPathComponent
        while !parent.isEmpty, parent != "/", access(parent, F_OK) != 0 {
            parent = (parent as NSString).deletingLastPathComponent
        }
        guard access(parent, W_OK | X_OK) == 0 else {
            return .problem(
                "state", "\(folder) does not exist and cannot be made in \(parent)",
                remedy: "choose another with --state, or let root make it")
        }
        return .ok("state", "\(folder) does not exist yet; 'waybill run' makes it")
    }
}

/// Whether there is room for model files, environments and the ledger.
struct DiskCheck: Check {
    /// Bytes under which there is a warning, and a problem.
    var scarce: UInt64 = 2 << 30
    var full: UInt64 = 256 << 20

    func run(_ configuration: WaybillConfiguration) async -> [Finding] {
        var folder = configuration.stateFolder
        var status = statvfs()
        while statvfs(folder, &status) != 0 {
            guard folder != "/", !folder.isEmpty else { return [] }
            folder = (folder as NSString).deletingLastPathComponent
        }
        let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        let text = "\(Bytes.text(Int64(clamping: free))) free for \(configuration.stateFolder)"
        let remedy = "make room, or choose a state folder on another disk"
        if free < full { return [.problem("disk", text, remedy: remedy)] }
        if free < scarce { return [.warning("disk", text, remedy: remedy)] }
        if status.f_files > 0, status.f_favail < 1000 {
            return [.problem("disk", "\(status.f_favail) inodes free for \(configuration.stateFolder)", remedy: remedy)]
        }
        return [.ok("disk", text)]
    }
}

/// Whether the clock can be believed: the ledger's times come from it.
struct ClockCheck: Check {
    /// Files that are there while systemd-timesyncd has the time, or chrony or ntpd runs.
    var signs = ["/run/systemd/timesync/synchronized", "/run/chrony/chronyd.pid", "/run/ntpd.pid"]

    func run(_ configuration: WaybillConfiguration) async -> [Finding] {
        // No build of this program is older than this.
        if SystemClock().now() < Timestamp(milliseconds: 1_735_689_600_000) {
            return [
                .problem(
                    "clock", "the clock is before 2025",
                    remedy: "set the time, and keep it with systemd-timesyncd or chrony")
            ]
        }
        let keepers = signs.filter { access($0, F_OK) == 0 }
        guard !keepers.isEmpty else {
            return [
                .warning(
                    "clock", "no sign of a program that keeps the clock in step",
                    remedy: "apt install systemd-timesyncd or chrony; in a container, on the host")
            ]
        }
        return [.ok("clock", "kept in step (\(keepers.joined(separator: ", ")))")]
    }
}

/// Whether enough files can be open: each request through the gateway takes two.
struct OpenFilesCheck: Check {
    var least: UInt64 = 4096

    func run(_ configuration: WaybillConfiguration) async -> [Finding] {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return [] }
        let most = limit.rlim_max == rlim_t.max ? "no limit" : String(limit.rlim_max)
        let text = "\(limit.rlim_cur) open files a process, at most \(most)"
        guard limit.rlim_max < least else { return [.ok("files", text)] }
        return [.warning("files", text, remedy: "raise LimitNOFILE of the unit, or 'ulimit -Hn', to \(least)")]
    }
}

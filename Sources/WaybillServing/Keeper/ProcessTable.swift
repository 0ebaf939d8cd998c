import Glibc

/// What the kernel tells of processes under `/proc`.
enum ProcessTable {
    /// Identity of the running kernel: another one after each boot.
    static func bootID() -> String {
        (Disk.text("/proc/sys/kernel/random/boot_id") ?? "").split(separator: "\n").first.map(String.init) ?? ""
    }

    /// When `pid` started, in clock ticks after boot: with the boot id, what tells it from a later process of the same number.
    static func startTime(_ pid: Int32) -> UInt64? {
        guard let bytes = Disk.read("/proc/\(pid)/stat", limit: 4096),
            let end = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = bytes[(end + 1)...].split(separator: 32)
        return fields.count > 19 ? UInt64(String(decoding: fields[19], as: UTF8.self)) : nil
    }

    /// The processes below `pid`, itself included.
    static func tree(of pid: Int32) -> [Int32] {
        var found = [pid]
        var next = 0
        while next < found.count, found.count < 10_000 {
            for thread in Disk.names(in: "/proc/\(found[next])/task") {
                let list = Disk.text("/proc/\(found[next])/task/\(thread)/children") ?? ""
                found += list.split(separator: " ").compactMap { Int32($0) }
            }
            next += 1
        }
        return found
    }

    /// The command's short name, as `ps` shows it.
    static func name(_ pid: Int32) -> String? {
        Disk.text("/proc/\(pid)/comm")?.split(separator: "\n").first.map(String.init)
    }
}

/// A process that cannot be taken for a later one of the same number.
struct ProcessIdentity: Hashable, Sendable {
    var pid: Int32
    var startTime: UInt64

    init?(_ text: String?) {
        let parts = (text ?? "").split(separator: " ")
        guard parts.count == 2, let pid = Int32(parts[0]), let startTime = UInt64(parts[1]), pid > 1 else { return nil }
        (self.pid, self.startTime) = (pid, startTime)
    }

    var isRunning: Bool { ProcessTable.startTime(pid) == startTime }
}

import CLinux
import Glibc

/// Ends what a keeper that was killed left behind.
///
/// Only a process that carries the replica's own mark in its environment is touched, and it is signalled through a
/// descriptor taken before the mark was read, so that a reused number is never hit.
enum Sweep {
    static func run(_ folder: String) -> Int32 {
        let lock = open("\(folder)/lock", O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            write("waybill-shim: \(folder) has a living keeper\n", to: 2)
            return 75
        }
        guard let bytes = contents("\(folder)/spec", limit: 4 << 20), let token = Fields(parsing: bytes)["mark"],
            token.utf8.count >= 16
        else { return 0 }
        let mark = Array("WAYBILL_MARK=\(token)".utf8)
        for _ in 0..<100 {
            let left = Processes.all().filter { end($0, carrying: mark) }
            if left.isEmpty { return 0 }
            poll(nil, 0, 20)
        }
        return 69
    }

    private static func end(_ pid: Int32, carrying mark: [UInt8]) -> Bool {
        guard pid != getpid() else { return false }
        let process = pidfd_open(pid, 0)
        guard process >= 0 else { return false }
        defer { close(process) }
        guard let environment = contents("/proc/\(pid)/environ", limit: 1 << 20),
            environment.split(separator: 0).contains(where: { $0.elementsEqual(mark) })
        else { return false }
        return pidfd_send_signal(process, SIGKILL, nil, 0) == 0
    }
}

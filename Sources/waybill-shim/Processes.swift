import CLinux
import Glibc

/// What the kernel tells of processes under `/proc`.
enum Processes {
    /// Identity of the running kernel: another one after each boot.
    static func bootID() -> String {
        String((contentsText("/proc/sys/kernel/random/boot_id") ?? "").prefix { $0 != "\n" })
    }

    /// When `pid` started, in clock ticks after boot: with the boot id, what tells it from a later process of the same number.
    static func startTime(_ pid: Int32) -> UInt64? { stat(pid).flatMap { $0.count > 19 ? UInt64($0[19]) : nil } }

    /// The fields of `/proc/PID/stat` after the name, which may hold anything: state, parent, group, session and so on.
    private static func stat(_ pid: Int32) -> [String]? {
        guard let bytes = contents("/proc/\(pid)/stat", limit: 4096),
            let end = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        return bytes[(end + 1)...].split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Processes whose parent is `pid`.
    static func children(of pid: Int32) -> [Int32] {
        if let list = contents("/proc/\(pid)/task/\(pid)/children") { return numbers(list) }
        return all().filter { parent(of: $0) == pid }
    }

    /// `pid` and all below it.
    static func tree(of pid: Int32) -> [Int32] {
        var found = [pid]
        var next = 0
        while next < found.count, found.count < 10_000 {
            found += children(ofAllThreadsOf: found[next])
            next += 1
        }
        return found
    }

    /// Every process that can be seen.
    static func all() -> [Int32] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var found: [Int32] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let pid = Int32(name) { found.append(pid) }
        }
        return found
    }

    /// Bytes of memory that `pid` keeps: its resident pages, shared ones counted whole.
    static func residentBytes(_ pid: Int32) -> Int {
        guard let bytes = contents("/proc/\(pid)/statm", limit: 256) else { return 0 }
        let fields = numbers(bytes)
        return fields.count > 1 ? Int(fields[1]) * Int(getpagesize()) : 0
    }

    /// Bytes of memory that `pid` keeps, shared pages divided among those who share; nil when the kernel does not tell.
    static func proportionalBytes(_ pid: Int32) -> Int? {
        guard let bytes = contents("/proc/\(pid)/smaps_rollup", limit: 8192) else { return nil }
        for line in bytes.split(separator: UInt8(ascii: "\n")) where line.starts(with: "Pss:".utf8) {
            return numbers(Array(line.dropFirst(4))).first.map { Int($0) * 1024 }
        }
        return nil
    }

    private static func children(ofAllThreadsOf pid: Int32) -> [Int32] {
        guard let folder = opendir("/proc/\(pid)/task") else { return [] }
        defer { closedir(folder) }
        var found: [Int32] = []
        while let entry = readdir(folder) {
            let thread = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard thread.utf8.first != UInt8(ascii: ".") else { continue }
            guard let list = contents("/proc/\(pid)/task/\(thread)/children") else { return children(of: pid) }
            found += numbers(list)
        }
        return found
    }

    private static func parent(of pid: Int32) -> Int32? { stat(pid).flatMap { $0.count > 1 ? Int32($0[1]) : nil } }

    private static func numbers(_ bytes: [UInt8]) -> [Int32] {
        bytes.split { $0 == 32 || $0 == 10 || $0 == 9 }.compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
    }
}

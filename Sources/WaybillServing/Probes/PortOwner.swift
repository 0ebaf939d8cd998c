import Glibc

/// Who listens on a port of this machine: proof that an answer comes from the replica and not from whatever took its port.
enum PortOwner: Hashable, Sendable {
    case nobody
    /// A process of the replica.
    case replica
    /// Somebody else.
    case stranger

    /// Looks at the sockets that listen on `port` and at the descriptors of `keeper`'s processes. Blocks for as long as reading `/proc` takes.
    static func of(_ port: Int, keeper: Int32) -> PortOwner {
        let sockets = listeners(on: port)
        guard !sockets.isEmpty else { return .nobody }
        var own: Set<String> = []
        for process in ProcessTable.tree(of: keeper).dropFirst() {
            for descriptor in Disk.names(in: "/proc/\(process)/fd") {
                guard let link = Disk.link("/proc/\(process)/fd/\(descriptor)"), sockets.contains(link) else {
                    continue
                }
                own.insert(link)
            }
            if own == sockets { break }
        }
        return own == sockets ? .replica : .stranger
    }

    /// `socket:[inode]` of each listening TCP socket of the port.
    private static func listeners(on port: Int) -> Set<String> {
        let hex = String(port, radix: 16, uppercase: true)
        let suffix = Array((":" + String(repeating: "0", count: max(0, 4 - hex.utf8.count)) + hex).utf8)
        var found: Set<String> = []
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            for line in (Disk.read(table, limit: 64 << 20) ?? []).split(separator: 10) {
                let fields = line.split(separator: 32, maxSplits: 10)
                guard fields.count > 9, fields[1].suffix(suffix.count).elementsEqual(suffix),
                    fields[3].elementsEqual("0A".utf8)
                else { continue }
                found.insert("socket:[\(String(decoding: fields[9], as: UTF8.self))]")
            }
        }
        return found
    }
}

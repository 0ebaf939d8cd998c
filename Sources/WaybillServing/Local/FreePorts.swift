import Glibc
import WaybillCore

/// Picks ports for a replica: of the range, named by nobody, and free on this machine at this moment.
struct FreePorts {
    let range: ClosedRange<Int>
    /// Ports of live replicas, of replicas being started, and of every backend that a published table may name.
    let taken: Set<Int>

    /// `count` ports, looked for from a place that `turn` decides, so that a port is not used again at once.
    func pick(_ count: Int, turn: UInt64) throws(Failure) -> [Int] {
        var found: [Int] = []
        let start = Int(turn % UInt64(range.count))
        for offset in 0..<range.count where found.count < count {
            let port = range.lowerBound + (start + offset) % range.count
            if !taken.contains(port), Self.isFree(port) { found.append(port) }
        }
        guard found.count == count else {
            throw Failure(
                .retry, reason: "NoFreePort",
                message: "\(count) ports are needed and \(found.count) are free in \(range.lowerBound)-"
                    + "\(range.upperBound); widen the range of ports or stop what uses it")
        }
        return found
    }

    /// Whether a listener could be made on it now, on every address.
    static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return code == 0
    }
}

import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import WaybillCore

/// Asks one replica one question over loopback.
struct ProbeCheck: Sendable {
    let client: HTTPClient

    /// Whether the replica's own process answers `check` on `port`, within `timeout`.
    func ask(_ check: Probe.Check, port: Int, keeper: Int32, timeout: Duration) async -> ProbeState.Result {
        let answer =
            switch check {
            case .http(let path): await get(path, port: port, timeout: timeout)
            case .tcp: await offloaded { Self.connect(to: port, timeout: timeout) }
            }
        guard answer == .passed else { return answer }
        switch await offloaded({ PortOwner.of(port, keeper: keeper) }) {
        case .replica: return .passed
        case .nobody: return .failed("port \(port) was closed at once")
        case .stranger: return .stranger("port \(port) belongs to a process that is not the replica's")
        }
    }

    private func get(_ path: String, port: Int, timeout: Duration) async -> ProbeState.Result {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.headers.add(name: "connection", value: "close")
        request.headers.add(name: "user-agent", value: "waybill-probe")
        do {
            let response = try await client.execute(request, timeout: .nanoseconds(timeout.milliseconds * 1_000_000))
            let isGood = (200..<300).contains(Int(response.status.code))
            return isGood ? .passed : .failed("GET \(path) on port \(port) answered \(response.status.code)")
        } catch let error as HTTPClientError {
            return .failed("GET \(path) on port \(port): \(error.shortDescription)")
        } catch {
            return .failed("GET \(path) on port \(port): no connection")
        }
    }

    /// Blocks, at most for `timeout`.
    private static func connect(to port: Int, timeout: Duration) -> ProbeState.Result {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_INET, kind, 0)
        guard descriptor >= 0 else { return .failed("no socket for a probe of port \(port)") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if code == 0 { return .passed }
        var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        let wait = Int32(clamping: timeout.milliseconds)
        guard errno == EINPROGRESS, poll(&polled, 1, wait) > 0, polled.revents & Int16(POLLERR | POLLHUP) == 0 else {
            return .failed("port \(port) accepts no connection")
        }
        return .passed
    }
}

import Glibc
import WaybillCore

/// The gateway's listening TCP socket. One owner; closing it leaves the copies that the server and a successor hold.
struct ListeningSocket: ~Copyable {
    let descriptor: CInt

    /// Takes over an open descriptor.
    init(adopting descriptor: CInt) { self.descriptor = descriptor }

    /// - Throws: `Failure` (retry) when the address is taken.
    init(at address: ListenAddress) throws(Failure) {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        descriptor = socket(address.isIPv6 ? AF_INET6 : AF_INET, type, 0)
        var yes: CInt = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
        guard descriptor >= 0, Self.bind(descriptor, address) == 0, listen(descriptor, Self.backlog) == 0 else {
            let reason = String(cString: strerror(errno))
            throw Failure(
                .retry, reason: "AddressUnavailable",
                message:
                    "gateway: cannot listen on \(address): \(reason); stop what listens there or choose another port")
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    static let backlog: CInt = 4096

    /// Another descriptor of the same socket, closed on exec.
    func duplicate() -> CInt { fcntl(descriptor, F_DUPFD_CLOEXEC, 3) }

    var address: ListenAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { return nil }
        var host = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let port: UInt16? = withUnsafePointer(to: &storage) { pointer in
            switch Int32(pointer.pointee.ss_family) {
            case AF_INET:
                pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
                    var inner = address.pointee.sin_addr
                    inet_ntop(AF_INET, &inner, &host, socklen_t(host.count))
                    return UInt16(bigEndian: address.pointee.sin_port)
                }
            case AF_INET6:
                pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
                    var inner = address.pointee.sin6_addr
                    inet_ntop(AF_INET6, &inner, &host, socklen_t(host.count))
                    return UInt16(bigEndian: address.pointee.sin6_port)
                }
            default: nil
            }
        }
        guard let port else { return nil }
        let text = String(decoding: host.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return ListenAddress(host: text, port: Int(port))
    }

    private static func bind(_ descriptor: CInt, _ address: ListenAddress) -> CInt {
        if address.isIPv6 {
            var storage = sockaddr_in6()
            storage.sin6_family = sa_family_t(AF_INET6)
            storage.sin6_port = UInt16(address.port).bigEndian
            inet_pton(AF_INET6, address.host, &storage.sin6_addr)
            return bind(descriptor, &storage)
        }
        var storage = sockaddr_in()
        storage.sin_family = sa_family_t(AF_INET)
        storage.sin_port = UInt16(address.port).bigEndian
        inet_pton(AF_INET, address.host, &storage.sin_addr)
        return bind(descriptor, &storage)
    }

    private static func bind<Address>(_ descriptor: CInt, _ address: inout Address) -> CInt {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }
}

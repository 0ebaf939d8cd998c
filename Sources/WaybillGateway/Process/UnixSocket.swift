import Glibc
import WaybillCore

/// Local stream sockets with owner-only files.
enum UnixSocket {
    /// A listening socket at `path`, 0600 from the first moment that anybody can find it, replacing what was there.
    static func listen(at path: String) throws(Failure) -> CInt {
        let temporary = path + ".\(getpid())"
        unlink(temporary)
        let descriptor = try make()
        guard withAddress(temporary, { bind(descriptor, $0, $1) }) == 0, chmod(temporary, 0o600) == 0,
            Glibc.listen(descriptor, 64) == 0, rename(temporary, path) == 0
        else {
            let reason = String(cString: strerror(errno))
            unlink(temporary)
            close(descriptor)
            throw Failure(.retry, reason: "SocketUnavailable", message: "cannot listen at \(path): \(reason)")
        }
        return descriptor
    }

    /// A connection to the socket at `path`, whose reads and writes give up after `seconds`.
    static func connect(to path: String, timeout: Duration) throws(Failure) -> CInt {
        let descriptor = try make()
        setTimeout(descriptor, timeout)
        guard withAddress(path, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw Failure(.retry, reason: "SocketUnavailable", message: "cannot connect to \(path): \(reason)")
        }
        return descriptor
    }

    static func setTimeout(_ descriptor: CInt, _ timeout: Duration) {
        let nanoseconds = timeout.inNanoseconds
        var value = timeval(
            tv_sec: Int(nanoseconds / 1_000_000_000), tv_usec: Int(nanoseconds % 1_000_000_000 / 1000))
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &value, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &value, socklen_t(MemoryLayout<timeval>.size))
    }

    private static func make() throws(Failure) -> CInt {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else {
            throw Failure(
                .retry, reason: "SocketUnavailable",
                message: "cannot make a socket: \(String(cString: strerror(errno)))")
        }
        return descriptor
    }

    /// A path past the 107 bytes of an address is reached through its folder's descriptor.
    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
        guard path.utf8.count > 107, let slash = path.lastIndex(of: "/") else { return withShortAddress(path, body) }
        let folder = open(String(path[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return -1 }
        defer { close(folder) }
        return withShortAddress("/proc/self/fd/\(folder)\(path[slash...])", body)
    }

    private static func withShortAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            errno = ENAMETOOLONG
            return -1
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

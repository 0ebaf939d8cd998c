@preconcurrency import Dispatch
import Foundation
import Glibc
import WaybillCore

/// What a process that outlives its parent sets right at its start.
enum ProcessSurroundings {
    /// Ignores what a dead terminal or reader would send, raises the limit of descriptors, and closes network sockets
    /// and listeners that the parent left open: a listener of the controller held here would keep its port taken.
    static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGHUP, SIG_IGN)
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        closeInheritedSockets()
    }

    private static func closeInheritedSockets() {
        let folder = "/proc/self/fd"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            guard let descriptor = CInt(name), descriptor > 2,
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)"),
                target.hasPrefix("socket:"), isNetwork(descriptor) || isListening(descriptor)
            else { continue }
            close(descriptor)
        }
    }

    /// Pairs of local sockets stay: a parent may watch for our end by one.
    private static func isNetwork(_ descriptor: CInt) -> Bool { option(SO_DOMAIN, of: descriptor) != AF_UNIX }

    private static func isListening(_ descriptor: CInt) -> Bool { option(SO_ACCEPTCONN, of: descriptor) == 1 }

    private static func option(_ name: CInt, of descriptor: CInt) -> CInt {
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        getsockopt(descriptor, SOL_SOCKET, name, &value, &length)
        return value
    }

    static func makeStateFolder(_ path: String) throws(Failure) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Failure(
                .stall, reason: "StateFolderUnusable",
                message: "gateway: cannot make the state folder \(path): \(error.localizedDescription)")
        }
    }

    /// SIGTERM and SIGINT as they come.
    static func stopSignals() -> AsyncStream<CInt> {
        AsyncStream { continuation in
            let sources = [SIGTERM, SIGINT].map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { continuation.yield(number) }
                source.activate()
                return source
            }
            continuation.onTermination = { _ in for source in sources { source.cancel() } }
        }
    }
}

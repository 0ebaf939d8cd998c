import Glibc
import NIOCore
package import WaybillCore

/// Who is at the other end of a Unix socket, as the kernel says (`SO_PEERCRED`, unix(7)): the process that connected.
///
/// Laid out as the C `struct ucred`, which is what the kernel fills in.
struct PeerCredentials: Sendable {
    var pid: Int32
    var uid: UInt32
    var gid: UInt32

    /// - Throws: when `channel` is no socket.
    static func of(_ channel: any Channel) async throws -> PeerCredentials {
        guard let provider = channel as? any SocketOptionProvider else {
            throw Failure(.stall, reason: "NoPeer", message: "the connection is not a socket")
        }
        return try await provider.unsafeGetSocketOption(
            level: SocketOptionLevel(SOL_SOCKET), name: SocketOptionName(SO_PEERCRED)
        ).get()
    }

    /// The peer as the ledger names it.
    var actor: Actor { .unixUser(uid) }

    /// The name of a user of this machine; nil when the user database has none.
    static func name(of uid: UInt32) -> String? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        let code = getpwuid_r(uid, &entry, &buffer, buffer.count, &found)
        guard code == 0, found != nil, let name = entry.pw_name else { return nil }
        return String(cString: name)
    }
}

extension Actor {
    /// A user of this machine, by the name that the user database has.
    package static func unixUser(_ uid: UInt32) -> Actor {
        .unixUser(uid: uid, name: PeerCredentials.name(of: uid) ?? "unknown")
    }
}

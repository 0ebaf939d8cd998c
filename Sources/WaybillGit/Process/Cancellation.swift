import Glibc

/// Lets one thread wake another that waits in `poll`. Signalling twice, or after the end, does nothing.
final class Cancellation: Sendable {
    private let sockets: SocketPair

    init() throws(SystemError) { sockets = try SocketPair() }

    /// Readable once `signal` was called.
    var descriptor: Int32 { sockets.theirs.raw }

    func signal() {
        var byte: UInt8 = 1
        _ = send(sockets.ours.raw, &byte, 1, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
    }
}

import Synchronization

/// One replica behind the gateway: the same object for as long as any table names this replica at this port, so that its
/// requests in flight are counted across tables and loops.
final class Backend: Sendable {
    struct Identity: Hashable, Sendable {
        var replica: String
        var port: Int
    }

    let identity: Identity
    let revision: String
    let version: String
    /// Requests in flight, from the choice of this backend to the end of its answer.
    let outstanding = Atomic<Int>(0)
    /// Until when (monotonic nanoseconds) others are preferred, because a connection to it failed.
    let restingUntil = Atomic<UInt64>(0)

    init(identity: Identity, revision: String, version: String) {
        self.identity = identity
        self.revision = revision
        self.version = version
    }
}

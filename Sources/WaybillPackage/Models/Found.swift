import Synchronization

/// Rotten blobs that several tasks find.
final class Found: Sendable {
    private let found = Mutex<[ContentStore.Quarantined]>([])

    func add(_ one: ContentStore.Quarantined) { found.withLock { $0.append(one) } }
    var all: [ContentStore.Quarantined] { found.withLock { $0.sorted { $0.digest < $1.digest } } }
}

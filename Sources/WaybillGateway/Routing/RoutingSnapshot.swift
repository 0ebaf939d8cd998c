/// A route table as the loops use it: immutable, shared by all of them, replaced whole.
final class RoutingSnapshot: Sendable {
    let generation: UInt64
    private let entries: [Substring: RouteEntry]
    private let current: Set<ObjectIdentifier>

    init(generation: UInt64, entries: [RouteEntry]) {
        self.generation = generation
        self.entries = Dictionary(
            entries.map { (Substring($0.key), $0) }, uniquingKeysWith: { first, _ in first })
        current = Set(entries.lazy.flatMap(\.backends).map { ObjectIdentifier($0) })
    }

    /// - Parameter key: `environment/deployment`.
    func route(_ key: Substring) -> RouteEntry? { entries[key] }

    func isInRotation(_ backend: Backend) -> Bool { current.contains(ObjectIdentifier(backend)) }

    var routes: Dictionary<Substring, RouteEntry>.Values { entries.values }

    /// Replicas by `environment/deployment`.
    var rotation: [String: [String]] {
        Dictionary(
            entries.values.lazy.map { ($0.key, $0.backends.map(\.identity.replica)) },
            uniquingKeysWith: { first, _ in first })
    }

    static let empty = RoutingSnapshot(generation: 0, entries: [])
}

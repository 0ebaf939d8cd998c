/// A route table as the loops use it: immutable, shared by all of them, replaced whole.
final class RoutingSnapshot: Sendable {
    let generation: UInt64
    /// No other snapshot has it, of this process or another.
    let mark = String(UInt64.random(in: .min ... .max), radix: 16)
    private let entries: [Substring: RouteEntry]
    private let current: Set<ObjectIdentifier>

    init(generation: UInt64, entries: [RouteEntry]) {
        self.generation = generation
        // Sized at once: growing would hash every key again and again.
        var entriesByKey = [Substring: RouteEntry](minimumCapacity: entries.count)
        var current = Set<ObjectIdentifier>(minimumCapacity: entries.count)
        for entry in entries {
            entriesByKey[Substring(entry.key)] = entry
            for backend in entry.backends { current.insert(ObjectIdentifier(backend)) }
        }
        self.entries = entriesByKey
        self.current = current
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

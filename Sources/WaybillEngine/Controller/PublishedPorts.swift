import Synchronization
package import WaybillCore

/// Ports that a gateway may still send requests to: those of the table in force, and of tables replaced a moment ago.
package final class PublishedPorts: Sendable {
    private struct State: Sendable {
        var current: Set<Int>
        var replaced: [(ports: Set<Int>, until: Timestamp)] = []
    }

    private let state: Mutex<State>
    private let clock: any WallClock
    /// Longer than any gateway takes to read a new table.
    private static let memory = Duration.seconds(30)

    package init(table: RouteTable?, clock: any WallClock) {
        state = Mutex(State(current: table?.ports ?? []))
        self.clock = clock
    }

    /// None of these may be given to a new replica.
    package var ports: Set<Int> {
        let now = clock.now()
        return state.withLock { state in
            state.replaced.removeAll { $0.until < now }
            return state.replaced.reduce(into: state.current) { $0.formUnion($1.ports) }
        }
    }

    /// `table` is about to be published; called before, so that a port is reserved from the first moment on.
    func replace(with table: RouteTable) {
        let until = clock.now() + Self.memory
        state.withLock { state in
            state.replaced.append((state.current, until))
            state.current = table.ports
        }
    }
}

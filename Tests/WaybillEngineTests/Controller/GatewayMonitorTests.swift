import Synchronization
import Testing
import WaybillCore
import WaybillEngine
import WaybillTestSupport

/// What is asked of the gateway however many look.
struct GatewayMonitorTests {
    /// Answers when it is let, with the generation that it had when it was asked.
    private final class SlowGateway: GatewayControl {
        let turnstile = Turnstile()
        private let state = Mutex((generation: UInt64(0), asked: 0))
        var asked: Int { state.withLock(\.asked) }

        func status() async -> GatewayStatus? {
            let generation = state.withLock { state in
                state.asked += 1
                return state.generation
            }
            await turnstile.pass()
            return GatewayStatus(generation: generation, pid: 1, address: "127.0.0.1:8080", build: "test")
        }

        func counts(of key: DeploymentKey) async -> GatewayCounts? { nil }

        func publish(_ table: RouteTable, ticket: Ticket) async throws(Failure) {
            state.withLock { $0.generation = table.generation }
        }
    }

    /// A clock that stands.
    private struct Standing: WallClock {
        func now() -> Timestamp { Timestamp(milliseconds: 1_000_000) }
    }

    @Test func `those who look at once are told by one question`() async throws {
        let gateway = SlowGateway()
        let monitor = GatewayMonitor(gateway: gateway, clock: Standing())
        gateway.turnstile.close()
        let answers = try await withThrowingTaskGroup(of: UInt64?.self) { group in
            for _ in 0..<20 { group.addTask { await monitor.status()?.generation } }
            try await eventually("all wait") { await monitor.waitingCount == 19 }
            gateway.turnstile.open()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers == [UInt64?](repeating: 0, count: 20))
        #expect(gateway.asked == 1)
    }

    @Test func `an answer that was under way when a table was published is not believed`() async throws {
        let gateway = SlowGateway()
        let monitor = GatewayMonitor(gateway: gateway, clock: Standing())
        gateway.turnstile.close()
        async let status = monitor.status()
        try await eventually("it is asked") { gateway.turnstile.waiting == 1 }
        try await gateway.publish(
            RouteTable(generation: 7, routes: []), ticket: try await RecordedLedger().ticket())
        await monitor.forget()
        gateway.turnstile.open()
        #expect(await status?.generation == 7)
        #expect(await monitor.status()?.generation == 7)
        #expect(gateway.asked == 2)
    }
}

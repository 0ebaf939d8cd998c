import Testing
import WaybillCore

@testable import WaybillEngine

struct EngineQueueTests {
    private func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }
    private func key(_ name: String) throws -> DeploymentKey { try DeploymentKey(parsing: "production/\(name)") }

    @Test func `the earlier request wins and each key is there once`() throws {
        var queue = KeyQueue()
        let (a, b) = (try key("a"), try key("b"))
        queue.schedule(a, at: time(50))
        queue.schedule(b, at: time(20))
        queue.schedule(a, at: time(90))
        queue.schedule(a, at: time(10))
        #expect(queue.count == 2)
        #expect(queue.take(dueAt: time(9)) == nil)
        #expect(queue.take(dueAt: time(100)) == a)
        #expect(queue.take(dueAt: time(100)) == b)
        #expect(queue.take(dueAt: time(100)) == nil)
    }

    @Test func `equal times are served in the order of asking, removed keys are not`() throws {
        var queue = KeyQueue()
        let keys = try (0..<20).map { try key("k\($0)") }
        for key in keys { queue.schedule(key, at: time(5)) }
        queue.remove(keys[3])
        var taken: [DeploymentKey] = []
        while let key = queue.take(dueAt: time(5)) { taken.append(key) }
        #expect(taken == keys.filter { $0 != keys[3] })
    }

    @Test func `the engine's clock goes on when the wall clock goes back`() {
        var clock = EngineClock(startingAt: time(1000))
        clock.advance(to: time(1500))
        clock.advance(to: time(200))
        #expect(clock.now == time(1500))
        clock.advance(to: time(300))
        #expect(clock.now == time(1600))
        #expect(clock.wall(time(1600)) == time(300))
    }

    @Test func `deployments at rest are looked at together`() throws {
        var bench = try Bench()
        bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
        bench.settle()
        var looks: Set<Int64> = []
        for _ in 0..<20 {
            let look = try #require(bench.core.summary(of: bench.key)?.nextLook)
            looks.insert(look.milliseconds % 2000)
            #expect(look > bench.now && look <= bench.now + .seconds(752))
            bench.settle(for: .seconds(800))
        }
        #expect(looks == [0])
    }

    @Test(arguments: [(1999, 2000, 2000), (2000, 2000, 2000), (2001, 2000, 4000), (2001, 0, 2001)])
    func `a moment is put off to the next multiple`(_ row: (milliseconds: Int64, grain: Int, expected: Int64)) {
        #expect(time(row.milliseconds).roundedUp(to: .milliseconds(row.grain)) == time(row.expected))
    }

    @Test(arguments: [(1, 0.0, 500), (1, 1.0, 1000), (4, 1.0, 8000), (10, 1.0, 300_000), (60, 0.0, 150_000)])
    func `back-off doubles up to its cap`(_ row: (failures: Int, jitter: Double, milliseconds: Int64)) {
        let delay = EnginePolicy().backOff(afterFailures: row.failures, jitter: row.jitter)
        #expect(delay.milliseconds == row.milliseconds)
    }
}

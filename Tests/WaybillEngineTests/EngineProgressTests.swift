import Testing
import WaybillCore
import WaybillEngine

/// Preparations that take long: a slow download is no ill health.
struct EngineProgressTests {
    /// A preparation under way, with the request for it.
    private func preparing() throws -> (bench: Bench, request: ActRequest) {
        var bench = try Bench(policy: EnginePolicy(prepareDeadline: .seconds(3600)))
        let effects = bench.core.step(.desired(bench.delta(setting: 1, replicas: 1)), at: bench.now)
        let looks = effects.compactMap { if case .observe(let request) = $0 { request } else { nil } }
        let look = try #require(looks.first)
        let begun = bench.core.step(.observed(look.id, look.key, .success(bench.observation)), at: bench.now)
        let acts = begun.compactMap { if case .perform(let request) = $0 { request } else { nil } }
        return (bench, try #require(acts.first))
    }

    private func cancels(_ effects: [Effect]) -> Bool {
        effects.contains { if case .cancel = $0 { true } else { false } }
    }

    @Test func `one that gets on is never cut short, and one that does not is`() throws {
        var (bench, request) = try preparing()
        guard case .prepare(let revision) = request.action else { return }
        for _ in 0..<10 {
            bench.now = bench.now + .seconds(3000)
            #expect(!cancels(bench.core.step(.progressed(revision), at: bench.now)))
            #expect(!cancels(bench.core.step(.wake, at: bench.now)))
        }
        bench.now = bench.now + .seconds(3599)
        #expect(!cancels(bench.core.step(.wake, at: bench.now)))
        bench.now = bench.now + .seconds(1)
        #expect(cancels(bench.core.step(.wake, at: bench.now)))
        // Bytes that arrive while it ends do not bring it back.
        #expect(!cancels(bench.core.step(.progressed(revision), at: bench.now)))
        let answer = Failure(.retry, reason: "TookTooLong", message: "it took too long and was cut short")
        _ = bench.core.step(.performed(request.id, request.key, answer), at: bench.now)
        #expect(bench.core.busyBuilders == 0)
    }

    @Test func `progress of another revision gives no time`() throws {
        var (bench, _) = try preparing()
        let other = bench.deployment(setting: 2, replicas: 1).revision
        bench.now = bench.now + .seconds(3000)
        _ = bench.core.step(.progressed(other), at: bench.now)
        bench.now = bench.now + .seconds(600)
        #expect(cancels(bench.core.step(.wake, at: bench.now)))
    }
}

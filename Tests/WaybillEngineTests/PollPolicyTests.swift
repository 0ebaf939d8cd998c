import Testing
import WaybillEngine

@Suite struct PollPolicyTests {
    @Test(arguments: [
        (30, 0, 30.0), (30, 1, 1), (30, 2, 2), (30, 3, 4), (30, 8, 128), (30, 9, 256), (30, 10, 300),
        (30, 1_000_000, 300),
        (3600, 0, 3600), (3600, 10, 512), (3600, 13, 3600), (1, 0, 1), (1, 10, 300),
    ])
    func `failures in a row double the wait from one second, up to five minutes or the interval`(
        _ interval: Int, _ failures: Int, _ expected: Double
    ) {
        let policy = PollPolicy(interval: .seconds(interval))
        let half = policy.wait(afterFailures: failures, chance: 0.5)
        #expect(abs(half / .seconds(1) - expected) < 1e-6 * expected)
        let (least, most) = (
            policy.wait(afterFailures: failures, chance: 0), policy.wait(afterFailures: failures, chance: 1)
        )
        #expect(abs(least / half - 0.9) < 1e-9 && abs(most / half - 1.1) < 1e-9)
    }
}

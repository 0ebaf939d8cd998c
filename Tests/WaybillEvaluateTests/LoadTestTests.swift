import Synchronization
import Testing
import WaybillCore

@testable import WaybillEvaluate

/// A server that is a function of how many requests came before.
private final class Server: CandidatePort {
    private let asked = Mutex(0)
    private let answer: @Sendable (Int) async throws(Failure) -> Void

    init(_ answer: @escaping @Sendable (Int) async throws(Failure) -> Void = { _ in }) { self.answer = answer }

    var count: Int { asked.withLock { $0 } }

    func ask(_ body: [UInt8]) async throws(Failure) -> [UInt8] {
        let turn = asked.withLock { count in
            defer { count += 1 }
            return count
        }
        try await answer(turn)
        return body
    }
}

@Suite struct LoadTestTests {
    private func check(rate: Int, _ length: Duration) -> LatencyCheck {
        LatencyCheck(
            requests: DataFile(source: .repository(path: "g"), digest: Digest(of: "".utf8), size: 1), rate: rate,
            length: length, bounds: [.p50: .seconds(1)])
    }

    private func answers(_ outcome: LoadTest.Outcome) throws -> [LatencyValues.Answers] {
        guard case .answers(let answers) = outcome else {
            Issue.record("\(outcome)")
            return []
        }
        return answers
    }

    @Test func `a server that stands still is charged for every request that was due meanwhile`() async throws {
        // One request in flight at a time would see one slow answer of 100; the plan sees all that were due in that second.
        let gate = Mutex<ContinuousClock.Instant?>(nil)
        let server = Server { turn in
            let clock = ContinuousClock()
            // The warm-up asks five times.
            let until = gate.withLock { until in
                if turn == 15 { until = clock.now + .seconds(1) }
                return until
            }
            if let until, clock.now < until { try? await clock.sleep(until: until) }
        }
        let found = try answers(
            await LoadTest(check(rate: 100, .seconds(2)), requests: [[1]], ports: [server]).run())
        let one = try #require(found.first)
        #expect(one.planned == 200 && one.answered == 200 && one.failed == 0)
        #expect(server.count == 205)
        // 100 of 200 requests were due while it stood: their median wait is half a second, so a quarter of all took longer.
        let slow = one.curve.points.filter { $0.upTo > 400_000 }.reduce(0) { $0 + $1.count }
        #expect(slow >= 40, "\(slow)")
        #expect(one.curve.points.reduce(0) { $0 + $1.count } == 200)
        #expect(one.curve.points.count <= LatencyCurve.mostPoints)
    }

    @Test func `answers that do not come are failures, and no request of theirs counts as fast`() async throws {
        let server = Server { turn throws(Failure) in
            if turn >= 5, turn % 2 == 0 { throw Failure(.stall, reason: "CandidateFailed", message: "500") }
        }
        let found = try answers(
            await LoadTest(check(rate: 200, .milliseconds(500)), requests: [[1], [2]], ports: [server]).run())
        #expect(found.map(\.planned) == [100] && found.map(\.answered) == [50] && found.map(\.failed) == [50])
        #expect(
            Gate(.latency(check(rate: 200, .milliseconds(500)))).judge(.latency(.init(candidate: found.first))).verdict
                == .failed)
    }

    @Test func `a server that never answers ends the load, and what was not sent is not answered`() async throws {
        let server = Server { turn in if turn >= 5 { try? await Task.sleep(for: .seconds(600)) } }
        let found = try answers(
            await LoadTest(check(rate: 2000, .seconds(2)), requests: [[1]], ports: [server]).run())
        #expect(found.map(\.answered) == [0] && found.map(\.failed) == [4000])
        #expect(found.first?.quantiles == [:])
        #expect(server.count < 1000)
    }

    @Test func `two servers are asked in turn, each as often as planned`() async throws {
        let (one, other) = (Server(), Server { _ in try? await Task.sleep(for: .milliseconds(30)) })
        let found = try answers(
            await LoadTest(check(rate: 50, .seconds(1)), requests: [[1]], ports: [one, other]).run())
        #expect(one.count == 55 && other.count == 55)
        #expect(found.map(\.answered) == [50, 50])
        let medians = found.compactMap { $0.quantiles[.p50]?.value }
        #expect(medians.count == 2 && (medians.last ?? 0) >= 30_000)
    }

    @Test func `the load is broken off when what serves suffers, and when it is cancelled`() async throws {
        let server = Server()
        let asked = Mutex(0)
        let outcome = await LoadTest(
            check(rate: 100, .seconds(60)), requests: [[1]], ports: [server],
            watch: {
                asked.withLock {
                    $0 += 1; return $0 > 1 ? "it suffers" : nil
                }
            }
        ).run()
        #expect(outcome == .stopped("it suffers"))
        #expect(server.count < 1000)
        let task = Task { await LoadTest(check(rate: 100, .seconds(60)), requests: [[1]], ports: [server]).run() }
        task.cancel()
        #expect(await task.value == .stopped("it was broken off"))
        #expect(
            await LoadTest(check(rate: 100, .seconds(60)), requests: [], ports: [server]).run()
                == .stopped("there are no requests to send"))
    }
}

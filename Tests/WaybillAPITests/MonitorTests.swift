import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import WaybillAPI
import WaybillCore

@Suite struct MonitorTests {
    private func get(_ path: String, _ sources: MonitorServer.Sources) async throws -> Answer {
        let answer = Answer()
        try await withMonitor(MonitorServer.Settings(host: "127.0.0.1", port: 0), sources) { port in
            let request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
            let response = try await HTTPClient.prompt.execute(request, timeout: .seconds(30))
            answer.set(UInt(response.status.code), String(buffer: try await response.body.collect(upTo: 100_000)))
        }
        return answer
    }

    @Test func `readiness fails while a loop has stalled and comes back`() async throws {
        let heartbeat = HeartbeatAt(ContinuousClock.now)
        heartbeat.pulse.beat("git", within: .seconds(60))
        heartbeat.pulse.beat("engine", within: .seconds(5))
        let sources = MonitorServer.Sources(metrics: Metrics(), heartbeat: heartbeat.pulse, onPush: {})
        #expect(try await get("/readyz", sources).text == "ready\n")
        heartbeat.advance(.seconds(7))
        let stalled = try await get("/readyz", sources)
        #expect(stalled.status == 503)
        #expect(stalled.text == "not ready: engine: not heard of for 7 s\n")
        #expect(try await get("/healthz", sources).status == 200)
        heartbeat.pulse.beat("engine", within: .seconds(5))
        #expect(try await get("/readyz", sources).status == 200)
    }

    @Test func `a controller without a loop is still starting`() async throws {
        let sources = MonitorServer.Sources(metrics: Metrics(), heartbeat: Heartbeat(), onPush: {})
        #expect(try await get("/readyz", sources).text == "not ready: still starting\n")
    }

    @Test func `other problems make it unready`() async throws {
        let heartbeat = Heartbeat()
        heartbeat.beat("engine", within: .seconds(3600))
        let sources = MonitorServer.Sources(
            metrics: Metrics(), heartbeat: heartbeat, problems: { ["the ledger cannot be written"] }, onPush: {})
        #expect(try await get("/readyz", sources).text == "not ready: the ledger cannot be written\n")
    }

    @Test func `there is no webhook address without a secret`() async throws {
        let sources = MonitorServer.Sources(metrics: Metrics(), heartbeat: Heartbeat(), onPush: {})
        #expect(try await get("/hooks/git", sources).status == 404)
    }

    @Test func `an address in use is told with what to do`() async throws {
        let sources = MonitorServer.Sources(metrics: Metrics(), heartbeat: Heartbeat(), onPush: {})
        try await withMonitor(MonitorServer.Settings(host: "127.0.0.1", port: 0), sources) { port in
            let second = MonitorServer(
                settings: MonitorServer.Settings(host: "127.0.0.1", port: port), sources: sources, logger: silentLogger)
            await #expect(
                throws: Failure(
                    .stall, reason: "CannotListen",
                    message: "127.0.0.1:\(port): cannot listen there: Address already in use; choose another address "
                        + "with --metrics-address")
            ) {
                try await second.run()
            }
        }
    }

    @Test func `metrics are brought up to date and written for Prometheus`() async throws {
        let metrics = Metrics()
        metrics.count(.reconciles, ["outcome": "done"], by: 2)
        metrics.observe(.appendSeconds, .milliseconds(3))
        metrics.observe(.appendSeconds, .seconds(400))
        let sources = MonitorServer.Sources(
            metrics: metrics, heartbeat: Heartbeat(), refresh: { metrics.set(.queueDepth, to: 3) }, onPush: {})
        let text = try await get("/metrics", sources).text
        let bounds = ["0.001", "0.0025"]
        let above = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "30", "60", "300"]
        let name = "waybill_ledger_append_duration_seconds"
        let buckets =
            bounds.map { "\(name)_bucket{le=\"\($0)\"} 0\n" } + above.map { "\(name)_bucket{le=\"\($0)\"} 1\n" }
        #expect(
            text == "# HELP \(name) From an append to its durability.\n# TYPE \(name) histogram\n" + buckets.joined()
                + "\(name)_bucket{le=\"+Inf\"} 2\n\(name)_sum 400.003\n\(name)_count 2\n" + """
                    # HELP waybill_queue_depth Deployments that wait to be reconciled.
                    # TYPE waybill_queue_depth gauge
                    waybill_queue_depth 3
                    # HELP waybill_reconciles_total Rounds of a deployment (observe, plan, act, summarise) by outcome (settled, acted, waiting, failed).
                    # TYPE waybill_reconciles_total counter
                    waybill_reconciles_total{outcome="done"} 2

                    """)
    }

    @Test func `label values cannot break the format or fill the memory`() {
        let metrics = Metrics([MetricDescription("waybill_test_total", .counter, help: "a\\b\nc")])
        metrics.count("waybill_test_total", ["name": "x\"\n\\y"])
        #expect(
            metrics.prometheusText
                == "# HELP waybill_test_total a\\\\b\\nc\n# TYPE waybill_test_total counter\n"
                + "waybill_test_total{name=\"x\\\"\\n\\\\y\"} 1\n")
        for number in 0..<1000 { metrics.count("waybill_test_total", ["name": "\(number)"]) }
        let lines = metrics.prometheusText.split(separator: "\n")
        #expect(lines.count == Metrics.mostSeries + 3)
        #expect(lines.contains("waybill_test_total{name=\"other\"} 801"))
    }
}

/// A heartbeat whose time the test moves.
final class HeartbeatAt: Sendable {
    private let time: Instant
    let pulse: Heartbeat

    init(_ start: ContinuousClock.Instant) {
        let time = Instant(start)
        self.time = time
        pulse = Heartbeat(now: { time.now })
    }

    func advance(_ duration: Duration) { time.advance(duration) }

    private final class Instant: Sendable {
        private let value: Mutex<ContinuousClock.Instant>
        init(_ start: ContinuousClock.Instant) { value = Mutex(start) }
        var now: ContinuousClock.Instant { value.withLock { $0 } }
        func advance(_ duration: Duration) { value.withLock { $0 = $0 + duration } }
    }
}

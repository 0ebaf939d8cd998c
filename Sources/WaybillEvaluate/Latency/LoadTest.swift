import Synchronization
package import WaybillCore

/// Asks replicas at a fixed rate that does not wait for answers (an open loop), and counts each latency from the moment at which its
/// request was due: a replica that stands still is charged for every request that had to wait (no coordinated omission).
///
/// Several replicas are asked in the same run, in turn, so that what else the machine does concerns all of them alike.
package struct LoadTest: Sendable {
    package var check: LatencyCheck
    /// Bodies of requests, asked in turn.
    package var requests: [[UInt8]]
    /// Those who are asked.
    package var ports: [any CandidatePort]
    /// Why the load must end, if it must: asked a few times a second.
    package var watch: @Sendable () async -> String?

    package init(
        _ check: LatencyCheck, requests: [[UInt8]], ports: [any CandidatePort],
        watch: @escaping @Sendable () async -> String? = { nil }
    ) {
        self.check = check
        self.requests = requests
        self.ports = ports
        self.watch = watch
    }

    package enum Outcome: Hashable, Sendable {
        /// Of each port.
        case answers([LatencyValues.Answers])
        /// It was broken off, for this reason.
        case stopped(String)
    }

    /// Requests without an answer at once, of one port, past which it does not keep up.
    private static let mostWaiting = 512
    /// How long answers are waited for after the last request.
    private static let patience = Duration.seconds(10)
    private static let warmUp = 5

    /// Takes about as long as the check says, and at most ten seconds more.
    package func run(on clock: ContinuousClock = ContinuousClock()) async -> Outcome {
        guard !requests.isEmpty, !ports.isEmpty else { return .stopped("there are no requests to send") }
        let course = LoadCourse(ports: ports.count)
        for port in ports {
            // The first requests pay for connections and caches that a server has once.
            for index in 0..<Self.warmUp { _ = try? await port.ask(requests[index % requests.count]) }
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await look(course) }
            await send(course, clock, in: &group)
            let end = clock.now + Self.patience
            while course.waiting > 0, !course.isOver, clock.now < end { try? await clock.sleep(for: .milliseconds(10)) }
            course.finish()
            group.cancelAll()
        }
        if let why = course.stopped { return .stopped(why) }
        if Task.isCancelled { return .stopped("it was broken off") }
        return .answers(ports.indices.map { course.answers(of: $0, planned: check.planned) })
    }

    /// The moments are those of the plan, whatever became of the requests before.
    private func send(_ course: LoadCourse, _ clock: ContinuousClock, in group: inout TaskGroup<Void>) async {
        let interval = Duration.nanoseconds(1_000_000_000 / Int64(check.rate) / Int64(ports.count))
        let start = clock.now + .milliseconds(20)
        for turn in 0..<(check.planned * ports.count) {
            let due = start + interval * turn
            if clock.now < due { try? await clock.sleep(until: due) }
            guard !Task.isCancelled, !course.isOver else { return }
            let port = turn % ports.count
            guard course.begin(port, late: due.duration(to: clock.now), most: Self.mostWaiting) else { return }
            let (asked, body) = (ports[port], requests[turn / ports.count % requests.count])
            group.addTask {
                do throws(Failure) {
                    _ = try await asked.ask(body)
                    course.answered(port, after: due.duration(to: clock.now))
                } catch { course.failed(port) }
            }
        }
    }

    private func look(_ course: LoadCourse) async {
        while !Task.isCancelled, !course.isOver {
            if let why = await watch() { course.stop(why) }
            try? await Task.sleep(for: .milliseconds(250))
        }
    }
}

/// What came of the requests of a run so far.
final class LoadCourse: Sendable {
    private struct Port {
        var histogram = LatencyHistogram()
        var waiting = 0
        var late = 0
    }

    private struct State {
        var ports: [Port]
        var stopped: String?
        var isOver = false
    }

    private let state: Mutex<State>
    /// A request that is sent so much after it was due was not sent as planned.
    private static let tolerance = Duration.milliseconds(10)

    init(ports: Int) { state = Mutex(State(ports: Array(repeating: Port(), count: ports))) }

    var waiting: Int { state.withLock { $0.ports.reduce(0) { $0 + $1.waiting } } }
    var isOver: Bool { state.withLock { $0.isOver } }
    var stopped: String? { state.withLock { $0.stopped } }

    /// False when too many requests wait: what is not sent then counts as not answered.
    func begin(_ port: Int, late: Duration, most: Int) -> Bool {
        state.withLock { state in
            guard state.ports[port].waiting < most else { return false }
            state.ports[port].waiting += 1
            if late > Self.tolerance { state.ports[port].late += 1 }
            return true
        }
    }

    /// What comes after the end is not counted.
    func answered(_ port: Int, after duration: Duration) {
        state.withLock { state in
            guard !state.isOver else { return }
            state.ports[port].waiting -= 1
            state.ports[port].histogram.record(duration)
        }
    }

    func failed(_ port: Int) {
        state.withLock { state in
            guard !state.isOver else { return }
            state.ports[port].waiting -= 1
        }
    }

    func stop(_ why: String) {
        state.withLock { state in
            if state.stopped == nil, !state.isOver { state.stopped = why }
            state.isOver = true
        }
    }

    func finish() { state.withLock { $0.isOver = true } }

    func answers(of port: Int, planned: Int) -> LatencyValues.Answers {
        let (histogram, late) = state.withLock { ($0.ports[port].histogram, $0.ports[port].late) }
        let count = Int(clamping: histogram.count)
        return LatencyValues.Answers(
            planned: planned, answered: count, failed: max(0, planned - count), late: late,
            quantiles: Dictionary(
                LatencyCheck.Percentile.allCases.compactMap { percentile in
                    histogram.interval(percentile.share).map { (percentile, $0) }
                }, uniquingKeysWith: { first, _ in first }), curve: histogram.curve)
    }
}

extension LatencyHistogram {
    /// A quantile with its 95 % interval: the order statistics 1.96 standard deviations of the binomial to either side. Nil when
    /// nothing was recorded.
    func interval(_ share: Double) -> LatencyValues.Quantile? {
        let wide = count > 0 ? 1.96 * (share * (1 - share) / Double(count)).squareRoot() : 0
        guard let value = quantile(share), let lower = quantile(share - wide), let upper = quantile(share + wide) else {
            return nil
        }
        return LatencyValues.Quantile(
            value: value.microseconds, lower: lower.microseconds, upper: upper.microseconds)
    }

    /// At most 200 bins, neighbours put together where there are more.
    var curve: LatencyCurve {
        let bins = bins
        let step = max(1, (bins.count + LatencyCurve.mostPoints - 1) / LatencyCurve.mostPoints)
        var points: [LatencyCurve.Point] = []
        for start in stride(from: 0, to: bins.count, by: step) {
            let part = bins[start..<min(start + step, bins.count)]
            let count = part.reduce(0) { $0 + Int(clamping: $1.count) }
            let upTo = part.last?.upTo.microseconds ?? 0
            if points.last?.upTo == upTo {
                points[points.count - 1].count += count
            } else {
                points.append(LatencyCurve.Point(upTo: upTo, count: count))
            }
        }
        return LatencyCurve(points: points)
    }
}

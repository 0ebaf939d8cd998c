import WaybillCore

/// What the probes of one replica have shown so far, as a value: results in, what follows out.
struct ProbeState: Hashable, Sendable {
    enum Phase: Hashable, Sendable {
        /// Nobody has looked yet: the replica was found running.
        case found
        /// The startup probe has not passed yet.
        case starting
        /// It has; the readiness probe has not.
        case started
        case ready
        case unready
        /// Condemned, for this reason: nothing more is asked. Whoever observes it decides what follows.
        case failing(reason: String)
    }

    enum Question: Hashable, Sendable { case startup, readiness, liveness }

    enum Result: Hashable, Sendable {
        case passed
        case failed(String)
        /// Somebody else answers on the replica's port: decides at once.
        case stranger(String)
    }

    enum Consequence: Hashable, Sendable {
        case nothing
        case phaseChanged
    }

    private(set) var phase: Phase
    /// What is wrong with the replica's port, if anything.
    private(set) var drift: String?
    private var failures: [Question: Int] = [:]
    private let probes: Probes

    init(_ probes: Probes, phase: Phase) {
        self.probes = probes
        self.phase = phase
    }

    /// The questions that are asked in this phase. A replica that was found running is asked whether it is ready first:
    /// it may have been for days.
    var questions: [Question] {
        switch phase {
        case .found: [.readiness]
        case .starting: [.startup]
        case .failing: []
        case .started, .ready, .unready: probes.liveness == nil ? [.readiness] : [.readiness, .liveness]
        }
    }

    func probe(for question: Question) -> Probe {
        switch question {
        case .startup: probes.startup
        case .readiness: probes.readiness
        case .liveness: probes.liveness ?? probes.readiness
        }
    }

    mutating func handle(_ question: Question, _ result: Result) -> Consequence {
        if case .failing = phase { return .nothing }
        switch (question, result) {
        case (.startup, .passed):
            failures[.startup] = 0
            phase = .started
            return .nothing
        case (.readiness, .passed):
            failures[.readiness] = 0
            drift = nil
            defer { phase = .ready }
            return phase == .ready ? .nothing : .phaseChanged
        case (.liveness, .passed), (.liveness, .stranger):
            failures[.liveness] = 0
            return .nothing
        case (.readiness, .stranger(let what)):
            drift = what
            return loseReadiness()
        case (.startup, .stranger(let what)):
            drift = what
            return count(.startup, what)
        case (_, .failed(let why)):
            return count(question, why)
        }
    }

    private mutating func count(_ question: Question, _ why: String) -> Consequence {
        if phase == .found {
            phase = .starting
            return .nothing
        }
        let times = (failures[question] ?? 0) + 1
        failures[question] = times
        guard times >= probe(for: question).failures else { return .nothing }
        switch question {
        case .startup: return fail("startup probe failed \(times) times: \(why)")
        case .liveness: return fail("liveness probe failed \(times) times: \(why)")
        case .readiness: return loseReadiness()
        }
    }

    private mutating func fail(_ reason: String) -> Consequence {
        phase = .failing(reason: reason)
        return .phaseChanged
    }

    private mutating func loseReadiness() -> Consequence {
        switch phase {
        case .found:
            phase = .starting
            return .nothing
        case .ready:
            phase = .unready
            return .phaseChanged
        case .starting, .started, .unready, .failing:
            return .nothing
        }
    }
}

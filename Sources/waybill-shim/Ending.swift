/// How a replica comes to its end, as a value: events in, actions out.
struct Ending {
    enum Phase: Equatable {
        case running
        /// Asked politely; killed at `deadline`.
        case stopping(deadline: Int64)
        /// Being killed; given up at `deadline`, as a process that hangs in the kernel cannot be.
        case killing(deadline: Int64)
        case over
    }

    enum Event {
        case stopAsked(reason: String)
        case limitPassed(reason: String)
        /// The program itself has ended; some of its children may not have.
        case programEnded
        /// Neither the program nor any child is left.
        case allGone
        case tick
    }

    enum Action: Equatable { case askGroup, killGroup, finish }

    private(set) var phase = Phase.running
    /// Why the keeper ended the replica, if it did.
    private(set) var reason: String?
    private let grace: Int64
    private static let patience: Int64 = 10_000

    init(grace: Int64) { self.grace = max(grace, 0) }

    /// When `tick` is due, by the steady clock.
    func nextTick(after now: Int64) -> Int64? {
        switch phase {
        case .running, .over: nil
        case .stopping(let deadline): deadline
        case .killing: now + 20
        }
    }

    mutating func handle(_ event: Event, now: Int64) -> [Action] {
        switch (phase, event) {
        case (.running, .stopAsked(let why)):
            phase = .stopping(deadline: now + grace)
            reason = why
            return [.askGroup]
        case (.running, .limitPassed(let why)):
            reason = why
            return kill(now)
        case (.running, .programEnded):
            return kill(now)
        case (.stopping(let deadline), .tick) where now >= deadline:
            reason = (reason ?? "told to stop") + "; it did not end within \(grace) ms and was killed"
            return kill(now)
        case (.stopping, .limitPassed):
            return kill(now)
        case (.killing(let deadline), .tick) where now >= deadline:
            reason = (reason.map { $0 + "; " } ?? "") + "some of its processes could not be killed"
            phase = .over
            return [.finish]
        case (.killing, .tick):
            return [.killGroup]
        case (.running, .allGone), (.stopping, .allGone), (.killing, .allGone):
            phase = .over
            return [.finish]
        case (.running, .tick), (.stopping, .stopAsked), (.stopping, .programEnded), (.stopping, .tick),
            (.killing, .stopAsked), (.killing, .limitPassed), (.killing, .programEnded), (.over, _):
            return []
        }
    }

    private mutating func kill(_ now: Int64) -> [Action] {
        phase = .killing(deadline: now + Self.patience)
        return [.killGroup]
    }
}

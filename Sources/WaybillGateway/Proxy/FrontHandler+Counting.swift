import NIOHTTP1

/// What becomes of requests, counted by deployment and by the revision that they were given to.
extension FrontHandler {
    /// The whole of a replica's answer.
    func countAnswer() {
        logAccess(.answered(status: exchange.status))
        guard let slot = exchange.route?.slot else { return }
        let taken = LoopClock.exact() &- exchange.startedAt
        loop.meters.answered(slot, status: exchange.status, nanoseconds: taken)
        exchange.candidate?.meter.answered(status: exchange.status, nanoseconds: taken)
    }

    /// An answer of our own. It is the revision's too when that failed; not when the client did.
    func countRefusal(_ refusal: Refusal) {
        loop.meters.refused(refusal.kind)
        logAccess(.refused(status: Int(refusal.status.code), why: refusal.kind.label))
        guard let slot = exchange.route?.slot else { return }
        let taken = LoopClock.exact() &- exchange.startedAt
        let status = Int(refusal.status.code)
        loop.meters.answered(slot, status: status, nanoseconds: taken)
        switch refusal.kind {
        case .upstreamFailed, .timedOut: exchange.candidate?.meter.answered(status: status, nanoseconds: taken)
        case .malformed, .tooLarge, .notRouted, .notServed, .notReady, .overloaded, .clientTooSlow, .notRecorded: break
        }
    }

    func countUpstreamFailure() {
        guard let slot = exchange.route?.slot else { return }
        loop.meters.upstreamFailed(slot)
        exchange.candidate?.meter.upstreamFailed()
    }

    func countCancelled() {
        logAccess(.cancelled)
        guard let slot = exchange.route?.slot else { return }
        loop.meters.cancelled(slot)
        exchange.candidate?.meter.cancelled(nanoseconds: LoopClock.exact() &- exchange.startedAt)
    }

    func countBrokenAnswer() { exchange.candidate?.meter.brokeOff() }
}

import NIOHTTP1

/// Lines for the access log, where the operator asks for one.
extension FrontHandler {
    func noteAccess(of head: HTTPRequestHead) {
        exchange.method = head.method.rawValue
        exchange.path = head.uri.prefix { $0 != "?" }
    }

    func logAccess(_ ending: AccessLine.Ending) {
        guard let access = loop.access else { return }
        let backend = exchange.candidate?.backend
        access.append(
            AccessLine(
                id: exchange.id, deployment: exchange.route?.key,
                revision: backend.map { Stamp.short(revision: $0.revision) }, version: backend?.version,
                replica: backend?.identity.replica, method: exchange.method, path: exchange.path,
                requestID: exchange.facts?.requestID, ending: ending, received: exchange.bodyReceived,
                sent: exchange.bodySent, nanoseconds: LoopClock.exact() &- exchange.startedAt),
            at: PredictionClock.now())
    }
}

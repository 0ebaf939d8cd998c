import NIOCore
import NIOHTTP1
import Synchronization
import WaybillTrust

/// Records of what passes: made here at an exchange's end, written elsewhere.
extension FrontHandler {
    /// Has the exchange recorded, when it is a prediction of the sample.
    ///
    /// - Throws: `Refusal` 503 when it must be recorded and cannot be.
    func beginRecording(_ head: HTTPRequestHead, _ path: Substring) throws(Refusal) {
        guard let recording = exchange.route?.recording, recording.takes(head.method, path, exchange.id) else { return }
        guard !recording.isRequired || loop.canRecord else {
            recording.meter.dropped.wrappingAdd(1, ordering: .relaxed)
            throw .notRecorded
        }
        exchange.recording = recording
        requestCapture.begin()
        answerCapture.begin()
    }

    func captureRequest(_ part: ByteBuffer) {
        guard exchange.recording != nil, !exchange.gathers else { return }
        requestCapture.add(part, limit: loop.limits.recordedBodyBytes, random: &loop.random)
    }

    func captureAnswer(_ part: ByteBuffer) {
        guard exchange.recording != nil else { return }
        answerCapture.add(part, limit: loop.limits.recordedBodyBytes, random: &loop.random)
    }

    /// Hands the record of the exchange over.
    ///
    /// - Parameter written: waits for it; not called when the record was dropped.
    /// - Returns: false when it was dropped, or there is none to make.
    @discardableResult
    func record(_ ending: PredictionRecord.Ending, status: Int, written: RecordWaiter? = nil) -> Bool {
        guard let recording = exchange.recording else { return false }
        exchange.recording = nil
        let answer = pendingAnswer(isComplete: ending == .answered)
        let candidate = exchange.candidate
        let prediction = PendingRecord.Prediction(
            duration: LoopClock.exact() &- exchange.startedAt, status: UInt16(clamping: status), ending: ending,
            reason: candidate?.server?.reason(for: exchange.aim) ?? .notChosen, generation: exchange.generation,
            server: candidate?.server, answer: answer.body)
        let request = pendingRequest()
        return loop.record(
            PendingRecord(
                id: exchange.id.recordID, requestID: exchange.facts?.requestID, recording: recording,
                subject: .prediction(prediction), body: request.body, written: written),
            request: request.bytes, answer: answer.bytes)
    }

    private func pendingRequest() -> (body: PendingBody, bytes: ByteBuffer?) {
        guard exchange.gathers else { return pending(&requestCapture, isComplete: exchange.requestEnded) }
        // What was gathered is still where it was sent from.
        var bytes = outbound
        bytes.moveReaderIndex(to: min(exchange.bodyStart, bytes.writerIndex))
        let body = PendingBody(
            size: UInt64(bytes.readableBytes), content: .bytes(0..<0), salt: loop.random.nextSalt(),
            isComplete: exchange.requestEnded)
        return (body, bytes)
    }

    private func pendingAnswer(isComplete: Bool) -> (body: PendingBody, bytes: ByteBuffer?) {
        pending(&answerCapture, isComplete: isComplete)
    }

    private func pending(_ capture: inout BodyCapture, isComplete: Bool) -> (body: PendingBody, bytes: ByteBuffer?) {
        let size = capture.size
        if let digest = capture.digest() {
            let body = PendingBody(size: size, content: .digest(digest), salt: capture.salt, isComplete: isComplete)
            return (body, nil)
        }
        let body = PendingBody(
            size: size, content: .bytes(0..<0), salt: loop.random.nextSalt(), isComplete: isComplete)
        return (body, capture.bytes)
    }

    // MARK: Recording that is required

    /// Ends an answer only once its record is written; what cannot be written is no answer.
    func answerWhenRecorded() {
        let id = exchange.id
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let waiter = RecordWaiter(eventLoop: loop.eventLoop) { isWritten in
            let front = bound.value
            guard front.stage == .active, front.exchange.id == id else { return }
            if isWritten { front.completeAnswer() } else { front.answerUnrecorded() }
        }
        if !record(.answered, status: exchange.status, written: waiter) { answerUnrecorded() }
    }

    private func answerUnrecorded() {
        guard !exchange.isAnswerOut else { return cutOff() }
        answer = ByteBuffer()
        exchange.answerBegun = false
        refuse(.notRecorded)
    }
}

extension PredictionID {
    var recordID: RecordID { RecordID(high: high, low: low) }
}

extension Refusal {
    static let notRecorded = Refusal(
        .notRecorded, .serviceUnavailable,
        "this prediction must be recorded and cannot be now, so it is not answered; try again later", retryAfter: 1)
}

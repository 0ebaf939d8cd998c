import NIOCore
import NIOHTTP1
import WaybillTrust

/// `POST /{environment}/{deployment}/feedback`: what somebody learned of a prediction afterwards.
extension FrontHandler {
    /// Takes feedback in place of a backend.
    ///
    /// - Returns: whether the request is feedback.
    /// - Throws: `Refusal` for one that cannot be taken.
    func beginFeedback(_ head: HTTPRequestHead, _ facts: RequestFacts, _ path: Substring) throws(Refusal) -> Bool {
        guard path == Self.feedbackPath, let recording = exchange.route?.recording else { return false }
        guard head.method == .POST else {
            throw Refusal(.malformed, .methodNotAllowed, "feedback is sent by POST", closes: true)
        }
        guard case .length(let length) = facts.body else {
            throw Refusal(.malformed, .lengthRequired, "feedback needs a Content-Length", closes: true)
        }
        guard length <= loop.limits.feedbackBytes else {
            throw Refusal(
                .tooLarge, .payloadTooLarge, "feedback may have \(loop.limits.feedbackBytes) bytes at most",
                closes: true)
        }
        exchange.feedback = recording
        exchange.gathers = true
        outbound.clear()
        exchange.bodyStart = 0
        return true
    }

    private static let feedbackPath = "/feedback"

    /// Judges the whole of it and hands it over.
    func takeFeedback(for recording: RouteRecording) {
        let feedback: Feedback
        do throws(Refusal) {
            feedback = try Feedback(Array(outbound.readableBytesView))
        } catch {
            return refuse(error)
        }
        let id = exchange.id
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        // It is accepted once it is written: whoever sent it need not send it again.
        let waiter = RecordWaiter(eventLoop: loop.eventLoop) { isWritten in
            let front = bound.value
            guard front.stage == .active, front.exchange.id == id else { return }
            if isWritten { front.acceptFeedback() } else { front.refuse(.feedbackNotKept) }
        }
        let body = PendingBody(
            size: UInt64(outbound.readableBytes), content: .bytes(0..<0), salt: loop.random.nextSalt(),
            isComplete: true)
        let isAdded = loop.record(
            PendingRecord(
                id: exchange.id.recordID, requestID: exchange.facts?.requestID, recording: recording,
                subject: .feedback(prediction: feedback.prediction, instance: feedback.instance), body: body,
                written: waiter), request: outbound, answer: nil)
        if !isAdded { refuse(.feedbackNotKept) }
    }

    private func acceptFeedback() {
        exchange.status = 202
        exchange.closing = !exchange.keepsAlive || loop.isDraining
        exchange.answerBegun = true
        var buffer = loop.takeBuffer()
        buffer.writeAccepted(
            exchange.id, clientMinor: exchange.clientMinor, closing: exchange.closing, stamps: exchange.refusalStamps)
        countAnswer()
        finishAnswer(buffer)
    }
}

extension Refusal {
    static let feedbackNotKept = Refusal(
        .notRecorded, .serviceUnavailable, "this feedback cannot be kept now; try again later", retryAfter: 1)
}

/// What a feedback's body must say.
struct Feedback: Equatable {
    let prediction: RecordID
    let instance: UInt32?

    /// - Throws: `Refusal` 400 that says what is missing or wrong.
    init(_ bytes: [UInt8]) throws(Refusal) {
        guard let tree = JSONTree(bytes), case .object(let members) = tree.root else {
            throw Self.wrong("feedback is a JSON object, as in {\"predictionId\": \"…\", \"label\": 1}")
        }
        for name in ["predictionId", "instance", "label", "score"] where members.count(where: { $0.name == name }) > 1 {
            throw Self.wrong("'\(name)' is given twice")
        }
        guard let text = tree.string(tree.root["predictionId"]), let id = RecordID(text) else {
            throw Self.wrong("'predictionId' must be the x-waybill-prediction-id of an answer")
        }
        prediction = id
        if let given = tree.root["instance"] {
            guard let number = tree.integer(given), (0..<Int(UInt32.max)).contains(number) else {
                throw Self.wrong("'instance' must be the number of an instance of the request, counted from 0")
            }
            instance = UInt32(number)
        } else {
            instance = nil
        }
        if let score = tree.root["score"], tree.number(score).map(\.isFinite) != true {
            throw Self.wrong("'score' must be a number")
        }
        guard tree.root["label"] != nil || tree.root["score"] != nil else {
            throw Self.wrong("'label' or 'score' is missing")
        }
    }

    private static func wrong(_ message: String) -> Refusal { Refusal(.malformed, .badRequest, message) }
}

extension ByteBuffer {
    fileprivate mutating func writeAccepted(
        _ id: PredictionID, clientMinor: Int, closing: Bool, stamps: AnswerStamps
    ) {
        writeStaticString("HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: 54\r\n")
        writeStamps(stamps)
        writeConnection(clientMinor: clientMinor, closing: closing)
        writeStaticString("\r\n{\"feedbackId\": \"")
        id.write(into: &self)
        writeStaticString("\"}")
    }
}

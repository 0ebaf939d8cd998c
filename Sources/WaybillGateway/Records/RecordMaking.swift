import WaybillCore
import WaybillTrust

/// Makes records of what the loops handed over: on the writer's thread, off the path of requests.
struct RecordMaking {
    private var random = RandomSupply()

    /// The records of one request: one for each instance of a batch, as far as it can be cut.
    mutating func records(of pending: PendingRecord, in bytes: [UInt8]) -> [Record] {
        switch pending.subject {
        case .feedback(let prediction, let instance): [feedback(pending, prediction, instance, bytes)]
        case .prediction(let prediction): predictions(pending, prediction, bytes)
        }
    }

    private func feedback(
        _ pending: PendingRecord, _ prediction: RecordID, _ instance: UInt32?, _ bytes: [UInt8]
    ) -> Record {
        let said = payload(pending.body, bytes).map { RecordedBody(whole: $0, salt: pending.body.salt) }
        return .feedback(
            FeedbackRecord(
                id: pending.id, prediction: prediction, instance: instance, time: pending.id.microseconds,
                requestID: pending.requestID ?? "", environment: pending.recording.environment,
                deployment: pending.recording.deployment, said: said ?? RecordedBody(nothingOf: pending.body.size)))
    }

    private mutating func predictions(
        _ pending: PendingRecord, _ prediction: PendingRecord.Prediction, _ bytes: [UInt8]
    ) -> [Record] {
        let count = instances(pending, bytes)
        if count > 1, count <= TensorBatch.maximumInstances,
            let cut = instances(of: pending, prediction, count, bytes)
        {
            return cut
        }
        let (policy, selection) = (pending.recording.policy, pending.recording.selection)
        let record = record(
            pending, prediction, instance: 0, of: count,
            body(pending.body, keep: policy.request, selection, isRequest: true, bytes),
            body(prediction.answer, keep: policy.answer, selection, isRequest: false, bytes))
        return [record]
    }

    private func instances(_ pending: PendingRecord, _ bytes: [UInt8]) -> Int {
        guard pending.recording.selection.isInference, case .bytes(let range) = pending.body.content else { return 1 }
        return bytes.withUnsafeBytes { TensorBatch.count(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    private func record(
        _ pending: PendingRecord, _ prediction: PendingRecord.Prediction, instance: Int, of count: Int,
        _ request: RecordedBody, _ answer: RecordedBody
    ) -> Record {
        let server =
            prediction.server?.server
            ?? PredictionRecord.Server(
                environment: pending.recording.environment, deployment: pending.recording.deployment)
        return .prediction(
            PredictionRecord(
                id: pending.id, instance: UInt32(instance), instances: UInt32(clamping: count),
                time: pending.id.microseconds, duration: prediction.duration, status: prediction.status,
                ending: prediction.ending, reason: prediction.reason, generation: prediction.generation,
                requestID: pending.requestID ?? "", server: server, request: request, answer: answer))
    }

    // MARK: Bodies

    private func payload(_ body: PendingBody, _ bytes: [UInt8]) -> [UInt8]? {
        guard case .bytes(let range) = body.content else { return nil }
        return Array(bytes[range])
    }

    private func body(
        _ body: PendingBody, keep: RecordingPolicy.Keep, _ selection: BodySelection, isRequest: Bool, _ bytes: [UInt8]
    ) -> RecordedBody {
        var flags: RecordedBody.Flags = body.isComplete ? [] : .incomplete
        guard keep != .none else { return RecordedBody(nothingOf: body.size, flags: flags) }
        if case .digest(let digest) = body.content {
            return RecordedBody(digest: digest, of: body.size, salt: body.salt, flags: flags.union(.tooLarge))
        }
        let all = payload(body, bytes) ?? []
        let isKept = keep == .whole
        if isKept, selection.keepsAll(ofRequest: isRequest) || all.isEmpty {
            return RecordedBody(whole: all, salt: body.salt, flags: flags)
        }
        let digest = body.salt.digest(of: all)
        if isKept, var tree = JSONTree(all) {
            selection.applied(to: &tree, isRequest: isRequest)
            return RecordedBody(
                selection: tree.text(of: tree.root), digest: digest, of: body.size, salt: body.salt, flags: flags)
        }
        if isKept { flags.insert(.unreadable) }
        return RecordedBody(digest: digest, of: body.size, salt: body.salt, flags: flags)
    }

    // MARK: Batches

    /// Nil when request or answer cannot be cut into `count` rows.
    private mutating func instances(
        of pending: PendingRecord, _ prediction: PendingRecord.Prediction, _ count: Int, _ bytes: [UInt8]
    ) -> [Record]? {
        guard pending.body.isComplete, prediction.answer.isComplete, let asked = payload(pending.body, bytes),
            let answered = payload(prediction.answer, bytes),
            let request = JSONTree(asked), let answer = JSONTree(answered)
        else { return nil }
        let (policy, selection) = (pending.recording.policy, pending.recording.selection)
        let requests = Halves(request, keep: policy.request, selection, isRequest: true)
        let answers = Halves(answer, keep: policy.answer, selection, isRequest: false)
        var records: [Record] = []
        for index in 0..<count {
            guard let its = part(index, of: count, requests), let answered = part(index, of: count, answers) else {
                return nil
            }
            records.append(record(pending, prediction, instance: index, of: count, its, answered))
        }
        return records
    }

    /// A body as it came, and as it is kept; nil where that is the same.
    private struct Halves {
        let all: JSONTree
        let kept: JSONTree?
        let keep: RecordingPolicy.Keep
        let field: String

        init(_ all: JSONTree, keep: RecordingPolicy.Keep, _ selection: BodySelection, isRequest: Bool) {
            self.all = all
            self.keep = keep
            field = isRequest ? "inputs" : "outputs"
            var rest = all
            selection.applied(to: &rest, isRequest: isRequest)
            kept = selection.keepsAll(ofRequest: isRequest) ? nil : rest
        }
    }

    /// The digest of a part is of the part as it is cut, before anything is left out of it.
    private mutating func part(_ index: Int, of count: Int, _ halves: Halves) -> RecordedBody? {
        guard let row = TensorBatch.row(index, of: count, in: halves.all, field: halves.field) else { return nil }
        let all = halves.all.text(of: row)
        let size = UInt64(all.count)
        if halves.keep == .none { return RecordedBody(nothingOf: size, flags: .part) }
        let salt = random.nextSalt()
        if halves.keep == .digest {
            return RecordedBody(digest: salt.digest(of: all), of: size, salt: salt, flags: .part)
        }
        guard let kept = halves.kept else { return RecordedBody(whole: all, salt: salt, flags: .part) }
        guard let rest = TensorBatch.row(index, of: count, in: kept, field: halves.field) else { return nil }
        return RecordedBody(
            selection: kept.text(of: rest), digest: salt.digest(of: all), of: size, salt: salt, flags: .part)
    }
}

extension PredictionRecord {
    func append(to bytes: inout ByteWriter) {
        bytes.append(id)
        bytes.append(big: instance)
        bytes.append(big: instances)
        bytes.append(big: time)
        bytes.append(big: duration)
        bytes.append(big: status)
        bytes.append(ending.rawValue)
        bytes.append(reason.code)
        bytes.append(reason.share)
        bytes.append(big: generation)
        bytes.append(record: requestID)
        server.append(to: &bytes)
        request.appendCore(to: &bytes)
        answer.appendCore(to: &bytes)
    }

    init(core cursor: inout RecordCursor) throws(RecordError) {
        let id = try cursor.id()
        let (instance, instances) = (try cursor.integer(UInt32.self), try cursor.integer(UInt32.self))
        guard instance < instances else { throw .malformed("it is instance \(instance) of \(instances)") }
        let (time, duration) = (try cursor.integer(UInt64.self), try cursor.integer(UInt64.self))
        let status = try cursor.integer(UInt16.self)
        let code = try cursor.integer(UInt8.self)
        guard let ending = Ending(rawValue: code) else { throw .malformed("no request ends by \(code)") }
        self.init(
            id: id, instance: instance, instances: instances, time: time, duration: duration, status: status,
            ending: ending, reason: try Reason(&cursor), generation: try cursor.integer(UInt64.self),
            requestID: try cursor.text(), server: try Server(&cursor), request: try RecordedBody(core: &cursor),
            answer: try RecordedBody(core: &cursor))
    }
}

extension PredictionRecord.Server {
    fileprivate func append(to bytes: inout ByteWriter) {
        bytes.append(record: environment)
        bytes.append(record: deployment)
        bytes.append(record: model)
        bytes.append(record: version)
        bytes.append(record: revision)
        bytes.append(record: commit)
        bytes.append(record: replica)
    }

    fileprivate init(_ cursor: inout RecordCursor) throws(RecordError) {
        self.init(
            environment: try cursor.text(), deployment: try cursor.text(), model: try cursor.text(),
            version: try cursor.text(), revision: try cursor.text(), commit: try cursor.text(),
            replica: try cursor.text())
    }
}

extension PredictionRecord.Reason {
    fileprivate var code: UInt8 {
        switch self {
        case .notChosen: 0
        case .all: 1
        case .share: 2
        case .header: 3
        case .versionPath: 4
        }
    }

    fileprivate var share: UInt8 {
        if case .share(let percent) = self { UInt8(clamping: percent) } else { 0 }
    }

    fileprivate init(_ cursor: inout RecordCursor) throws(RecordError) {
        let (code, share) = (try cursor.integer(UInt8.self), try cursor.integer(UInt8.self))
        guard share <= 100, code == 2 || share == 0 else { throw .malformed("a share of \(share) makes no sense") }
        switch code {
        case 0: self = .notChosen
        case 1: self = .all
        case 2: self = .share(Int(share))
        case 3: self = .header
        case 4: self = .versionPath
        default: throw .malformed("no revision is chosen by \(code)")
        }
    }
}

extension FeedbackRecord {
    func append(to bytes: inout ByteWriter) {
        bytes.append(id)
        bytes.append(prediction)
        bytes.append(big: instance ?? .max)
        bytes.append(big: time)
        bytes.append(record: requestID)
        bytes.append(record: environment)
        bytes.append(record: deployment)
        said.appendCore(to: &bytes)
    }

    init(core cursor: inout RecordCursor) throws(RecordError) {
        let (id, prediction) = (try cursor.id(), try cursor.id())
        let instance = try cursor.integer(UInt32.self)
        self.init(
            id: id, prediction: prediction, instance: instance == .max ? nil : instance,
            time: try cursor.integer(UInt64.self), requestID: try cursor.text(), environment: try cursor.text(),
            deployment: try cursor.text(), said: try RecordedBody(core: &cursor))
    }
}

/// One leaf of a segment's tree.
package enum Record: Hashable, Sendable {
    case prediction(PredictionRecord)
    case feedback(FeedbackRecord)

    /// Its own id.
    package var id: RecordID {
        switch self {
        case .prediction(let record): record.id
        case .feedback(let record): record.id
        }
    }

    /// The prediction that it is, or speaks of.
    package var predictionID: RecordID {
        switch self {
        case .prediction(let record): record.id
        case .feedback(let record): record.prediction
        }
    }

    /// Microseconds since 1970.
    package var time: UInt64 {
        switch self {
        case .prediction(let record): record.time
        case .feedback(let record): record.time
        }
    }

    package var environment: String {
        switch self {
        case .prediction(let record): record.server.environment
        case .feedback(let record): record.environment
        }
    }

    package var deployment: String {
        switch self {
        case .prediction(let record): record.server.deployment
        case .feedback(let record): record.deployment
        }
    }

    package var bodies: [RecordedBody] {
        switch self {
        case .prediction(let record): [record.request, record.answer]
        case .feedback(let record): [record.said]
        }
    }

    /// What the tree holds.
    package var core: [UInt8] {
        var bytes = ByteWriter(capacity: 512)
        appendCore(to: &bytes)
        return bytes.bytes
    }

    func appendCore(to bytes: inout ByteWriter) {
        bytes.append(RecordFormat.version)
        switch self {
        case .prediction(let record):
            bytes.append(Kind.prediction.rawValue)
            record.append(to: &bytes)
        case .feedback(let record):
            bytes.append(Kind.feedback.rawValue)
            record.append(to: &bytes)
        }
    }

    func appendAttachments(to bytes: inout ByteWriter) {
        switch self {
        case .prediction(let record):
            record.request.appendAttachment(to: &bytes)
            record.answer.appendAttachment(to: &bytes)
        case .feedback(let record): record.said.appendAttachment(to: &bytes)
        }
    }

    /// The record whose core is `core`, with salts and payloads that fit their digests.
    ///
    /// - Throws: `unknownVersion` and `unknownKind` for what can be proven but not read, `malformed` otherwise.
    package init(core: UnsafeRawBufferPointer, attachments: UnsafeRawBufferPointer) throws(RecordError) {
        var cursor = RecordCursor(core)
        let kind = try Self.kind(&cursor)
        var rest = RecordCursor(attachments)
        switch kind {
        case .prediction:
            var record = try PredictionRecord(core: &cursor)
            try record.request.takeAttachment(&rest)
            try record.answer.takeAttachment(&rest)
            self = .prediction(record)
        case .feedback:
            var record = try FeedbackRecord(core: &cursor)
            try record.said.takeAttachment(&rest)
            self = .feedback(record)
        case .footer: throw .malformed("a footer stands where a record is expected")
        }
        try cursor.finish()
        try rest.finish()
    }

    enum Kind: UInt8 {
        case prediction = 1
        case feedback = 2
        case footer = 255
    }

    static func kind(_ cursor: inout RecordCursor) throws(RecordError) -> Kind {
        let version = try cursor.integer(UInt8.self)
        guard version == RecordFormat.version else { throw .unknownVersion(version) }
        let code = try cursor.integer(UInt8.self)
        guard let kind = Kind(rawValue: code) else { throw .unknownKind(code) }
        return kind
    }
}

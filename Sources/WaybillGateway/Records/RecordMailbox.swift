import NIOCore
import Synchronization
import WaybillTrust

/// What a loop hands over of one body.
struct PendingBody {
    enum Content {
        /// In the mailbox's bytes.
        case bytes(Range<Int>)
        /// Too large to be kept.
        case digest(MerkleHash)
    }

    var size: UInt64
    var content: Content
    var salt: Salt
    var isComplete: Bool
}

/// What a loop hands over of one request.
struct PendingRecord {
    enum Subject {
        case prediction(Prediction)
        /// Whose body speaks of `prediction`.
        case feedback(prediction: RecordID, instance: UInt32?)
    }

    struct Prediction {
        var duration: UInt64
        var status: UInt16
        var ending: PredictionRecord.Ending
        var reason: PredictionRecord.Reason
        var generation: UInt64
        var server: RecordedServer?
        var answer: PendingBody
    }

    var id: RecordID
    var requestID: String?
    var recording: RouteRecording
    var subject: Subject
    /// The request, or the feedback.
    var body: PendingBody
    /// Told on the loop whether it was written; nil: nobody waits.
    var written: RecordWaiter?
}

/// Waits on its loop for a record to be written.
struct RecordWaiter: Sendable {
    let eventLoop: any EventLoop
    let tell: @Sendable (Bool) -> Void
}

/// One loop's buffer of records: bounded, filled by the loop, emptied by the writer.
///
/// Guarantees: adding never waits for a disk; what does not fit is dropped and counted.
final class RecordMailbox: Sendable {
    struct Mail {
        var records: [PendingRecord] = []
        var bytes: [UInt8] = []
    }

    private let mail = Mutex(Mail())
    private let byteLimit: Int
    private let countLimit: Int

    init(byteLimit: Int, countLimit: Int) {
        self.byteLimit = byteLimit
        self.countLimit = countLimit
    }

    /// Adds a record whose bodies are `request` and `answer`, as far as they are to be kept.
    ///
    /// - Returns: how many waited before it; nil when it was dropped, since the buffer is full.
    func add(_ record: consuming PendingRecord, request: ByteBuffer?, answer: ByteBuffer?) -> Int? {
        var record = record
        let needed = (request?.readableBytes ?? 0) + (answer?.readableBytes ?? 0)
        return mail.withLock { mail in
            let before = mail.records.count
            guard before < countLimit, mail.bytes.count + needed <= byteLimit else { return nil }
            if let request { record.body.content = .bytes(mail.take(request)) }
            if let answer, case .prediction(var prediction) = record.subject {
                prediction.answer.content = .bytes(mail.take(answer))
                record.subject = .prediction(prediction)
            }
            mail.records.append(record)
            return before
        }
    }

    /// Whether another record of the largest kind finds room.
    func hasRoom(for bytes: Int) -> Bool {
        mail.withLock { $0.records.count < countLimit && $0.bytes.count + bytes <= byteLimit }
    }

    var waiting: (records: Int, bytes: Int) { mail.withLock { ($0.records.count, $0.bytes.count) } }

    /// Takes everything, and leaves `empty`, whose room is used again.
    func exchange(_ empty: inout Mail) {
        mail.withLock { swap(&$0, &empty) }
    }
}

extension RecordMailbox.Mail {
    fileprivate mutating func take(_ buffer: ByteBuffer) -> Range<Int> {
        let start = bytes.count
        buffer.withUnsafeReadableBytes { bytes.append(contentsOf: $0) }
        return start..<bytes.count
    }

    mutating func clear() {
        records.removeAll(keepingCapacity: records.count < 16_384)
        bytes.removeAll(keepingCapacity: bytes.capacity < 8 << 20)
    }
}

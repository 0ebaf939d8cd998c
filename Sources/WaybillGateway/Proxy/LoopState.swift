import NIOCore
import Synchronization

/// Everything that one event loop's connections share. Touched on that loop only, so nothing in it is locked.
final class LoopState {
    let eventLoop: any EventLoop
    let limits: GatewayLimits
    let meters = LoopMeters()
    let pool: UpstreamPool
    var clock = LoopClock()
    var random = RandomSupply()
    /// Nil: no access log is kept.
    var access: AccessLines?
    private let predictions: PredictionClock
    private let mailbox: RecordMailbox
    private let records: RecordWriter
    private(set) var snapshot = RoutingSnapshot.empty
    private(set) var isDraining = false
    /// Every client connection of this loop, each knowing its place.
    private(set) var fronts: [FrontHandler] = []
    private var spareBuffers: [ByteBuffer] = []
    private var turn = 0
    private var onEmpty: (() -> Void)?

    /// - Parameters:
    ///   - predictions: shared by every loop of the process.
    ///   - records: the process's writer, of whose mailboxes this loop has one.
    init(
        eventLoop: any EventLoop, limits: GatewayLimits, predictions: PredictionClock, mailbox: RecordMailbox,
        records: RecordWriter
    ) {
        self.mailbox = mailbox
        self.records = records
        self.eventLoop = eventLoop
        self.limits = limits
        self.predictions = predictions
        pool = UpstreamPool(eventLoop: eventLoop, limits: limits)
    }

    /// Takes up a table; kept connections to what is no longer in rotation close.
    func adopt(_ snapshot: RoutingSnapshot) {
        self.snapshot = snapshot
        pool.keepOnly(snapshot.isInRotation)
    }

    func nextTurn() -> Int {
        turn &+= 1
        return turn & 0xFFFF
    }

    func nextID() -> PredictionID {
        PredictionID(tick: predictions.tick(at: PredictionClock.now()), random: random.next())
    }

    // MARK: Records

    /// Whether what must be recorded most likely can be.
    var canRecord: Bool { records.problem == nil && mailbox.hasRoom(for: 2 * limits.recordedBodyBytes) }

    /// Hands a record over; false, and counted, when there is no room for it.
    func record(_ record: consuming PendingRecord, request: ByteBuffer?, answer: ByteBuffer?) -> Bool {
        let meter = record.recording.meter
        let isAwaited = record.written != nil
        guard let before = mailbox.add(record, request: request, answer: answer) else {
            meter.dropped.wrappingAdd(1, ordering: .relaxed)
            return false
        }
        meter.waiting.wrappingAdd(1, ordering: .relaxed)
        if isAwaited || before == 0 && records.isIdle { records.hurry() }
        return true
    }

    // MARK: Client connections

    func join(_ front: FrontHandler) {
        front.place = fronts.count
        fronts.append(front)
    }

    func leave(_ front: FrontHandler) {
        guard front.place < fronts.count, fronts[front.place] === front else { return }
        let last = fronts.removeLast()
        if last !== front {
            last.place = front.place
            fronts[front.place] = last
        }
        if fronts.isEmpty, let onEmpty {
            self.onEmpty = nil
            onEmpty()
        }
    }

    func tick() {
        clock.refresh()
        let now = clock.coarse
        for front in fronts where front.deadline < now { front.expire() }
        pool.closeIdle(now: now)
        access?.handOver()
    }

    /// Lets every connection finish what it does; `whenEmpty` is called once none is left.
    func drain(whenEmpty: @escaping () -> Void) {
        isDraining = true
        guard !fronts.isEmpty else { return whenEmpty() }
        onEmpty = whenEmpty
    }

    func cutOff() {
        for front in fronts { front.cutOff() }
        pool.keepOnly { _ in false }
    }

    // MARK: Buffers

    /// A buffer to write an answer into; one or two serve a whole loop.
    func takeBuffer() -> ByteBuffer {
        var buffer = spareBuffers.popLast() ?? ByteBufferAllocator().buffer(capacity: 4096)
        buffer.clear()
        return buffer
    }

    func giveBack(_ buffer: consuming ByteBuffer) {
        if spareBuffers.count < 4, buffer.capacity <= 64 * 1024 { spareBuffers.append(buffer) }
    }
}

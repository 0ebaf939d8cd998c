import NIOCore

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
    private(set) var snapshot = RoutingSnapshot.empty
    private(set) var isDraining = false
    /// Every client connection of this loop, each knowing its place.
    private(set) var fronts: [FrontHandler] = []
    private var spareBuffers: [ByteBuffer] = []
    private var turn = 0
    private var onEmpty: (() -> Void)?

    /// - Parameter predictions: shared by every loop of the process.
    init(eventLoop: any EventLoop, limits: GatewayLimits, predictions: PredictionClock) {
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

@preconcurrency import Dispatch
import Foundation
import Glibc
import NIOCore
import Synchronization
import WaybillCore
import WaybillTrust

/// Writes the records of all loops of a process, on a thread of its own.
///
/// Flow: loops put records into their mailboxes; the thread empties them every few milliseconds, or at once when somebody
/// waits, writes frames to the open segment and closes it when it is large or old enough.
/// Guarantees: a loop never waits for it. Who waits for a record is told that it is written once it is in the kernel's hands,
/// so that it survives the death of this process; not, before the segment is closed, a power cut.
/// Errors: what cannot be written is dropped and counted; the next batch tries again.
final class RecordWriter: Sendable {
    let mailboxes: [RecordMailbox]
    let meters: RecordingMeters
    private let names: SegmentNames
    private let limits: GatewayLimits
    private let wake = DispatchSemaphore(value: 0)
    private let isAsleep = Atomic<Bool>(false)
    private let idle = Atomic<Bool>(true)
    private let isStopping = Atomic<Bool>(false)
    private let hasEnded = DispatchSemaphore(value: 0)
    private let ended = Atomic<Bool>(false)
    private let state = Mutex(State())

    private struct State {
        /// Why nothing can be written, while nothing can.
        var problem: String?
        /// Segments that were left behind and cannot be closed.
        var unreadable = 0
    }

    init(_ names: SegmentNames, meters: RecordingMeters, loops: Int, limits: GatewayLimits) {
        self.meters = meters
        self.names = names
        self.limits = limits
        mailboxes = (0..<loops).map { _ in
            RecordMailbox(byteLimit: limits.recordBufferBytes, countLimit: limits.recordBufferCount)
        }
    }

    func start() {
        let thread = Thread { [self] in
            var work = RecordWork(names, meters, limits)
            work.recover()
            while !isStopping.load(ordering: .acquiring) {
                rest()
                turn(&work)
            }
            turn(&work)
            work.finish()
            publish(work)
            ended.store(true, ordering: .releasing)
            hasEnded.signal()
        }
        thread.name = "waybill.records"
        thread.start()
    }

    /// Writes what waits and closes the segment. Not to be called on a loop.
    func stop() {
        guard !isStopping.exchange(true, ordering: .acquiringAndReleasing) else { return }
        wake.signal()
        // A disk that hangs must not keep the process.
        _ = hasEnded.wait(timeout: .now() + 10)
    }

    /// Has what waits written at once.
    func hurry() {
        if isAsleep.exchange(false, ordering: .acquiringAndReleasing) { wake.signal() }
    }

    /// Why nothing can be written; nil while all is well.
    var problem: String? { state.withLock { $0.problem } }
    var unreadable: Int { state.withLock { $0.unreadable } }

    /// Whether it looks seldom, because there was nothing of late.
    var isIdle: Bool { idle.load(ordering: .relaxed) }

    private func rest() {
        isAsleep.store(true, ordering: .releasing)
        let pause = isIdle ? 500 : Int(limits.recordInterval.milliseconds)
        _ = wake.wait(timeout: .now() + .milliseconds(pause))
        isAsleep.store(false, ordering: .releasing)
    }

    private func turn(_ work: inout RecordWork) {
        var taken = 0
        for mailbox in mailboxes { taken += work.take(from: mailbox) }
        idle.store(taken == 0, ordering: .relaxed)
        work.closeWhenDue()
        publish(work)
    }

    private func publish(_ work: borrowing RecordWork) {
        state.withLock { state in
            state.problem = work.problem
            state.unreadable = work.unreadable
        }
    }
}

/// What the writer's thread has in its hands.
struct RecordWork: ~Copyable {
    private let names: SegmentNames
    private let limits: GatewayLimits
    private let meters: RecordingMeters
    private let writer: RecordID
    private var making = RecordMaking()
    private var random = RandomSupply()
    private var mail = RecordMailbox.Mail()
    private var frames = ByteWriter(capacity: 1 << 20)
    private var made: [MadeRecord] = []
    private var waiters: [RecordWaiter] = []
    private var segment: OpenSegment?
    private var number: UInt64 = 0
    private var recoveredAt: UInt64 = 0
    private(set) var problem: String?
    private(set) var unreadable = 0
    private var failedAt: UInt64 = 0

    init(_ names: SegmentNames, _ meters: RecordingMeters, _ limits: GatewayLimits) {
        self.meters = meters
        self.names = names
        self.limits = limits
        var random = RandomSupply()
        writer = Self.id(&random)
        self.random = random
    }

    private static func id(_ random: inout RandomSupply) -> RecordID {
        PredictionID(tick: PredictionClock.tick(of: PredictionClock.now()), random: random.next()).recordID
    }

    /// Closes what was left behind: by killed gateways before this one, and by one that was killed while it drained.
    mutating func recover() {
        recoveredAt = LoopClock.exact()
        unreadable = SegmentRecovery.run(names).problems.count
    }

    /// - Returns: how many were there.
    mutating func take(from mailbox: RecordMailbox) -> Int {
        mailbox.exchange(&mail)
        defer { mail.clear() }
        for pending in mail.records {
            make(pending)
            if frames.count >= 1 << 20 { flush() }
        }
        flush()
        return mail.records.count
    }

    private mutating func make(_ pending: PendingRecord) {
        pending.recording.meter.waiting.wrappingSubtract(1, ordering: .relaxed)
        for record in making.records(of: pending, in: mail.bytes) {
            let start = frames.count
            guard let leaf = RecordFrame.append(record, to: &frames) else {
                drop(pending.recording, 1)
                continue
            }
            made.append(
                MadeRecord(
                    id: record.id, prediction: record.predictionID, isFeedback: record.isFeedback, time: record.time,
                    leaf: leaf, length: frames.count - start,
                    payload: record.bodies.reduce(0) { $0 + $1.keptSize }, recording: pending.recording))
        }
        if let waiter = pending.written { waiters.append(waiter) }
    }

    private func drop(_ recording: RouteRecording, _ count: UInt64) {
        recording.meter.dropped.wrappingAdd(count, ordering: .relaxed)
    }

    /// Writes the frames that were made and tells who waits for them.
    private mutating func flush() {
        guard !made.isEmpty || !waiters.isEmpty else { return }
        let isWritten = made.isEmpty || write()
        for one in made {
            guard isWritten else {
                drop(one.recording, 1)
                continue
            }
            segment?.count(one)
            one.recording.meter.recorded.wrappingAdd(1, ordering: .relaxed)
            one.recording.meter.bytes.wrappingAdd(UInt64(one.payload), ordering: .relaxed)
        }
        // One hop a loop, however many wait there.
        for (_, group) in Dictionary(grouping: waiters, by: { ObjectIdentifier($0.eventLoop) }) {
            group[0].eventLoop.execute { for waiter in group { waiter.tell(isWritten) } }
        }
        frames.truncate(to: 0)
        made.removeAll(keepingCapacity: true)
        waiters.removeAll(keepingCapacity: true)
    }

    /// A file that was removed under our feet is given up, with what it held, and the batch goes to the next.
    private mutating func write() -> Bool {
        do throws(Failure) {
            for _ in 0..<3 {
                let open = try openSegment()
                do throws(Failure) { try frames.withBytes { (bytes) throws(Failure) in try open.append(bytes) } } catch
                {
                    guard open.isLost else { throw error }
                }
                if !open.isLost {
                    problem = nil
                    return true
                }
                segment = nil
            }
            fail("\(names.folder): files of records are removed while they are written")
        } catch {
            fail(error.message)
        }
        return false
    }

    private mutating func fail(_ message: String) {
        problem = message
        failedAt = LoopClock.exact()
    }

    /// What must be recorded is refused while nothing can be written, so it is for the writer to find out when that is over.
    private mutating func tryAgain(_ now: UInt64) {
        guard problem != nil, now &- failedAt >= 200_000_000 else { return }
        do throws(Failure) {
            _ = try openSegment()
            problem = nil
        } catch {
            fail(error.message)
        }
    }

    private mutating func openSegment() throws(Failure) -> OpenSegment {
        if let segment { return segment }
        let header = SegmentHeader(
            pid: UInt32(getpid()), id: Self.id(&random), writer: writer, number: number,
            opened: PredictionClock.now() / 1000)
        let opened = try OpenSegment(header, in: names, now: LoopClock.exact())
        number += 1
        segment = opened
        return opened
    }

    /// Closes the open segment when it is large or old enough, and looks for what others left.
    mutating func closeWhenDue() {
        let now = LoopClock.exact()
        if let segment {
            let isOld = now &- segment.begun >= limits.segmentAge.inNanoseconds
            if isOld || segment.size >= limits.segmentBytes { finish() }
        }
        tryAgain(now)
        if now &- recoveredAt >= 10_000_000_000 { recover() }
    }

    mutating func finish() {
        guard let open = segment else { return }
        segment = nil
        if open.isLost { return }
        if open.isEmpty {
            open.discard()
            number -= 1
            return
        }
        for meter in meters.all { open.countDropped(meter) }
        do throws(Failure) {
            try open.finish()
        } catch {
            fail(error.message)
        }
    }
}

import Glibc
import Synchronization
import WaybillCore
import WaybillTrust

/// The segment that a process writes to: owned by its writer's thread.
///
/// Guarantees: its file is locked (flock) as long as it is open, so that nobody takes it for left behind; what `append` said is
/// written is in the kernel's hands, and survives the death of this process.
final class OpenSegment {
    /// What is kept of a record until the segment is closed.
    struct Entry {
        /// The prediction that it is, or speaks of.
        var prediction: RecordID
        var offset: UInt64
        var isFeedback: Bool
    }

    let header: SegmentHeader
    let begun: UInt64
    private let names: SegmentNames
    private let descriptor: CInt
    private(set) var size: Int
    private(set) var footer = SegmentFooter()
    private var tree = MerkleFrontier()
    private var entries: [Entry] = []
    private var deployments: [ObjectIdentifier: SegmentFooter.Deployment] = [:]

    /// Makes the file, and its folder where it is missing.
    ///
    /// - Parameter now: monotonic nanoseconds.
    init(_ header: SegmentHeader, in names: SegmentNames, now: UInt64) throws(Failure) {
        self.header = header
        self.names = names
        begun = now
        try RecordFiles.makeFolder(names.folder)
        let path = names.open(header.id)
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw RecordFiles.failure("make", path) }
        size = SegmentHeader.length
        var bytes = ByteWriter(capacity: SegmentHeader.length)
        header.append(to: &bytes)
        let isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0
        guard isLocked, bytes.withBytes({ Descriptor.writeAll($0, to: descriptor) }) else {
            let problem = RecordFiles.failure("write", path)
            unlink(path)
            close(descriptor)
            throw problem
        }
    }

    deinit { close(descriptor) }

    /// Whether somebody removed its file.
    var isLost: Bool { !RecordFiles.hasName(descriptor) }

    var isEmpty: Bool { footer.count == 0 }

    /// Takes away the file of a segment without records.
    func discard() { unlink(names.open(header.id)) }

    /// Appends whole frames; all of them or, when it throws, none.
    func append(_ frames: UnsafeRawBufferPointer) throws(Failure) {
        guard Descriptor.writeAll(frames, to: descriptor) else {
            let problem = RecordFiles.failure("write", names.open(header.id))
            // A disk that is full takes a part of it.
            ftruncate(descriptor, off_t(size))
            lseek(descriptor, off_t(size), SEEK_SET)
            throw problem
        }
    }

    /// Counts a record that `append` wrote.
    func count(_ made: MadeRecord) {
        tree.append(made.leaf)
        footer.count(made.id, at: made.time)
        entries.append(Entry(prediction: made.prediction, offset: UInt64(size), isFeedback: made.isFeedback))
        size += made.length
        withDeployment(made.recording.meter) { one in
            one.count += 1
            one.payloadBytes += UInt64(made.payload)
        }
    }

    /// Tells what was dropped since a footer told it last.
    func countDropped(_ meter: RecordingMeter) {
        let dropped = meter.dropped.load(ordering: .relaxed)
        let count = dropped &- meter.told.exchange(dropped, ordering: .relaxed)
        guard count > 0 else { return }
        footer.dropped += count
        withDeployment(meter) { $0.dropped += count }
    }

    private func withDeployment(_ meter: RecordingMeter, _ change: (inout SegmentFooter.Deployment) -> Void) {
        let key = ObjectIdentifier(meter)
        let retention = meter.retention.load(ordering: .relaxed)
        var one =
            deployments.removeValue(forKey: key)
            ?? SegmentFooter.Deployment(
                environment: meter.environment, deployment: meter.deployment, retention: retention)
        one.retention = min(one.retention, retention)
        change(&one)
        deployments[key] = one
    }

    /// Writes footer and index and gives the file the name of a closed segment.
    ///
    /// - Throws: `Failure`; the file stays as it is, to be closed by the next start.
    func finish() throws(Failure) {
        footer.root = tree.root
        footer.deployments = deployments.values.sorted {
            ($0.environment, $0.deployment) < ($1.environment, $1.deployment)
        }
        try Self.seal(footer, at: size, descriptor, header.id, names)
        SegmentIndex.write(entries, names.index(header.id))
    }

    /// Closes the segment behind `descriptor`, whose whole frames end at `size`.
    static func seal(
        _ footer: SegmentFooter, at size: Int, _ descriptor: CInt, _ id: RecordID, _ names: SegmentNames
    ) throws(Failure) {
        var bytes = ByteWriter(capacity: 1024)
        footer.appendFrame(to: &bytes)
        guard ftruncate(descriptor, off_t(size)) == 0, lseek(descriptor, off_t(size), SEEK_SET) >= 0,
            bytes.withBytes({ Descriptor.writeAll($0, to: descriptor) }), fsync(descriptor) == 0,
            rename(names.open(id), names.closed(id)) == 0
        else { throw RecordFiles.failure("close", names.open(id)) }
        RecordFiles.syncFolder(names.folder)
    }
}

/// A record as it stands in the bytes that are to be written.
struct MadeRecord {
    var id: RecordID
    var prediction: RecordID
    var isFeedback: Bool
    var time: UInt64
    var leaf: MerkleHash
    /// Of its frame.
    var length: Int
    var payload: Int
    var recording: RouteRecording
}

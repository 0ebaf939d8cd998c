import Glibc
import WaybillCore
import WaybillTrust

/// Closes what gateways left that were killed: what is whole is kept, a torn tail is cut.
enum SegmentRecovery {
    /// Closes every open segment that no living process holds.
    ///
    /// - Returns: how many were closed, and what was wrong with those that could not be.
    static func run(_ names: SegmentNames) -> (closed: Int, problems: [String]) {
        var (closed, problems): (Int, [String]) = (0, [])
        for id in names.list(".open") {
            do throws(Failure) {
                if try close(id, names) { closed += 1 }
            } catch {
                problems.append(error.message)
            }
        }
        return (closed, problems)
    }

    /// False when a process holds it, or closed it just now.
    private static func close(_ id: RecordID, _ names: SegmentNames) throws(Failure) -> Bool {
        let path = names.open(id)
        let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return false }
            throw RecordFiles.failure("open", path)
        }
        defer { Glibc.close(descriptor) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, RecordFiles.hasName(descriptor), access(path, F_OK) == 0 else {
            return false
        }
        let file = try MappedFile(path)
        guard file.bytes.count >= SegmentHeader.length else {
            // Killed before a record could be written.
            unlink(path)
            return false
        }
        var found: (footer: SegmentFooter, entries: [OpenSegment.Entry], end: Int)
        do {
            found = try contents(file.bytes)
        } catch {
            throw Failure(.stall, reason: "SegmentUnreadable", message: "\(path) is left as it is: \(error)")
        }
        guard found.footer.count > 0 else {
            unlink(path)
            return false
        }
        try OpenSegment.seal(found.footer, at: found.end, descriptor, id, names)
        SegmentIndex.write(found.entries, names.index(id))
        return true
    }

    /// What is whole in a segment. How long its payloads are kept nobody said: that is for the rules in force when they are looked at.
    static func contents(
        _ bytes: UnsafeRawBufferPointer
    ) throws -> (footer: SegmentFooter, entries: [OpenSegment.Entry], end: Int) {
        var (footer, entries): (SegmentFooter, [OpenSegment.Entry]) = (SegmentFooter(), [])
        var deployments: [String: SegmentFooter.Deployment] = [:]
        let scan = try SegmentScan(bytes) { frame, _ in
            guard let record = try? frame.record(in: bytes) else { return }
            footer.count(record.id, at: record.time)
            entries.append(
                OpenSegment.Entry(
                    prediction: record.predictionID, offset: UInt64(frame.core.lowerBound - RecordFrame.overhead),
                    isFeedback: record.isFeedback))
            let key = "\(record.environment)/\(record.deployment)"
            var one =
                deployments[key]
                ?? .init(environment: record.environment, deployment: record.deployment, retention: 0)
            one.count += 1
            one.payloadBytes += UInt64(record.bodies.reduce(0) { $0 + $1.keptSize })
            deployments[key] = one
        }
        if let whole = scan.footer { return (whole, entries, scan.end - whole.frameLength) }
        footer.count = UInt64(scan.leaves.count)
        footer.root = SegmentTree(scan.leaves).root
        footer.deployments = deployments.sorted { $0.key < $1.key }.map(\.value)
        return (footer, entries, scan.end)
    }
}

extension Record {
    var isFeedback: Bool { if case .feedback = self { true } else { false } }
}

extension SegmentFooter {
    /// Bytes of its frame.
    var frameLength: Int {
        var bytes = ByteWriter()
        appendFrame(to: &bytes)
        return bytes.count
    }
}

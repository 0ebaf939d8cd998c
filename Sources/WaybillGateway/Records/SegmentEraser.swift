import Glibc
package import WaybillCore
package import WaybillTrust

/// Overwrites payloads of closed segments with zeros. Every leaf hash, root and proof stays as it was.
package enum SegmentEraser {
    package struct Erased: Sendable, Hashable {
        /// Records whose payloads went.
        package var count = 0
        /// Of payloads.
        package var bytes = 0
    }

    /// Erases what `isWanted` names in a closed segment. Done twice it is done once; interrupted it is to be done again.
    ///
    /// - Throws: `Failure` when the segment cannot be read or written, or was altered.
    package static func erase(
        _ segment: RecordID, in names: SegmentNames, where isWanted: (Record) -> Bool
    ) throws(Failure) -> Erased {
        let path = names.closed(segment)
        let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw RecordFiles.failure("open", path) }
        defer { close(descriptor) }
        let file = try MappedFile(path)
        var erased = Erased()
        do {
            let scan = try SegmentScan(file.bytes, checksPayloads: false) { frame, _ in
                guard !frame.attachments.isEmpty, let record = try? frame.record(in: file.bytes), isWanted(record)
                else { return }
                if record.bodies.contains(where: { $0.salt != nil }) {
                    erased.count += 1
                    erased.bytes += record.bodies.reduce(0) { $0 + ($1.payload?.count ?? 0) }
                }
                try overwrite(frame.attachments, of: descriptor, path)
            }
            if let problem = scan.problem { throw problem }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.stall, reason: "RecordsDamaged", message: "segment \(segment): \(error)")
        }
        guard fsync(descriptor) == 0 else { throw RecordFiles.failure("sync", path) }
        return erased
    }

    /// The first body's salt goes first, so that what is half erased counts as erased, or its digest tells of it.
    private static func overwrite(_ range: Range<Int>, of descriptor: CInt, _ path: String) throws(Failure) {
        let zeros = [UInt8](repeating: 0, count: 64 * 1024)
        var place = range.lowerBound
        while place < range.upperBound {
            let count = pwrite(descriptor, zeros, min(zeros.count, range.upperBound - place), off_t(place))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw RecordFiles.failure("erase in", path) }
            place += count
        }
    }
}

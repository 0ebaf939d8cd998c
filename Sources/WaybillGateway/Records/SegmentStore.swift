package import WaybillCore
package import WaybillTrust

/// Records as they lie in a gateway's state folder, for reading.
///
/// Guarantees: nothing is written but indexes that were lost; hostile files cost an error, never a crash. A segment that is
/// being written is read up to its last whole record.
package struct SegmentStore: Sendable {
    package let names: SegmentNames

    /// Segments are closed at this age at the latest, so that a record is in none that was opened so much before it began.
    private static let longestAge: UInt64 = 3_600_000_000

    package init(stateFolder: String) { names = SegmentNames(stateFolder: stateFolder) }

    /// A record where it was found.
    package struct Found: Sendable {
        package var record: Record
        /// What the tree holds of it.
        package var core: [UInt8]
        package var segment: RecordID
        /// Where its frame begins.
        package var offset: Int
        /// False while its segment is being written: then nothing proves it yet.
        package var isClosed: Bool
    }

    /// A record's place in its segment's tree.
    package struct Proof: Sendable, Hashable {
        package var segment: RecordID
        package var leaf: MerkleHash
        package var index: UInt64
        package var size: UInt64
        package var root: MerkleHash
        package var path: [MerkleHash]
    }

    /// The records of prediction `id`: one, or one for each instance of a batch. Empty when there is none, or none any more.
    ///
    /// - Throws: `Failure` for a segment that cannot be read.
    package func predictions(_ id: RecordID) throws(Failure) -> [Found] {
        for segment in candidates(id) {
            let found = try records(of: id, in: segment) { $0.mayHave(id) }.filter { !$0.record.isFeedback }
            if !found.isEmpty { return found }
        }
        return try openRecords { $0.id == id && !$0.isFeedback }
    }

    /// What was said of prediction `id`, oldest first.
    package func feedback(on id: RecordID) throws(Failure) -> [Found] {
        var found: [Found] = []
        for segment in candidates(id) {
            found += try records(of: id, in: segment) { $0.mayHaveFeedback(on: id) }.filter(\.record.isFeedback)
        }
        found += try openRecords { $0.predictionID == id && $0.isFeedback }
        return found.sorted { ($0.record.time, $0.record.id) < ($1.record.time, $1.record.id) }
    }

    /// Closed segments in which `id` can be, the likeliest first: in the order of time from shortly before it on.
    private func candidates(_ id: RecordID) -> [RecordID] {
        let all = names.list(".segment")
        let from = id.microseconds > Self.longestAge ? id.microseconds - Self.longestAge : 0
        let later = all.drop { $0.microseconds < from }
        let next = later.firstIndex { $0.microseconds > id.microseconds } ?? later.endIndex
        return later[..<next].reversed() + later[next...]
    }

    private func records(
        of id: RecordID, in segment: RecordID, where mayHave: (SegmentIndex) -> Bool
    ) throws(Failure) -> [Found] {
        guard let index = SegmentIndex(names.index(segment)) ?? madeIndex(segment) else { return [] }
        guard mayHave(index) else { return [] }
        let offsets = index.offsets(of: id)
        guard !offsets.isEmpty else { return [] }
        let file = try MappedFile(names.closed(segment))
        var found: [Found] = []
        for offset in offsets {
            let one = try Self.read(file, offset, segment)
            guard one.record.predictionID == id else {
                throw Self.damaged(segment, "its index does not belong to it: remove \(names.index(segment))")
            }
            found.append(one)
        }
        return found
    }

    /// Makes an index that was lost.
    private func madeIndex(_ segment: RecordID) -> SegmentIndex? {
        guard let file = try? MappedFile(names.closed(segment)),
            let contents = try? SegmentRecovery.contents(file.bytes)
        else { return nil }
        SegmentIndex.write(contents.entries, names.index(segment))
        return SegmentIndex(names.index(segment))
    }

    private static func read(_ file: MappedFile, _ offset: Int, _ segment: RecordID) throws(Failure) -> Found {
        do throws(RecordError) {
            let frame = try RecordFrame(at: offset, of: file.bytes)
            return Found(
                record: try frame.record(in: file.bytes), core: Array(file.bytes[frame.core]), segment: segment,
                offset: offset, isClosed: true)
        } catch {
            throw damaged(segment, "the record at byte \(offset): \(error)")
        }
    }

    private static func damaged(_ segment: RecordID, _ what: String) -> Failure {
        Failure(.stall, reason: "RecordsDamaged", message: "segment \(segment): \(what)")
    }

    private func openRecords(where isWanted: (Record) -> Bool) throws(Failure) -> [Found] {
        var found: [Found] = []
        for segment in names.list(".open") {
            // It may be closed at this very moment.
            guard let file = try? MappedFile(names.open(segment)) else { continue }
            _ = try? each(of: file, segment, isClosed: false) { if isWanted($0.record) { found.append($0) } }
        }
        return found
    }

    private func each(
        of file: MappedFile, _ segment: RecordID, isClosed: Bool, _ body: (Found) throws -> Void
    ) throws -> SegmentScan {
        try SegmentScan(file.bytes, checksPayloads: false) { frame, _ in
            guard let record = try? frame.record(in: file.bytes) else { return }
            try body(
                Found(
                    record: record, core: Array(file.bytes[frame.core]), segment: segment,
                    offset: frame.core.lowerBound - RecordFrame.overhead, isClosed: isClosed))
        }
    }

    // MARK: Many records

    /// Calls `body` with each readable record of the time from `from` to `to` (microseconds since 1970, both included), segment by
    /// segment, in no order within one; of `key` alone when it is given. Requests that took longer than an hour are found by their
    /// ids only.
    ///
    /// - Parameter body: returns false to end.
    /// - Throws: `Failure` for a segment that cannot be read.
    package func forEach(
        of key: DeploymentKey? = nil, from: UInt64 = 0, to: UInt64 = .max, _ body: (Found) -> Bool
    ) throws(Failure) {
        for (segments, path, isClosed) in [
            (names.list(".segment"), names.closed, true), (names.list(".open"), names.open, false),
        ] {
            for segment in segments where Self.mayHave(from...max(from, to), opened: segment.microseconds) {
                guard let file = try? MappedFile(path(segment)) else { continue }
                guard try pass(file, segment, isClosed, key, from...to, body) else { return }
            }
        }
    }

    /// Whether a segment opened then can have records of requests that began in `times` and took less than an hour.
    private static func mayHave(_ times: ClosedRange<UInt64>, opened: UInt64) -> Bool {
        let last = times.upperBound < .max - longestAge ? times.upperBound + longestAge : .max
        return opened <= last && opened &+ longestAge >= times.lowerBound
    }

    private struct Enough: Error {}

    private func pass(
        _ file: MappedFile, _ segment: RecordID, _ isClosed: Bool, _ key: DeploymentKey?, _ times: ClosedRange<UInt64>,
        _ body: (Found) -> Bool
    ) throws(Failure) -> Bool {
        do {
            let scan = try each(of: file, segment, isClosed: isClosed) { found in
                let record = found.record
                guard times.contains(record.time),
                    key.map({ $0.environment.text == record.environment && $0.name.text == record.deployment }) ?? true
                else { return }
                if !body(found) { throw Enough() }
            }
            if isClosed, let problem = scan.problem { throw Self.damaged(segment, "at byte \(scan.end): \(problem)") }
            return true
        } catch is Enough {
            return false
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Self.damaged(segment, "\(error)")
        }
    }

    // MARK: Proofs

    /// What a closed segment says of itself, once all of it was read: its header and footer.
    ///
    /// - Throws: `Failure` (stall, `RecordsDamaged`) that says at which byte it is not what it was.
    package func verified(_ segment: RecordID) throws(Failure) -> (header: SegmentHeader, footer: SegmentFooter) {
        let scan = try scan(segment)
        guard scan.header.id == segment else { throw Self.damaged(segment, "it is another segment, \(scan.header.id)") }
        if let problem = scan.problem { throw Self.damaged(segment, "at byte \(scan.end): \(problem)") }
        guard let footer = scan.footer else { throw Self.damaged(segment, "it has no footer") }
        return (scan.header, footer)
    }

    private func scan(_ segment: RecordID) throws(Failure) -> SegmentScan {
        let file = try MappedFile(names.closed(segment))
        do { return try SegmentScan(file.bytes) } catch { throw Self.damaged(segment, "\(error)") }
    }

    /// That `found` is in its segment, whose root the ledger has once it was sealed.
    ///
    /// - Throws: `Failure`: `RecordNotSealed` (wait) while its segment is being written; what `verified` throws.
    package func proof(of found: Found) throws(Failure) -> Proof {
        guard found.isClosed else {
            throw Failure(
                .wait, reason: "RecordNotSealed",
                message: "the segment \(found.segment) is still being written; it is closed within a minute")
        }
        let scan = try scan(found.segment)
        if let problem = scan.problem { throw Self.damaged(found.segment, "at byte \(scan.end): \(problem)") }
        let (leaf, tree) = (MerkleHash.leaf(found.core), SegmentTree(scan.leaves))
        guard let index = scan.leaves.firstIndex(of: leaf), let path = try? tree.proof(of: index) else {
            throw Self.damaged(found.segment, "it has no such record any more")
        }
        return Proof(
            segment: found.segment, leaf: leaf, index: UInt64(index), size: tree.size, root: tree.root, path: path)
    }
}

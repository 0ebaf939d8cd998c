import WaybillTrust

/// What a process that died while it wrote leaves at the end of a segment.
enum TornTail {
    /// Where the part begins that a write did not finish: whole records without their checkpoint, then at most one that the file cuts off.
    ///
    /// Follows lengths only. Nil when the segment ends with a whole batch, and when what follows the last one is no unfinished write
    /// but damage, to be found by reading on.
    static func begin(_ scanner: SegmentScanner, origin: String) throws(SystemError) -> Int64? {
        let start = scanner.offset
        defer { scanner.seek(to: start) }
        var end = start
        walk: while true {
            switch try scanner.skip() {
            case .entry: continue
            case .checkpoint: end = scanner.offset
            case .unknown: return nil
            case .end: break walk
            }
        }
        guard end < (try scanner.fileSize()) else { return nil }
        return checkpoints(in: try scanner.tail(from: end), origin: origin).isEmpty ? end : nil
    }

    /// Where whole checkpoint records of this origin stand in `tail`, whatever is around them.
    static func checkpoints(in tail: [UInt8], origin: String) -> [Range<Int>] {
        let head = Array("\(origin)\n".utf8)
        var found: [Range<Int>] = []
        tail.withUnsafeBytes { bytes in
            for start in bytes.indices.dropLast(JournalRecord.checkpointOverhead)
            where bytes[start] == JournalRecord.checkpointKind {
                let noteStart = start + JournalRecord.checkpointOverhead
                let length: UInt16 = JournalRecord.number(bytes, start + 1)
                let end = noteStart + Int(length)
                guard end <= bytes.count, bytes[noteStart..<end].starts(with: head) else { continue }
                let hash = MerkleHash(loading: UnsafeRawBufferPointer(rebasing: bytes[(start + 3)..<noteStart]))
                if hash == .plain(UnsafeRawBufferPointer(rebasing: bytes[noteStart..<end])) {
                    found.append(start..<end)
                }
            }
        }
        return found
    }
}

import Dispatch
package import WaybillCore
package import WaybillTrust

/// Reads a ledger's journal, also while another process appends to it. Takes no lock and writes nothing.
package struct LedgerReader: Sendable {
    private let paths: LedgerPaths
    /// Reading blocks: never on the tasks' own threads.
    private static let queue = DispatchQueue(label: "waybill.ledger.reading", attributes: .concurrent)

    package init(folder: String) { paths = LedgerPaths(folder: folder) }

    /// Hands every entry from `index` on to `body`, in order, until `body` returns false. Blocks; memory does not grow with the ledger.
    /// - Returns: the index after the last one handed out.
    @discardableResult
    package func forEach(
        from index: LedgerIndex = 0, _ body: (RecordedEvent) throws(Failure) -> Bool
    ) throws(Failure) -> LedgerIndex {
        do {
            let cursor = try JournalCursor(paths, from: index)
            var next = index
            while let batch = try cursor.next() {
                for item in batch.items where item.index >= index {
                    next = item.index + 1
                    if !(try body(item.recorded)) { return next }
                }
            }
            return next
        } catch {
            throw Failure(ledger: error)
        }
    }

    /// Entries from `index` on that `filter` takes, at most `limit`.
    package func events(
        from index: LedgerIndex = 0, limit: Int = .max,
        where filter: @escaping @Sendable (RecordedEvent) -> Bool = { _ in true }
    ) async throws(Failure) -> [RecordedEvent] {
        try await blocking { reader throws(Failure) in
            var found: [RecordedEvent] = []
            guard limit > 0 else { return found }
            try reader.forEach(from: index) { event throws(Failure) in
                if filter(event) { found.append(event) }
                return found.count < limit
            }
            return found
        }
    }

    /// The entry at `index`; nil when the ledger does not reach it.
    package func event(at index: LedgerIndex) async throws(Failure) -> RecordedEvent? {
        try await events(from: index, limit: 1).first
    }

    /// The last checkpoint of the journal; nil when it has none. Its signature is not looked at.
    package func newestCheckpoint() async throws(Failure) -> SignedCheckpoint? {
        try await blocking { reader throws(Failure) in
            do {
                guard let last = try reader.paths.segments().last else { return nil }
                let cursor = try JournalCursor(reader.paths, from: last)
                var note = try SegmentScanner(reader.paths.segment(last), first: last).header.note
                while let batch = try cursor.next() { note = batch.note }
                return note.isEmpty ? nil : try SignedCheckpoint(unverified: note)
            } catch {
                throw Failure(ledger: error)
            }
        }
    }

    /// Entries from `index` on as they come, looked for every `interval`, until the task is cancelled.
    package func follow(from index: LedgerIndex, every interval: Duration = .milliseconds(250)) -> LedgerFollower {
        LedgerFollower(reader: self, index: index, interval: interval)
    }

    private func blocking<Found: Sendable>(
        _ body: @escaping @Sendable (LedgerReader) throws(Failure) -> Found
    ) async throws(Failure) -> Found {
        let result: Result<Found, Failure> = await withCheckedContinuation { continuation in
            Self.queue.async {
                continuation.resume(returning: Result { () throws(Failure) in try body(self) })
            }
        }
        return try result.get()
    }
}

/// Entries as they come. Ends when its task is cancelled, and throws what reading throws.
package struct LedgerFollower: AsyncSequence, Sendable {
    package typealias Element = RecordedEvent

    let reader: LedgerReader
    let index: LedgerIndex
    let interval: Duration

    package func makeAsyncIterator() -> Iterator { Iterator(reader: reader, index: index, interval: interval) }

    package struct Iterator: AsyncIteratorProtocol {
        let reader: LedgerReader
        var index: LedgerIndex
        let interval: Duration
        private var waiting: ArraySlice<RecordedEvent> = []

        init(reader: LedgerReader, index: LedgerIndex, interval: Duration) {
            self.reader = reader
            self.index = index
            self.interval = interval
        }

        package mutating func next() async throws -> RecordedEvent? {
            while waiting.isEmpty {
                if Task.isCancelled { return nil }
                waiting = try await reader.events(from: index, limit: 1000)[...]
                if waiting.isEmpty {
                    do { try await Task.sleep(for: interval) } catch { return nil }
                }
            }
            guard let event = waiting.popFirst() else { return nil }
            index = event.index + 1
            return event
        }
    }
}

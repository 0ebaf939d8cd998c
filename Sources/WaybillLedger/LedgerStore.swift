package import WaybillCore
package import WaybillTrust

/// A ledger without concurrency: lock, key, journal. `Ledger` drives it from a queue of its own; the hammer and tests from one thread.
package final class LedgerStore {
    private let folder: LedgerFolder
    private let settings: LedgerSettings
    private var writer: JournalWriter
    /// Bytes of a torn tail that opening cut.
    package private(set) var cut: Int64
    private let publisher = PublisherSlot()

    /// Opens or makes the ledger: takes its lock, cuts a torn tail, refuses a journal that was rolled back or damaged.
    package init(_ settings: LedgerSettings) throws(Failure) {
        self.settings = settings
        folder = try LedgerFolder(settings.folder, origin: settings.origin)
        (writer, cut) = try Self.openJournal(folder.paths, folder.identity, settings, kept: [])
    }

    private static func openJournal(
        _ paths: LedgerPaths, _ identity: LedgerIdentity, _ settings: LedgerSettings, kept: [[UInt8]]
    ) throws(Failure) -> (JournalWriter, Int64) {
        let key = identity.signer.key
        var notes = settings.knownCheckpoints + kept
        do {
            if let published = try PublishedFiles(root: paths.log).readCheckpoint() { notes.append(published) }
        } catch {
            throw .ledgerUnavailable(error)
        }
        var known: [SignedCheckpoint] = []
        for note in notes {
            do {
                known.append(try SignedCheckpoint(verifying: note, with: key))
            } catch {
                throw .ledgerIdentity("a checkpoint that was kept is not of this ledger and its key: \(error)")
            }
        }
        let end = try JournalRecovery(paths: paths, key: key, known: known).run()
        let writer = try JournalWriter(
            paths: paths, signer: identity.signer, end: end, segmentLimit: settings.segmentLimit)
        return (writer, end.cut)
    }

    package var key: NoteKey { folder.identity.signer.key }
    var paths: LedgerPaths { folder.paths }
    var identity: LedgerIdentity { folder.identity }

    /// Entries, all durable.
    package var size: UInt64 { writer.frontier.size }
    /// The checkpoint of all of them; nil when there are none.
    package var checkpoint: SignedCheckpoint? { writer.checkpoint }
    package var failure: Failure? { writer.failure }
    /// Bytes that were appended since the journal was opened.
    package var bytes: Int64 { writer.bytes }
    /// Latest time of any entry.
    package var latestTime: Timestamp? {
        writer.tally.latestTime < 0 ? nil : Timestamp(milliseconds: writer.tally.latestTime)
    }
    /// Intents without outcome, ascending.
    package var openIntents: [LedgerIndex] { writer.tally.openIntents.sorted() }

    /// Appends one batch; all durable and signed when it returns.
    package func append(_ events: [Event]) throws(Failure) -> [LedgerIndex] {
        guard !events.isEmpty else { return [] }
        let batch = try PreparedEntries(events[...], identity: identity)
        if let problem = problem(batch, pending: 0) { throw .eventInvalid(problem) }
        let first = try append(checked: [batch])
        return events.indices.map { first + UInt64($0) }
    }

    /// Appends entries that have passed `problem`, each in its place; returns the index of the first.
    func append(checked batch: [PreparedEntries]) throws(Failure) -> LedgerIndex { try writer.append(batch) }

    /// Appends one batch, each part as soon as it is made; returns the index of the first.
    ///
    /// - Throws: `EventInvalid` for the first part that cannot be taken; nothing of the batch is left then.
    func append(coming entries: UpcomingEntries) throws(Failure) -> LedgerIndex {
        var next = 0
        return try writer.append(from: { () throws(Failure) in
            defer { next += 1 }
            return try entries.take(next)
        })
    }

    func problem(_ entries: PreparedEntries, pending: Int) -> String? { writer.problem(entries, pending: pending) }

    /// Opens the journal anew after a failure: cuts what was not acknowledged, then takes events again.
    package func recover() throws(Failure) {
        do { try writer.cutUnacknowledged() } catch { throw .ledgerUnavailable(error) }
        let kept = writer.checkpoint.map { [$0.note] } ?? []
        (writer, cut) = try Self.openJournal(folder.paths, folder.identity, settings, kept: kept)
    }

    /// Brings the published form up to the journal's end.
    package func publish() throws(Failure) {
        guard let checkpoint = writer.checkpoint else { return }
        try publisher.publish(checkpoint, paths: folder.paths, key: key)
    }
}

/// A publisher that is opened when it is needed, and anew after a failure. Belongs to one thread at a time.
final class PublisherSlot {
    private var publisher: LogPublisher?

    func publish(_ target: SignedCheckpoint, paths: LedgerPaths, key: NoteKey) throws(Failure) {
        let found = publisher
        publisher = nil
        do {
            let current = if let found { found } else { try LogPublisher(paths: paths, key: key) }
            try current.publish(target)
            publisher = current
        } catch {
            throw .publicationFailed("\(error)")
        }
    }
}

extension Failure {
    init(ledger error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as SystemError: self = .ledgerUnavailable(error)
        default: self = .ledgerDamaged("\(error)")
        }
    }
}

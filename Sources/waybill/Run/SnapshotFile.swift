import Foundation
import Logging
import WaybillCore
import WaybillLedger

/// What the ledger's first entries come to, beside the ledger: a start folds only the entries after them.
///
/// ## Guarantees
/// The file counts when the ledger names it: an entry `facts.snapshot`, written after it, has its digest. It counts for the very
/// build that wrote it, since another may fold more out of the same entries. Whatever else is there is passed over, and the whole
/// ledger is folded: losing the file, or a crash between file and entry, costs time and nothing else.
struct SnapshotFile: Sendable {
    let path: String
    private let given: String?

    /// - Parameter build: who reads and writes; nil: the program that runs.
    init(_ folder: StateFolder, build: String? = nil) {
        path = folder.snapshot
        given = build
    }

    /// The build that reads and writes. Not asked for where there is no file to read.
    private var build: String { given ?? Executables.identity }

    private struct Form: Codable {
        var build: String
        var memory: Memory
    }

    /// A snapshot that was found; whether it counts, the entries after it say.
    struct Found {
        fileprivate let memory: Memory
        fileprivate let digest: Digest

        var entries: UInt64 { memory.entries }

        /// The memory after the ledger's first `limit` entries; nil when none of them vouches for the file.
        func continued(_ reader: LedgerReader, upTo limit: UInt64) throws(Failure) -> Memory? {
            var memory = memory
            var isVouchedFor = false
            try reader.forEach(from: entries) { recorded throws(Failure) in
                guard recorded.index < limit else { return false }
                try memory.take(recorded)
                if let event = recorded.event, event.type == .factsSnapshot {
                    isVouchedFor = isVouchedFor || event.body["digest"]?.string == digest.description
                }
                return true
            }
            return isVouchedFor ? memory : nil
        }
    }

    /// Nil when there is none, or none of this build's.
    func read() -> Found? {
        guard let bytes = FileManager.default.contents(atPath: path),
            let form = try? JSONDecoder().decode(Form.self, from: bytes), form.build == build
        else { return nil }
        return Found(memory: form.memory, digest: Digest(of: bytes))
    }

    /// Puts `memory` in place of the snapshot before.
    ///
    /// - Returns: the event that has to follow in the ledger.
    /// - Throws: `SnapshotNotWritten`, to be tried again.
    func write(_ memory: Memory, at now: Timestamp) async throws(Failure) -> Event {
        try await Blocking.run { () throws(Failure) in try put(memory, at: now) }
    }

    private func put(_ memory: Memory, at now: Timestamp) throws(Failure) -> Event {
        do {
            let bytes = try JSONEncoder().encode(Form(build: build, memory: memory))
            // Its folder is closed to others.
            try bytes.write(to: URL(fileURLWithPath: path), options: .atomic)
            return Event(
                .factsSnapshot, decision: .random(), time: now, subject: "controller",
                body: [
                    "entries": .integer(Int64(memory.entries)), "digest": .string(Digest(of: bytes).description),
                    "size": .integer(Int64(bytes.count)), "build": .string(build),
                ])
        } catch {
            throw Failure(
                .retry, reason: "SnapshotNotWritten",
                message: "\(path): what the ledger comes to cannot be written: \(error.localizedDescription)")
        }
    }
}

/// Keeps a start short: writes a snapshot whenever very many entries came after the last one.
struct SnapshotKeeper: Sendable {
    private let parts: Parts
    private let file: SnapshotFile

    /// Entries that a start folds in well under a second.
    private static let interval: UInt64 = 20_000

    /// Whether a ledger of `entries` needs another snapshot than the one of its first `taken`.
    static func isDue(_ entries: UInt64, after taken: UInt64) -> Bool { entries >= taken + interval }

    init(_ parts: Parts) {
        self.parts = parts
        file = SnapshotFile(parts.folder)
    }

    /// Runs until cancelled. A turn is a glance at two numbers while there is nothing to do.
    func run() async {
        var (taken, said) = (parts.snapshotEntries, "")
        repeat {
            // What was acknowledged: a batch that is being written may still be cut.
            let size = parts.ledger.status.size
            guard Self.isDue(size, after: taken) else { continue }
            do throws(Failure) {
                let memory = try await Memory.read(parts.ledger.reader, since: file, upTo: size).memory
                try await parts.journal.note(try await file.write(memory, at: parts.clock.now()))
                (taken, said) = (memory.entries, "")
            } catch {
                if said != error.message { parts.logger.warning("\(error.message); the next start takes longer") }
                said = error.message
            }
        } while (try? await Task.sleep(for: .seconds(60))) != nil
    }
}

import WaybillCore
import WaybillTrust

/// What is wrong with a record whose own checksum is right.
struct RuleBreach: Error, Hashable {
    let message: String
    /// A write that power cut short can look like this; nothing else but damage can look otherwise.
    var mayBeTorn = false
}

/// What must hold of each entry and each checkpoint of a journal, whoever reads it: the opener, the verifier.
struct BatchRules {
    let key: NoteKey
    private(set) var tally: JournalTally
    /// Leaves at the last checkpoint.
    private(set) var batchBegin: UInt64
    /// The last checkpoint's note; empty before the first.
    private(set) var note: [UInt8]
    private(set) var unreadable: UInt64 = 0

    init(continuing header: SegmentHeader) {
        key = header.key
        tally = header.tally
        batchBegin = header.frontier.size
        note = header.note
    }

    /// Takes entry `index` in; returns what is wrong with it.
    mutating func entry(_ entry: SegmentScanner.Entry, at index: UInt64) -> RuleBreach? {
        switch Self.header(of: entry.bytes, at: index) {
        case .failure(let breach): return breach
        case .success(nil):
            unreadable += 1
            return nil
        case .success(let read?):
            guard .plain(entry.sealed) == read.bodyDigest else {
                return RuleBreach(message: Self.wrongBody(entry.sealed), mayBeTorn: true)
            }
            tally.count(EntryTraits(read.header), at: index)
            return nil
        }
    }

    /// Header and body digest of entry `index`, checked; nil when the entry is of a version that is not known here.
    static func header(
        of entry: UnsafeRawBufferPointer, at index: UInt64
    ) -> Result<(header: EntryHeader, bodyDigest: MerkleHash)?, RuleBreach> {
        switch LedgerEntry.parse(entry) {
        case .malformed: return .failure(RuleBreach(message: "the entry is not in the form of version 1"))
        case .unknownVersion: return .success(nil)
        case .readable(let parts):
            guard let header = EntryHeader(parsing: parts.header) else {
                return .failure(RuleBreach(message: "the entry's header is not in the form of version 1"))
            }
            if let problem = header.problem(at: index) {
                return .failure(RuleBreach(message: "the entry's header is wrong: \(problem)"))
            }
            return .success((header, parts.bodyDigest))
        }
    }

    /// What to say of a body that is not the one in its entry. Zeros are reserved for erased bodies; nothing erases yet.
    static func wrongBody(_ sealed: UnsafeRawBufferPointer) -> String {
        SealedBody.isErased(sealed)
            ? "the body is all zeros, and nothing erases bodies yet" : "the body does not have the digest in its entry"
    }

    /// Takes the checkpoint after `size` entries in; returns what is wrong with it. Does not look at the signature.
    mutating func checkpoint(_ note: UnsafeRawBufferPointer, size: UInt64, root: MerkleHash) -> String? {
        guard size > batchBegin else { return "a checkpoint follows no entry" }
        let expected = Checkpoint(origin: key.name, size: size, root: root).text + "\n\u{2014} \(key.name) "
        guard note.count > expected.utf8.count, note.prefix(expected.utf8.count).elementsEqual(expected.utf8) else {
            return Self.difference(note, key: key, size: size)
        }
        batchBegin = size
        self.note = Array(note)
        return nil
    }

    private static func difference(_ note: UnsafeRawBufferPointer, key: NoteKey, size: UInt64) -> String {
        guard let found = try? SignedCheckpoint(unverified: Array(note)).checkpoint else {
            return "the checkpoint is not a signed note"
        }
        if found.origin != key.name { return "the checkpoint is of another log, \(found.origin.quotedForMessage)" }
        if found.size != size { return "the checkpoint counts \(found.size) entries, the journal \(size)" }
        return "the checkpoint's root is not that of the \(size) entries before it"
    }
}

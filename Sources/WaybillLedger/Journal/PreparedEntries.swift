import Glibc
import WaybillCore
import WaybillTrust

/// Events in the bytes that will be stored, ready for their places. A class, so that a batch is passed on without touching its parts.
final class PreparedEntries: Sendable {
    struct Entry: Sendable {
        let leaf: MerkleHash
        let traits: EntryTraits
    }

    /// As they stand in the journal, one after the other.
    let records: ByteWriter
    let entries: [Entry]

    /// With salts of chance.
    /// - Throws: `EventInvalid` when the formats cannot hold one of them.
    init(_ events: ArraySlice<Event>, identity: LedgerIdentity) throws(Failure) {
        var salts = SaltSource(count: events.count)
        var records = ByteWriter(capacity: 768 * events.count)
        var entries: [Entry] = []
        entries.reserveCapacity(events.count)
        var (actor, pseudonym) = (Actor.controller, identity.pseudonym(of: .controller))
        for place in events.indices {
            if events[place].actor != actor {
                (actor, pseudonym) = (events[place].actor, identity.pseudonym(of: events[place].actor))
            }
            entries.append(try Self.entry(events[place], pseudonym, salts.next(), &records))
        }
        self.records = records
        self.entries = entries
    }

    private static func entry(
        _ event: Event, _ pseudonym: String, _ salt: (UInt64, UInt64), _ records: inout ByteWriter
    ) throws(Failure) -> Entry {
        guard event.time.milliseconds >= 0 else { throw .eventInvalid("its time lies before 1970") }
        let (phase, time) = (EntryHeader.Phase(event.phase), UInt64(event.time.milliseconds))
        // Its place is not known yet: whether its cause comes before is asked when it gets one.
        let problem = EntryHeader.problem(
            phase: phase, time: time, hasCause: event.cause != nil, hasOutcome: event.outcome != nil)
        if let problem { throw .eventInvalid(problem) }
        let made = JournalRecord.append(to: &records) { bytes in
            EntryHeader.append(
                type: event.type.rawValue, phase: phase, decision: event.decision.hex, cause: event.cause, time: time,
                environment: event.environment?.text, subject: event.subject, outcome: event.outcome?.rawValue,
                actor: pseudonym, to: &bytes)
        } body: { bytes in
            SealedBody.append(salt: salt, to: &bytes) { SealedDocument.append(event, to: &$0) }
        }
        guard let made else {
            throw .eventInvalid("the header of '\(event.type.rawValue)' is longer than 64 KiB")
        }
        guard made.sealedLength <= SealedBody.saltLength + SealedBody.maximumLength else {
            throw .eventInvalid("the body of '\(event.type.rawValue)' is longer than 1 MiB; store it beside, by digest")
        }
        return Entry(leaf: made.leaf, traits: EntryTraits(phase, time: time, cause: event.cause, type: event.type))
    }
}

/// Salts of chance, drawn from the kernel for a whole request at once: a call of the kernel for each would cost more than its hash.
struct SaltSource {
    private let words: [UInt64]
    private var taken = 0

    init(count: Int) {
        var words = [UInt64](repeating: 0, count: 2 * count)
        words.withUnsafeMutableBytes { bytes in
            if let start = bytes.baseAddress { arc4random_buf(start, bytes.count) }
        }
        self.words = words
    }

    /// The next of `count` salts; never all zero, which would look erased.
    mutating func next() -> (UInt64, UInt64) {
        defer { taken += 2 }
        return (words[taken], words[taken + 1] | 1)
    }
}

extension EntryHeader.Phase {
    fileprivate init(_ phase: Event.Phase) {
        switch phase {
        case .intent: self = .intent
        case .outcome: self = .outcome
        case .fact: self = .fact
        }
    }
}

/// Actor and facts of an event, as they are sealed.
struct SealedDocument {
    let actor: Actor
    let body: Members

    init?(parsing bytes: UnsafeRawBufferPointer) {
        guard let value = Value(json: bytes), let body = value["body"]?.object,
            let actor = value["actor"].flatMap(Self.actor)
        else { return nil }
        self.actor = actor
        self.body = body
    }

    /// `{"actor":{…},"body":{…}}`.
    static func append(_ event: Event, to bytes: inout ByteWriter) {
        switch event.actor {
        case .controller: bytes.append(#"{"actor":{"kind":"controller"},"body":"#)
        case .unixUser(let uid, let name):
            bytes.append(#"{"actor":{"kind":"unixUser","name":"#)
            JSONWriter.append(string: name, to: &bytes)
            bytes.append(#","uid":"#)
            JSONWriter.append(number: UInt64(uid), to: &bytes)
            bytes.append(#"},"body":"#)
        case .gitAuthor(let name):
            bytes.append(#"{"actor":{"kind":"gitAuthor","name":"#)
            JSONWriter.append(string: name, to: &bytes)
            bytes.append(#"},"body":"#)
        }
        JSONWriter.append(event.body, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
    }

    private static func actor(_ value: Value) -> Actor? {
        switch value["kind"]?.string {
        case "controller": return .controller
        case "unixUser":
            guard let uid = value["uid"]?.integer.flatMap(UInt32.init(exactly:)), let name = value["name"]?.string
            else { return nil }
            return .unixUser(uid: uid, name: name)
        case "gitAuthor": return value["name"]?.string.map(Actor.gitAuthor)
        default: return nil
        }
    }
}

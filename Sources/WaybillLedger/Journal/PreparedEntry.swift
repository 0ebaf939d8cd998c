import Glibc
import WaybillCore
import WaybillTrust

/// An event in the bytes that will be stored, ready for an index. A class, so that a batch is passed on without touching its parts.
final class PreparedEntry: Sendable {
    let header: EntryHeader
    /// As it stands in the journal.
    let record: [UInt8]
    let leaf: MerkleHash

    /// - Throws: `EventInvalid` when the formats cannot hold it.
    init(_ event: Event, identity: LedgerIdentity, salt: (UInt64, UInt64)) throws(Failure) {
        guard event.time.milliseconds >= 0 else { throw .eventInvalid("its time lies before 1970") }
        header = EntryHeader(event, actor: identity.pseudonym(of: event.actor))
        let made = JournalRecord.entry(header) { bytes in
            SealedBody.append(salt: salt, to: &bytes) { SealedDocument(event).append(to: &$0) }
        }
        guard let made else {
            throw .eventInvalid("the header of '\(event.type.rawValue)' is longer than 64 KiB")
        }
        guard made.sealedLength <= SealedBody.saltLength + SealedBody.maximumLength else {
            throw .eventInvalid("the body of '\(event.type.rawValue)' is longer than 1 MiB; store it beside, by digest")
        }
        (record, leaf) = (made.bytes, made.leaf)
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

extension EntryHeader {
    init(_ event: Event, actor: String) {
        let phase: Phase =
            switch event.phase {
            case .intent: .intent
            case .outcome: .outcome
            case .fact: .fact
            }
        self.init(
            type: event.type.rawValue, phase: phase, decision: event.decision.hex, cause: event.cause,
            time: UInt64(event.time.milliseconds), environment: event.environment?.text, subject: event.subject,
            outcome: event.outcome?.rawValue, actor: actor)
    }
}

/// Actor and facts of an event, as they are sealed.
struct SealedDocument {
    let actor: Actor
    let body: Members

    init(_ event: Event) {
        actor = event.actor
        body = event.body
    }

    init?(parsing bytes: UnsafeRawBufferPointer) {
        guard let value = Value(json: bytes), let body = value["body"]?.object,
            let actor = value["actor"].flatMap(Self.actor)
        else { return nil }
        self.actor = actor
        self.body = body
    }

    /// `{"actor":{…},"body":{…}}`.
    func append(to bytes: inout [UInt8]) {
        switch actor {
        case .controller: bytes.append(contentsOf: #"{"actor":{"kind":"controller"},"body":"#.utf8)
        case .unixUser(let uid, let name):
            bytes.append(contentsOf: #"{"actor":{"kind":"unixUser","name":"#.utf8)
            JSONWriter.append(string: name, to: &bytes)
            bytes.append(contentsOf: #","uid":"#.utf8)
            JSONWriter.append(number: UInt64(uid), to: &bytes)
            bytes.append(contentsOf: #"},"body":"#.utf8)
        case .gitAuthor(let name):
            bytes.append(contentsOf: #"{"actor":{"kind":"gitAuthor","name":"#.utf8)
            JSONWriter.append(string: name, to: &bytes)
            bytes.append(contentsOf: #"},"body":"#.utf8)
        }
        JSONWriter.append(body, to: &bytes)
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

import WaybillCore
import WaybillTrust

/// An event in the bytes that will be stored, ready for an index.
struct PreparedEntry: Sendable {
    let header: EntryHeader
    let entry: [UInt8]
    let sealed: [UInt8]
    let leaf: MerkleHash

    /// Bytes in the journal.
    var recordLength: Int { JournalRecord.entryOverhead + entry.count + sealed.count }

    /// - Throws: `EventInvalid` when the formats cannot hold it.
    init(_ event: Event, identity: LedgerIdentity, salt: (UInt64, UInt64)) throws(Failure) {
        guard event.time.milliseconds >= 0 else { throw .eventInvalid("its time lies before 1970") }
        header = EntryHeader(event, actor: identity.pseudonym(of: event.actor))
        let body = SealedDocument(event).json
        guard body.utf8.count <= SealedBody.maximumLength else {
            throw .eventInvalid("the body of '\(event.type.rawValue)' is longer than 1 MiB; store it beside, by digest")
        }
        sealed = SealedBody.seal(body.utf8, salt: salt)
        guard let entry = LedgerEntry.encode(header: header.encoded, bodyDigest: .plain(sealed)) else {
            throw .eventInvalid("the header of '\(event.type.rawValue)' is longer than 64 KiB")
        }
        self.entry = entry
        leaf = .leaf(entry)
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
    let body: [String: Value]

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

    var json: String {
        let who: Value =
            switch actor {
            case .controller: ["kind": "controller"]
            case .unixUser(let uid, let name): ["kind": "unixUser", "uid": .integer(Int64(uid)), "name": .string(name)]
            case .gitAuthor(let name): ["kind": "gitAuthor", "name": .string(name)]
            }
        return Value.object(["actor": who, "body": .object(body)]).json
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

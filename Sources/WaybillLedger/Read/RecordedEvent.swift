package import WaybillCore
package import WaybillTrust

/// An entry of the ledger as it is read back.
package struct RecordedEvent: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        case disclosed(Event)
        /// Written by a newer Waybill, or damaged: what is wrong, in words.
        case unreadable(String)
    }

    package let index: LedgerIndex
    /// Nil for an entry of an unknown version only.
    package let header: EntryHeader?
    package let content: Content

    /// The event, when its body is there.
    package var event: Event? { if case .disclosed(let event) = content { event } else { nil } }

    init(index: LedgerIndex, entry: UnsafeRawBufferPointer, sealed: UnsafeRawBufferPointer) {
        self.index = index
        switch LedgerEntry.parse(entry) {
        case .unknownVersion(let version):
            header = nil
            content = .unreadable("the entry is of version \(version), which this Waybill does not know")
        case .malformed:
            header = nil
            content = .unreadable("the entry is not in the form of version 1")
        case .readable(let parts):
            header = EntryHeader(parsing: parts.header)
            content = Self.content(header, parts, sealed)
        }
    }

    private static func content(
        _ header: EntryHeader?, _ parts: LedgerEntry.Parts, _ sealed: UnsafeRawBufferPointer
    ) -> Content {
        guard let header else { return .unreadable("the header is not in the form of version 1") }
        guard .plain(sealed) == parts.bodyDigest else {
            return .unreadable(BatchRules.wrongBody(sealed))
        }
        guard let document = SealedDocument(parsing: SealedBody.body(of: sealed)) else {
            return .unreadable("the body is not in the form of version 1")
        }
        guard let event = Event(header, document) else {
            return .unreadable("a newer Waybill wrote an event of type \(header.type.quotedForMessage)")
        }
        return .disclosed(event)
    }
}

extension Event {
    /// Nil when header or body say something that this version has no word for.
    fileprivate init?(_ header: EntryHeader, _ document: SealedDocument) {
        guard let type = EventType(rawValue: header.type), let phase = Phase(rawValue: header.phase.rawValue),
            let decision = UInt64(header.decision, radix: 16), let time = Int64(exactly: header.time)
        else { return nil }
        var environment: Name?
        if let text = header.environment {
            environment = try? Name(parsing: text)
            guard environment != nil else { return nil }
        }
        var outcome: Outcome?
        if let text = header.outcome {
            outcome = Outcome(rawValue: text)
            guard outcome != nil else { return nil }
        }
        self.init(
            type, phase: phase, decision: DecisionID(decision), cause: header.cause,
            time: Timestamp(milliseconds: time), environment: environment, subject: header.subject, outcome: outcome,
            actor: document.actor, body: document.body)
    }
}

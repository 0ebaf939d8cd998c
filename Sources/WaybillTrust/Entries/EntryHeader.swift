import WaybillCore

/// The part of an entry that anyone may read, count and prove. `docs/ledger.md` section 2 has its form.
package struct EntryHeader: Hashable, Sendable {
    package enum Phase: String, CaseIterable, Hashable, Sendable { case intent, outcome, fact }

    /// Type of event, as `replica.started`; a newer Waybill may write types that this one does not know.
    package var type: String
    package var phase: Phase
    /// 16 lowercase hexadecimal digits.
    package var decision: String
    package var cause: UInt64?
    /// Milliseconds since 1970-01-01T00:00:00Z.
    package var time: UInt64
    package var environment: String?
    package var subject: String
    package var outcome: String?
    /// Pseudonym of who acted.
    package var actor: String

    package init(
        type: String, phase: Phase, decision: String, cause: UInt64? = nil, time: UInt64, environment: String? = nil,
        subject: String, outcome: String? = nil, actor: String
    ) {
        self.type = type
        self.phase = phase
        self.decision = decision
        self.cause = cause
        self.time = time
        self.environment = environment
        self.subject = subject
        self.outcome = outcome
        self.actor = actor
    }

    /// The last millisecond of the year 9999.
    package static let latestTime: UInt64 = 253_402_300_799_999

    /// The bytes to store.
    package var encoded: [UInt8] {
        var bytes = ByteWriter()
        append(to: &bytes)
        return bytes.bytes
    }

    /// Appends the bytes to store.
    package func append(to bytes: inout ByteWriter) {
        Self.append(
            type: type, phase: phase, decision: decision, cause: cause, time: time, environment: environment,
            subject: subject, outcome: outcome, actor: actor, to: &bytes)
    }

    /// Appends what a header of these parts stores, without making one.
    package static func append(
        type: String, phase: Phase, decision: String, cause: UInt64?, time: UInt64, environment: String?,
        subject: String, outcome: String?, actor: String, to bytes: inout ByteWriter
    ) {
        func member(_ name: StaticString, _ text: String) {
            bytes.append(name)
            JSONWriter.append(string: text, to: &bytes)
        }
        member("{\"type\":", type)
        member(",\"phase\":", phase.rawValue)
        member(",\"decision\":", decision)
        if let cause {
            bytes.append(",\"cause\":")
            JSONWriter.append(number: cause, to: &bytes)
        }
        bytes.append(",\"time\":")
        JSONWriter.append(number: time, to: &bytes)
        if let environment { member(",\"environment\":", environment) }
        member(",\"subject\":", subject)
        if let outcome { member(",\"outcome\":", outcome) }
        member(",\"actor\":", actor)
        bytes.append(UInt8(ascii: "}"))
    }

    /// Parses exactly the form that `encoded` writes; nil for anything else.
    package init?(parsing bytes: UnsafeRawBufferPointer) {
        var scanner = JSONScanner(bytes)
        guard scanner.skip("{\"type\":"), let type = scanner.string(), scanner.skip(",\"phase\":"),
            let phase = scanner.string().flatMap(Phase.init(rawValue:)), scanner.skip(",\"decision\":"),
            let decision = scanner.string()
        else { return nil }
        var cause: UInt64?
        if scanner.skip(",\"cause\":") {
            cause = scanner.unsigned()
            guard cause != nil else { return nil }
        }
        guard scanner.skip(",\"time\":"), let time = scanner.unsigned() else { return nil }
        var texts: [String?] = []
        for (name, isRequired): (StaticString, Bool) in [
            (",\"environment\":", false), (",\"subject\":", true), (",\"outcome\":", false), (",\"actor\":", true),
        ] {
            let text = scanner.skip(name) ? scanner.string() : nil
            guard text != nil || !isRequired else { return nil }
            texts.append(text)
        }
        guard let subject = texts[1], let actor = texts[3], scanner.skip("}"), scanner.isAtEnd else { return nil }
        self.init(
            type: type, phase: phase, decision: decision, cause: cause, time: time, environment: texts[0],
            subject: subject, outcome: texts[2], actor: actor)
    }

    /// What is wrong with this header as the one of entry `index`, in words; nil when nothing is.
    package func problem(at index: UInt64) -> String? {
        if type.isEmpty { return "it has no type" }
        var digits = decision
        let isDecision = digits.withUTF8 { $0.count == 16 && $0.allSatisfy { 48...57 ~= $0 || 97...102 ~= $0 } }
        if !isDecision { return "its decision is not 16 lowercase hexadecimal digits" }
        return Self.problem(phase: phase, time: time, hasCause: cause != nil, hasOutcome: outcome != nil)
            ?? Self.problem(ofCause: cause, at: index)
    }

    /// What is wrong with a header of these parts, wherever it stands; nil when nothing is.
    package static func problem(phase: Phase, time: UInt64, hasCause: Bool, hasOutcome: Bool) -> String? {
        if time > latestTime { return "its time lies after the year 9999" }
        switch phase {
        case .intent: return hasOutcome ? "it is an intent and has an outcome" : nil
        case .outcome:
            if !hasOutcome { return "it is an outcome and does not say which" }
            return hasCause ? nil : "it is an outcome and names no intent"
        case .fact: return nil
        }
    }

    /// What is wrong with the cause of entry `index`: the one thing that hangs on its place.
    package static func problem(ofCause cause: UInt64?, at index: UInt64) -> String? {
        guard let cause, cause >= index else { return nil }
        return "its cause, entry \(cause), does not come before it"
    }
}

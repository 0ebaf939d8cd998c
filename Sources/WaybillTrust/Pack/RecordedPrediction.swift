package import WaybillCore

/// A record that was found, with the segment that it stands in, as far as it is closed and in the ledger.
package struct RecordedPrediction: Hashable, Sendable {
    package var record: PredictionRecord
    /// The way to the root of its segment; nil while the segment is open.
    package var proof: ProvenRecord?
    /// The entry that has the root; nil while none has.
    package var sealed: LedgerFact?
    /// What was said of it afterwards, oldest first.
    package var feedback: [FeedbackRecord] = []

    package init(record: PredictionRecord, proof: ProvenRecord?, sealed: LedgerFact?) {
        self.record = record
        self.proof = proof
        self.sealed = sealed
    }

    /// What the record answers about itself.
    ///
    /// - Throws: `InvalidInput` when no replica answered, so that there is nothing to explain.
    package func question() throws(InvalidInput) -> LineageQuestion {
        let server = record.server
        guard let digest = try? Digest(parsing: server.revision) else {
            throw InvalidInput(
                "prediction \(record.id) was answered by the gateway itself, with status \(record.status): \(record.reason.words)"
            )
        }
        let environment = try Name(parsing: server.environment)
        let key = DeploymentKey(environment: environment, name: try Name(parsing: server.deployment))
        return LineageQuestion(
            key, Revision(digest), at: Timestamp(milliseconds: Int64(clamping: record.time / 1000)),
            replica: server.replica.isEmpty ? nil : server.replica, commit: server.commit.isEmpty ? nil : server.commit,
            record: links, isRecordProven: sealed != nil, title: "prediction \(record.id)")
    }

    private var links: [LineageLink] {
        let batch = record.instances > 1 ? ", instance \(record.instance) of \(record.instances)" : ""
        let milliseconds = Double(record.duration / 1000) / 1000
        let prediction = link(
            .prediction, "\(record.id)", note: "status \(record.status) after \(milliseconds) ms\(batch)", "id", "time",
            "environment", "deployment", "status", "ending")
        let reason = record.value["reason"]?.string ?? ""
        let routing = link(
            .routing, reason, note: "\(record.reason.words), by route table \(record.generation)", "reason", "share",
            "generation")
        return [prediction, routing, body(.request, record.request), body(.answer, record.answer)]
            + feedback.map(Self.link)
    }

    /// Whoever called the gateway said it; that they know better is theirs to say.
    private static func link(_ feedback: FeedbackRecord) -> LineageLink {
        let said = feedback.said.payload.map { String(String(decoding: $0, as: UTF8.self).prefix(200)) }
        let time = Timestamp(milliseconds: Int64(clamping: feedback.time / 1000))
        return LineageLink(
            .feedback, "\(feedback.id)", note: "at \(time): \(said ?? "its text is not kept")",
            .claimed(by: "whoever sent it", []))
    }

    private func body(_ subject: LineageLink.Subject, _ body: RecordedBody) -> LineageLink {
        guard let digest = body.digest else {
            return .missing(subject, because: "\(body.size) bytes, of which the recording policy keeps nothing")
        }
        let kept =
            switch body.form {
            case .nothing, .digest: "its salted digest is kept"
            case .whole: body.isErased ? "its payload was erased" : "its payload is kept"
            case .selection: body.isErased ? "its payload was erased" : "a selection of its payload is kept"
            }
        return link(
            subject, "\(digest)", note: "\(body.size) bytes; \(kept)", "\(subject.rawValue)Digest",
            "\(subject.rawValue)Size")
    }

    private func link(
        _ subject: LineageLink.Subject, _ value: String, note: String, _ members: String...
    ) -> LineageLink {
        guard let sealed else {
            return LineageLink(
                subject, value, note: note,
                .claimed(by: "a record whose segment is not in the ledger yet", []))
        }
        var says: Members = [:]
        for name in members { says[name] = record.value[name] }
        let root = subject == .prediction ? [sealed.saying("segment", "root", "count")] : []
        return LineageLink(subject, value, note: note, .proven([.record(says: says)] + root))
    }
}

extension RecordedPrediction {
    /// A record of a closed segment, with its entry in the ledger when that has its root.
    package init(
        record: PredictionRecord, core: [UInt8], at index: UInt64, of count: UInt64, _ path: [MerkleHash],
        root: MerkleHash,
        segment: RecordID, _ history: LineageHistory
    ) {
        var attachments = ByteWriter()
        Record.prediction(record).appendAttachments(to: &attachments)
        let sealed = history.segments.last { $0["segment"] == "\(segment)" && $0["root"] == "\(root)" }
        self.init(
            record: record,
            proof: sealed == nil
                ? nil
                : ProvenRecord(
                    core: core, attachments: attachments.bytes, segment: "\(segment)", index: index, count: count,
                    path: path),
            sealed: sealed)
    }
}

import WaybillTrust

/// Records with every kind of body, for tests of their form.
enum RecordSamples {
    static let id = RecordID(high: 0x0192_7F3A_5B1C_7ABC, low: 0x8123_4567_89AB_CDEF)
    static let salt = Salt(0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908)
    static let server = PredictionRecord.Server(
        environment: "production", deployment: "churn", model: "churn", version: "1.4.0", revision: "sha256:ab",
        commit: "c0ffee", replica: "production/churn-1")

    static func prediction(
        request: RecordedBody = RecordedBody(whole: Array("{\"a\":1}".utf8), salt: salt),
        answer: RecordedBody = RecordedBody(whole: Array("[2]".utf8), salt: salt)
    ) -> PredictionRecord {
        PredictionRecord(
            id: id, time: 1_727_000_000_123_456, duration: 2_500_000, status: 200, ending: .answered,
            reason: .share(10), generation: 7, requestID: "order 4711", server: server, request: request, answer: answer
        )
    }

    static var bodies: [RecordedBody] {
        let whole = Array("{\"name\":\"Ada\",\"age\":36}".utf8)
        return [
            RecordedBody(nothingOf: 12), RecordedBody(nothingOf: 0, flags: .incomplete),
            RecordedBody(digest: salt.digest(of: whole), of: 23, salt: salt, flags: [.tooLarge]),
            RecordedBody(digest: salt.digest(of: whole), of: 23, salt: salt, flags: [.unreadable, .incomplete]),
            RecordedBody(whole: whole, salt: salt), RecordedBody(whole: [], salt: salt, flags: .part),
            RecordedBody(
                selection: Array("{\"age\":36}".utf8), digest: salt.digest(of: whole), of: 23, salt: salt,
                flags: .part),
        ]
    }

    static var feedback: Record {
        .feedback(
            FeedbackRecord(
                id: RecordID(high: 0x0192_7F3A_5B1C_7000, low: 1 << 63), prediction: id, instance: 3, time: 5,
                environment: "production", deployment: "churn",
                said: RecordedBody(whole: Array("{\"label\":1}".utf8), salt: salt)))
    }

    /// Every pair of bodies, and feedback.
    static var all: [Record] {
        bodies.flatMap { request in bodies.map { .prediction(prediction(request: request, answer: $0)) } } + [feedback]
    }

    /// A closed segment of `records`, with the end of each frame.
    static func segment(_ records: [Record], closed: Bool = true) -> (bytes: [UInt8], ends: [Int]) {
        var bytes = ByteWriter()
        var ends: [Int] = []
        var (footer, leaves): (SegmentFooter, [MerkleHash]) = (SegmentFooter(), [])
        SegmentHeader(pid: 42, id: id, writer: id, number: 3, opened: 99).append(to: &bytes)
        for record in records {
            guard let leaf = RecordFrame.append(record, to: &bytes) else { continue }
            leaves.append(leaf)
            footer.count(record.id, at: record.time)
            ends.append(bytes.count)
        }
        footer.root = SegmentTree(leaves).root
        if closed { footer.appendFrame(to: &bytes) }
        return (bytes.bytes, ends)
    }

    static func scan(_ bytes: [UInt8]) throws -> SegmentScan { try bytes.withUnsafeBytes { try SegmentScan($0) } }

    static func read(_ bytes: [UInt8]) throws -> [Record] {
        try bytes.withUnsafeBytes { buffer in
            var records: [Record] = []
            _ = try SegmentScan(buffer) { frame, _ in records.append(try frame.record(in: buffer)) }
            return records
        }
    }
}

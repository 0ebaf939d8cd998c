import WaybillTrust

/// A pass over the journal, segment by segment.
struct JournalPass {
    let paths: LedgerPaths
    let everySignature: Bool

    func run(_ pass: inout VerificationPass) throws -> VerificationReport {
        pass.report.hasJournal = true
        let segments = try paths.segments()
        guard !segments.isEmpty else {
            throw VerificationProblem(file: "journal", "it holds no segment")
        }
        var rules: BatchRules?
        for first in segments {
            guard first == pass.builder.size else {
                throw VerificationProblem(
                    file: name(first),
                    "it should begin with entry \(pass.builder.size): a segment is missing or too much")
            }
            let scanner = try SegmentScanner(paths.segment(first), first: first)
            try check(scanner.header, rules, &pass)
            var current = rules ?? BatchRules(continuing: scanner.header)
            try walk(scanner, isLast: first == segments.last, &current, &pass)
            try checkSignature(current.note, first, nil, pass)
            rules = current
        }
        pass.report.unreadable = rules?.unreadable ?? 0
        pass.report.openIntents = rules?.tally.openIntents.count ?? 0
        return try pass.end()
    }

    private func name(_ first: UInt64) -> String { "journal/" + LedgerPaths.segmentName(first) }

    /// The state in a segment's header must be what the entries before leave.
    private func check(_ header: SegmentHeader, _ rules: BatchRules?, _ pass: inout VerificationPass) throws {
        let file = name(pass.builder.size)
        guard header.key == pass.key else {
            throw VerificationProblem(
                file: file, offset: 20,
                "the journal was signed with another key, \(header.key), than the one to verify with")
        }
        let derived = SegmentHeader(
            frontier: pass.builder.frontier, tally: rules?.tally ?? JournalTally(), key: pass.key,
            note: rules?.note ?? [])
        guard header == derived else {
            throw VerificationProblem(
                file: file, offset: 20, "the segment's header does not have the state that the entries before it leave")
        }
    }

    private func walk(
        _ scanner: SegmentScanner, isLast: Bool, _ rules: inout BatchRules, _ pass: inout VerificationPass
    ) throws {
        let first = scanner.header.frontier.size
        let file = name(first)
        let size = try scanner.fileSize()
        let end = isLast ? try TornTail.begin(scanner, origin: pass.key.name) ?? size : size
        pass.report.tornBytes += size - end
        while scanner.offset < end {
            switch try scanner.next() {
            case .entry(let entry):
                let index = pass.builder.size
                if let breach = rules.entry(entry, at: index) {
                    throw VerificationProblem(file: file, offset: entry.offset, index: index, breach.message)
                }
                try pass.append(entry.leaf, entry.bytes, latestTime: rules.tally.latestTime)
            case .checkpoint(let offset, let note):
                if let message = rules.checkpoint(note, size: pass.builder.size, root: pass.builder.frontier.root) {
                    throw VerificationProblem(file: file, offset: offset, message)
                }
                if everySignature { try checkSignature(rules.note, first, offset, pass) }
            case .end:
                throw VerificationProblem(
                    file: file, offset: scanner.offset, "the file ends inside the record that begins here")
            case .damaged(let offset, let message):
                throw VerificationProblem(file: file, offset: offset, index: pass.builder.size, message)
            }
        }
        guard rules.batchBegin == pass.builder.size else {
            throw VerificationProblem(file: file, offset: end, "the segment ends without a checkpoint")
        }
    }

    private func checkSignature(
        _ note: [UInt8], _ first: UInt64, _ offset: Int64?, _ pass: VerificationPass
    ) throws {
        guard !note.isEmpty else { return }
        do {
            _ = try SignedCheckpoint(verifying: note, with: pass.key)
        } catch {
            throw VerificationProblem(
                file: name(first), offset: offset, "the checkpoint of \(pass.builder.size) entries: \(error)")
        }
    }
}

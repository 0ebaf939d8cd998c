import Foundation
import WaybillCore
import WaybillLedger
import WaybillTrust

/// What a question comes to, once the ledger was read.
enum LineageAsked {
    case one(LineageQuestion, RecordedPrediction? = nil)
    case candidates(LineageCandidates)
}

/// Answers lineage from a state folder or a copy of one: reads, and leaves every judgement to `WaybillCore`.
struct LineageReading {
    let state: StateFolder
    /// Folder of the manifests in the fleet repository.
    let path: String
    let history: LineageHistory

    /// Reads the ledger, once.
    init(state: StateFolder, path: String) async throws {
        self.state = state
        self.path = path
        history = try await LineageLedger.history(of: state.ledger)
    }

    /// One answer, with what it was made from.
    struct Explained {
        var lineage: Lineage
        var sources: LineageSources
        var record: ProvenRecord?
    }

    // MARK: Questions

    /// - Throws: `NotServed` when nothing had traffic then, `NoSuchRevision`, `AmbiguousRevision`.
    func question(
        of key: DeploymentKey, at time: Timestamp?, revision prefix: String?
    ) throws -> LineageAsked {
        guard history.deployments[key] != nil else {
            throw Failure(.stall, reason: "NotFound", message: "the ledger knows no deployment \(key)")
        }
        if let prefix { return .one(LineageQuestion(key, try revision(prefix, of: key), at: time)) }
        guard let time, let traffic = history.traffic(of: key, at: time), !traffic.shares.isEmpty else {
            throw Failure(
                .stall, reason: "NotServed",
                message: "no revision of \(key) had traffic at \(time?.description ?? "any time"); "
                    + "'waybill history \(key)' shows what happened")
        }
        let candidates = LineageCandidates(deployment: key, time: time, traffic: traffic)
        guard candidates.isCertain, let revision = traffic.shares.first?.revision else {
            return .candidates(candidates)
        }
        return .one(LineageQuestion(key, revision, at: time))
    }

    private func revision(_ text: String, of key: DeploymentKey) throws(Failure) -> Revision {
        let digits = text.hasPrefix("sha256:") ? String(text.dropFirst(7)) : text
        guard digits.utf8.count >= 6, let revision = history.revision(digits, of: key) else {
            throw Failure(
                .stall, reason: "NoSuchRevision",
                message:
                    "no entry of the ledger, or more than one revision, of \(key) begins with \(text.quotedForMessage); "
                    + "give the first 12 digits, as 'waybill describe \(key)' shows them")
        }
        return revision
    }

    // MARK: Answers

    func explain(_ question: LineageQuestion) async -> Explained {
        var sources = LineageSources()
        do throws(Failure) {
            sources = await (try LineageGit(state: state, path: path)).sources(for: question, history)
        } catch { sources.problems.append(error.message) }
        return Explained(
            lineage: Lineage(question, history, sources), sources: sources)
    }

    /// The pack of an answer; checked as an auditor would before it is handed out.
    ///
    /// - Throws: what `LedgerProver` throws; `PackTooLarge`.
    func pack(_ explained: Explained, since note: [UInt8]?) async throws -> StoredZip {
        let folder = state.ledger
        let key = try NoteKey(parsing: String(decoding: FileInput.read(folder + "/vkey", limit: 4096), as: UTF8.self))
        let older = try note.map { try SignedCheckpoint(verifying: $0, with: key).checkpoint }
        let indices = explained.lineage.entries
        var pack = try await Blocking.run { () throws(Failure) -> EvidencePack in
            let last = max(indices.max() ?? 0, older.map { $0.size == 0 ? 0 : $0.size - 1 } ?? 0)
            let prover = try LedgerProver(folder: folder, covering: last)
            var pack = EvidencePack(lineage: .null, key: key, note: prover.checkpoint.note)
            let bodies = try prover.sealedBodies(of: Set(indices))
            for index in indices {
                pack.entries.append(EvidencePack.Entry(proof: try prover.proof(of: index), sealed: bodies[index]))
            }
            if let older {
                pack.consistency = EvidencePack.Consistency(
                    size: older.size, path: try prover.consistency(from: older))
            }
            return pack
        }
        pack.lineage = explained.lineage.value
        pack.record = explained.record
        let hasGit = explained.lineage.links.flatMap(\.proofs).contains { proof in
            switch proof {
            case .git, .commit: true
            case .ledger, .statement, .record: false
            }
        }
        if hasGit { pack.objects = try await LineageGit(state: state, path: path).objects(proving: explained.lineage) }
        for statement in explained.sources.statements { pack.statements[statement.path] = statement.bytes }
        let zip = try pack.zip()
        _ = try PackVerification.verify(zip.bytes, key: key, since: note)
        return zip
    }
}

import Crypto
import WaybillCore

@testable import WaybillTrust

/// One prediction of `production/churn`, with a ledger, a fleet repository and a record that explain it, all made by hand.
struct PackBench {
    static let time: UInt64 = 1_795_000_000_000
    static let key = ApprovalBench.deployment("production/churn")
    static let revision = Revision(Digest(of: Array("revision".utf8)))
    static let rendering = Digest(of: Array("rendering".utf8)).description
    static let weights = Digest(of: Array("weights".utf8))
    static let training = Digest(of: Array("rows".utf8))
    static let codeCommit = String(repeating: "c0de", count: 10)
    static let replica = "production.churn.\(revision.short).7"
    static let lock = "numpy==2.1.0 --hash=sha256:00\n"

    let manifest = """
        kind: ModelVersion
        spec:
          artifacts: [{path: model.json, digest: \(weights)}]
          code: {repository: https://git.example.org/churn, commit: \(codeCommit)}
          data: [{name: train, digest: \(training)}]
          metrics: {auc: 0.91}

        """
    let alice = ApprovalBench.secret(1)
    let signer: NoteSigner
    var objects: [GitObject] = []
    var commit: CommitID
    var statement: SignedStatement
    var record: PredictionRecord
    var proven: ProvenRecord
    var facts: [(fact: LedgerFact, header: EntryHeader)] = []

    init() throws {
        signer = try NoteTests.signer()
        let rules = "people: [{name: alice, keys: [{key: \(alice.publicKey)}]}]\n"
        let raw = { (id: String) in bytesOfHex(id) ?? [] }
        func tree(_ entries: [(String, GitObject)]) -> GitObject {
            GitObject(
                .tree,
                entries.sorted { $0.0 < $1.0 }.flatMap { name, object in
                    Array("\(object.kind == .tree ? "40000" : "100644") \(name)\u{0}".utf8) + raw(object.id)
                })
        }
        func blob(_ text: String) -> GitObject { GitObject(.blob, Array(text.utf8)) }
        let (version, locked, access) = (blob(manifest), blob(Self.lock), blob(rules))
        let (models, waybill) = (
            tree([("1.4.0.yaml", version), ("lock.txt", locked)]), tree([("access.yaml", access)])
        )
        let top = tree([("models", models), (".waybill", waybill)])
        let person = "Ada <ada@example.org> 1795000000 +0000"
        let text =
            "tree \(top.id)\nauthor \(person)\ncommitter \(person)\n\nChurn 1.4.0\n\nWhy.\n\nReviewed-by: Bob <bob@example.org>\n"
        let head = GitObject(.commit, Array(text.utf8))
        objects = [head, top, models, waybill, version, locked, access]
        commit = try CommitID(parsing: head.id)
        let said = ApprovalStatement(
            .approve, Self.key, change: Digest(of: Array("change".utf8)), from: nil, role: ApprovalBench.name("risk"),
            issued: Timestamp(milliseconds: Int64(Self.time)),
            expires: Timestamp(milliseconds: Int64(Self.time) + 86_400_000))
        statement = SignedStatement(
            said, try alice.sign(Array(said.description.utf8), namespace: said.kind.namespace))
        record = RecordSamples.prediction()
        record.time = Self.time * 1000 + 9_000_000
        record.server = PredictionRecord.Server(
            environment: "production", deployment: "churn", model: "churn", version: "1.4.0",
            revision: Self.revision.description, commit: head.id, replica: Self.replica)
        proven = ProvenRecord(core: [], attachments: nil, segment: "", index: 0, count: 0, path: [])
        seal()
        try writeLedger(rulesDigest: Digest(of: Array(rules.utf8)).description)
    }

    /// Puts the record in the middle of a segment of seven.
    private mutating func seal() {
        var other = record
        let records = (0..<7).map { place -> Record in
            other.generation = UInt64(place)
            return .prediction(place == 4 ? record : other)
        }
        let tree = SegmentTree(records.map { .leaf($0.core) })
        var attachments = ByteWriter()
        records[4].appendAttachments(to: &attachments)
        proven = ProvenRecord(
            core: records[4].core, attachments: attachments.bytes, segment: "0192aaaa-0000-7000-8000-000000000001",
            index: 4, count: 7, path: (try? tree.proof(of: 4)) ?? [])
        root = "\(tree.root)"
    }

    private(set) var root = ""

    private mutating func writeLedger(rulesDigest: String) throws {
        let id = commit.hex
        let fixed = FixedVersion(
            version: try VersionID(parsing: "churn@1.4.0"), digest: Self.weights, path: "models/1.4.0.yaml",
            commit: commit)
        let approval: Value = [
            "person": "alice", "role": "risk", "file": "a.approval", "key": .string(alice.publicKey.fingerprint),
            "evidence": "none",
        ]
        let revision = Value.string(Self.revision.description)
        add(.commitAccepted, id, ["commit": .string(id), "deployments": 1])
        add(.versionsFixed, id, ["commit": .string(id), "versions": .list([fixed.value])])
        add(
            .changeAdmitted, "production/churn",
            [
                "change": .string(statement.statement.change.description), "rendering": .string(Self.rendering),
                "commit": .string(id), "approvals": .list([approval]), "authors": ["dave"],
                "rules": .string(rulesDigest),
                "required": "risk", "message": "approved by alice (risk)",
            ])
        add(
            .planDecided, "production/churn",
            [
                "to": revision, "from": "absent", "rendering": .string(Self.rendering), "version": "churn@1.4.0",
                "commit": .string(id),
            ])
        add(
            .artifactVerified, "churn@1.4.0",
            ["version": "churn@1.4.0", "path": "model.json", "digest": .string(Self.weights.description), "size": 7])
        add(.bundleBuilt, "churn@1.4.0", ["version": "churn@1.4.0", "digest": .string(Self.rendering)])
        add(
            .versionValidated, "production/churn", phase: .outcome,
            [
                "revision": revision, "verdict": "passed", "checklist": "basic", "version": "churn@1.4.0",
                "gates": ["integrity": "passed"], "evidence": .string(Self.training.description),
            ])
        add(
            .replicaStarted, "production/churn", phase: .outcome,
            ["replica": .string(Self.replica), "revision": revision, "isolation": "sandbox"])
        add(.routesChanged, "production/churn", phase: .outcome, ["replicas": [.string(Self.replica)]])
        add(
            .recordsSealed, "controller",
            ["segment": .string(proven.segment), "root": .string(root), "count": 7])
    }

    private mutating func add(
        _ type: EventType, _ subject: String, phase: EntryHeader.Phase = .fact, _ body: Members
    ) {
        let index = LedgerIndex(facts.count)
        let time = Self.time + index * 100
        let outcome: Event.Outcome? = phase == .outcome ? .succeeded : nil
        let event = Event(
            type, phase: phase == .outcome ? .outcome : .fact, decision: DecisionID(index),
            cause: phase == .outcome ? 0 : nil,
            time: Timestamp(milliseconds: Int64(time)), subject: subject, outcome: outcome, body: body)
        let header = EntryHeader(
            type: type.rawValue, phase: phase, decision: DecisionID(index).hex, cause: event.cause, time: time,
            subject: subject, outcome: outcome?.rawValue, actor: "controller")
        facts.append((LedgerFact(index, event), header))
    }

    // MARK: What is made of it

    var sources: LineageSources {
        var sources = LineageSources()
        let file = LineageSources.File(commit: commit, path: "models/1.4.0.yaml")
        sources.commit = LineageSources.Commit(commit, raw: objects[0].content)
        sources.rendered = Self.revision
        if let id = try? VersionID(parsing: "churn@1.4.0"), let code = try? CommitID(parsing: Self.codeCommit) {
            let version = ModelVersion(
                id: id, format: "onnx",
                artifacts: [
                    Artifact(path: "model.json", source: .repository(path: "model.json"), digest: Self.weights, size: 7)
                ], code: CodeSource(repository: "https://git.example.org/churn", commit: code),
                data: [Dataset(name: ApprovalBench.name("train"), digest: Self.training)], metrics: ["auc": 0.91])
            sources.manifest = LineageSources.Manifest(file: file, version: version, text: manifest)
        }
        sources.servesIn = LineageSources.Lock(
            file: LineageSources.File(commit: commit, path: "models/lock.txt"),
            digest: Digest(of: Array(Self.lock.utf8)),
            python: "3.12")
        sources.statements = [
            LineageSources.Statement(
                place: "a.approval", path: "statements/alice.approval", key: alice.publicKey.fingerprint,
                text: statement.statement.description,
                access: LineageSources.File(commit: commit, path: ".waybill/access.yaml"),
                keyText: Base64.encode(alice.publicKey.blob), bytes: statement.file)
        ]
        return sources
    }

    var history: LineageHistory {
        var history = LineageHistory()
        for (fact, _) in facts { history.fold(fact.index, fact.event) }
        return history
    }

    func lineage() throws -> Lineage {
        let found = RecordedPrediction(record: record, proof: proven, sealed: facts.last?.fact)
        return Lineage(try found.question(), history, sources)
    }

    /// The pack, and the checkpoint of the first `older` entries.
    func pack(since older: Int? = nil) throws -> (pack: EvidencePack, older: [UInt8]) {
        var entries: [(entry: [UInt8], sealed: [UInt8])] = []
        for (fact, header) in facts {
            let sealed =
                [UInt8](repeating: UInt8(fact.index + 1), count: 16)
                + Array(#"{"actor":{"kind":"controller"},"body":\#(Value.object(fact.event.body).json)}"#.utf8)
            var bytes = ByteWriter()
            _ = LedgerEntry.append(to: &bytes) { header.append(to: &$0) }
            LedgerEntry.setBodyDigest(.plain(sealed), ofEntryBefore: bytes.count, in: &bytes)
            entries.append((bytes.bytes, sealed))
        }
        let tree = SegmentTree(entries.map { .leaf($0.entry) })
        let note = try SignedCheckpoint(
            signing: Checkpoint(origin: signer.key.name, size: tree.size, root: tree.root), with: signer
        ).note
        var pack = EvidencePack(lineage: try lineage().value, key: signer.key, note: note)
        for (index, (entry, sealed)) in entries.enumerated() {
            pack.entries.append(
                EvidencePack.Entry(
                    proof: LogProof(extra: entry, index: UInt64(index), path: try tree.proof(of: index), note: note),
                    sealed: sealed))
        }
        pack.objects = objects
        pack.statements = ["statements/alice.approval": statement.file]
        pack.record = proven
        guard let older else { return (pack, note) }
        let first = SegmentTree(entries.prefix(older).map { .leaf($0.entry) })
        let levels = entries.map { MerkleHash.leaf($0.entry) }
        pack.consistency = EvidencePack.Consistency(
            size: first.size,
            path: try MerkleProof.consistency(from: first.size, to: tree.size) { height, place in
                SegmentTree(Array(levels[(Int(place) << height)..<(Int(place + 1) << height)])).root
            })
        return (
            pack,
            try SignedCheckpoint(
                signing: Checkpoint(origin: signer.key.name, size: first.size, root: first.root), with: signer
            ).note
        )
    }
}

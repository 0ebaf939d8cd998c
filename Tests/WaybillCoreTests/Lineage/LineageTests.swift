import Testing
import WaybillCore

/// What a ledger says of `production/churn`, entry by entry.
private struct Told {
    var history = LineageHistory()
    private var next: LedgerIndex = 0

    static func at(_ second: Int64) -> Timestamp { Timestamp(milliseconds: 1_795_000_000_000 + second * 1000) }
    static func revision(_ name: String) -> Revision { Revision(Digest(of: Array(name.utf8))) }
    static let commit = String(repeating: "ab", count: 20)

    mutating func tell(
        _ type: EventType, at second: Int64, of subject: String = "production/churn",
        as stage: (phase: Event.Phase, outcome: Event.Outcome?) = (.fact, nil), _ body: Members
    ) {
        history.fold(
            next,
            Event(
                type, phase: stage.phase, decision: DecisionID(next), cause: nil, time: Self.at(second),
                subject: subject,
                outcome: stage.outcome, body: body))
        next += 1
    }

    mutating func plan(_ name: String, at second: Int64, version: String = "churn@1.0.0") {
        tell(
            .planDecided, at: second,
            [
                "to": .string(Self.revision(name).description), "version": .string(version),
                "rendering": .string(Digest(of: Array("whole \(name)".utf8)).description),
                "commit": .string(Self.commit),
            ])
    }

    /// A rotation of one replica each, with shares when there are weights.
    mutating func route(
        _ names: [String], weights: [Int64] = [], at second: Int64, _ outcome: Event.Outcome? = .succeeded
    ) {
        let replicas = names.enumerated().map { Value.string("production.churn.\(Self.revision($1).short).\($0 + 1)") }
        let shares = zip(names, weights).map { name, weight -> Value in
            ["revision": .string(Self.revision(name).description), "weight": .integer(weight)]
        }
        var body: Members = ["replicas": .list(replicas)]
        if !shares.isEmpty { body["shares"] = .list(shares) }
        tell(.routesChanged, at: second, as: (outcome == nil ? .intent : .outcome, outcome), body)
    }
}

@Suite struct LineageTests {
    private static let key: DeploymentKey? = try? DeploymentKey(parsing: "production/churn")

    private func lineage(
        _ told: Told, _ name: String, at second: Int64? = nil, _ sources: LineageSources = LineageSources()
    )
        throws -> Lineage
    {
        Lineage(
            LineageQuestion(try #require(Self.key), Told.revision(name), at: second.map(Told.at)), told.history, sources
        )
    }

    private func words(_ lineage: Lineage, _ subject: LineageLink.Subject) -> [String] {
        lineage.links.filter { $0.subject == subject }.map { link in
            switch link.standing {
            case .proven(let proofs): "\(link.value) proven by \(proofs.map(\.words).joined(separator: ", "))"
            case .claimed(let who, let proofs):
                "\(link.value) claimed by \(who), \(proofs.map(\.words).joined(separator: ", "))"
            case .missing(let why): "missing: \(why)"
            }
        }
    }

    @Test func `what had traffic is told by the rotation that last took effect, and what came later does not count`()
        throws
    {
        var told = Told()
        told.plan("one", at: 0)
        told.route(["one"], at: 10)
        told.plan("two", at: 20)
        told.route(["one", "two"], weights: [90, 10], at: 30)
        told.route(["two"], at: 50, .failed)
        told.route(["two"], at: 60)
        let key = try #require(Self.key)
        let cases: [(Int64, [(String, Int?)])] = [
            (9, []), (10, [("one", 100)]), (29, [("one", 100)]), (30, [("one", 90), ("two", 10)]),
            (55, [("one", 90), ("two", 10)]), (60, [("two", 100)]), (999, [("two", 100)]),
        ]
        for (second, expected) in cases {
            let shares = told.history.traffic(of: key, at: Told.at(second))?.shares ?? []
            let wanted = expected.map { "\(Told.revision($0.0)) \($0.1 ?? -1)" }
            let found = shares.map { "\($0.revision?.description ?? $0.short) \($0.weight ?? -1)" }
            #expect(Set(found) == Set(wanted), "at \(second)")
        }
        #expect(told.history.periods(of: Told.revision("one"), key).map(\.entries) == [[1, 5]])
        #expect(
            told.history.periods(of: Told.revision("two"), key).map { [$0.from, $0.until] } == [[Told.at(30), nil]])
    }

    @Test func `while a change of the rotation is under way, both may have answered, and that is said`() throws {
        var told = Told()
        told.plan("one", at: 0)
        told.route(["one"], at: 10)
        told.plan("two", at: 20)
        told.route(["two"], at: 30, nil)
        let key = try #require(Self.key)
        let traffic = try #require(told.history.traffic(of: key, at: Told.at(31)))
        let candidates = LineageCandidates(deployment: key, time: Told.at(31), traffic: traffic)
        #expect(!candidates.isCertain)
        #expect(
            candidates.sentence
                == "one revision of production/churn had traffic at \(Told.at(31)), by entry 1, and entry 3 had begun another rotation whose end was not written yet; only a record can say which one answered one request"
        )
        // The gateway may have taken it up before the ledger heard of that.
        let answered = try #require(try lineage(told, "two", at: 31).links.first { $0.subject == .traffic })
        #expect(answered.note == "this rotation had been begun, and its end was not written yet")
        #expect(answered.proofs.map(\.words) == ["ledger 3"])
        told.route(["two"], at: 40)
        #expect(told.history.traffic(of: key, at: Told.at(41))?.change == nil)
    }

    @Test func `what nothing says is missing, and nothing is guessed`() throws {
        let lineage = try lineage(Told(), "one", at: 5)
        let digest = Told.revision("one").description
        #expect(
            words(lineage, .revision) == [
                "missing: no entry of the ledger asks for revision \(digest) of production/churn"
            ])
        #expect(
            words(lineage, .traffic) == [
                "missing: no entry of the ledger says what was in rotation of production/churn"
            ])
        #expect(words(lineage, .version) == ["missing: neither the ledger nor the fleet repository names the version"])
        #expect(words(lineage, .commit) == ["missing: no entry names the commit of this revision"])
        #expect(
            words(lineage, .change) == [
                "missing: no entry says that this change waited for anybody's word: the environment asks for none, or the fleet is not governed"
            ])
        #expect(lineage.entries.isEmpty && !lineage.links.contains { !$0.proofs.isEmpty })
    }

    @Test func `a plan, a start and a verdict prove what they say`() throws {
        var told = Told()
        let digest = Value.string(Told.revision("one").description)
        told.tell(.commitAccepted, at: 0, of: Told.commit, ["commit": .string(Told.commit)])
        told.plan("one", at: 1)
        told.tell(
            .versionValidated, at: 2, as: (.outcome, .succeeded),
            [
                "revision": digest, "verdict": "passed", "checklist": "basic", "gates": ["auc": "passed"],
                "evidence": "sha256:e",
            ])
        told.tell(
            .artifactVerified, at: 3, of: "churn@1.0.0",
            ["version": "churn@1.0.0", "path": "m.json", "digest": "sha256:w"])
        told.tell(
            .bundleBuilt, at: 4, of: "churn@1.0.0", as: (.fact, .succeeded),
            ["version": "churn@1.0.0", "digest": "sha256:b"])
        told.tell(
            .bundleBuilt, at: 5, of: "churn@1.0.0", as: (.fact, .failed),
            ["version": "churn@1.0.0", "digest": "sha256:x"])
        told.route(["one"], at: 6)
        let lineage = try lineage(told, "one", at: 7)
        #expect(words(lineage, .revision) == ["\(Told.revision("one")) proven by ledger 1"])
        #expect(words(lineage, .version) == ["churn@1.0.0 proven by ledger 1"])
        #expect(words(lineage, .bundle) == ["sha256:b proven by ledger 4"])
        #expect(words(lineage, .weights) == ["sha256:w proven by ledger 3"])
        #expect(words(lineage, .checklist) == ["passed proven by ledger 2"])
        #expect(words(lineage, .gate) == ["passed proven by ledger 2"])
        #expect(words(lineage, .evidence) == ["sha256:e proven by ledger 2"])
        #expect(words(lineage, .commit) == ["\(Told.commit) proven by ledger 1, ledger 0"])
        #expect(lineage.entries == [0, 1, 2, 3, 4, 6])
        // A question about an earlier moment knows less.
        #expect(
            try words(self.lineage(told, "one", at: 2), .bundle) == [
                "missing: no entry of the ledger says that churn@1.0.0 was packaged"
            ])
    }

    @Test func `a manifest claims, and what was checked against it is proven`() throws {
        var told = Told()
        told.plan("one", at: 1)
        let commit = try CommitID(parsing: Told.commit)
        let file = LineageSources.File(commit: commit, path: "m.yaml")
        let weights = Digest(of: Array("weights".utf8))
        var version = ModelVersion(
            id: try VersionID(parsing: "churn@1.0.0"), format: "onnx",
            artifacts: [Artifact(path: "a", source: .repository(path: "a"), digest: weights, size: 3)],
            data: [Dataset(name: try Name(parsing: "train"), uri: "s3://b/t", digest: weights)],
            metrics: ["auc": 0.5, "f1": 0.25])
        version.code = CodeSource(repository: "https://g/x", commit: commit, path: "src")
        var sources = LineageSources()
        sources.manifest = LineageSources.Manifest(file: file, version: version, text: "auc: 0.5, f1: 25e-2")
        var lineage = try lineage(told, "one", sources)
        let place = "m.yaml at ababababab"
        #expect(words(lineage, .code) == ["\(Told.commit) claimed by the version's manifest, \(place)"])
        #expect(words(lineage, .data) == ["\(weights) claimed by the version's manifest, \(place)"])
        // Written otherwise than we would: only its name can be looked up.
        #expect(
            words(lineage, .metric) == [
                "0.5 claimed by the version's manifest, \(place)", "f1 claimed by the version's manifest, \(place)",
            ])
        #expect(
            words(lineage, .weights) == [
                "\(weights) claimed by the version's manifest; no entry says that the bytes were checked, \(place)"
            ])
        told.tell(
            .artifactVerified, at: 3, of: "churn@1.0.0",
            ["version": "churn@1.0.0", "path": "a", "digest": .string(weights.description)])
        lineage = try self.lineage(told, "one", sources)
        #expect(words(lineage, .weights) == ["\(weights) proven by ledger 1, \(place)"])
    }

    @Test func `approvals are those of the change that the plan carries out, and an override is told`() throws {
        var told = Told()
        told.tell(
            .changeAdmitted, at: 0,
            [
                "change": "sha256:c", "rendering": .string(Digest(of: Array("whole one".utf8)).description),
                "message": "m",
                "commit": .string(Told.commit), "authors": ["dave"],
                "approvals": [["person": "alice", "role": "risk", "key": "SHA256:k", "file": "f", "evidence": "none"]],
                "overrides": [["person": "eve", "key": "SHA256:e", "reason": "fire"]],
            ])
        told.tell(.changeAdmitted, at: 1, ["change": "sha256:other", "rendering": "sha256:other"])
        told.plan("one", at: 2)
        let lineage = try lineage(told, "one")
        #expect(words(lineage, .change) == ["sha256:c proven by ledger 0"])
        #expect(words(lineage, .author) == ["dave proven by ledger 0"])
        #expect(words(lineage, .approval) == ["SHA256:k proven by ledger 0"])
        #expect(words(lineage, .override) == ["SHA256:e proven by ledger 0"])
        #expect(
            lineage.links.first { $0.subject == .approval }?.note
                == "as risk, its statement is not in the mirror any more, evidence none")
    }

    @Test func `a cause is followed to every revision that it is behind, and to when each served`() throws {
        var told = Told()
        told.plan("one", at: 0)
        told.route(["one"], at: 10)
        told.plan("two", at: 20, version: "churn@2.0.0")
        told.route(["two"], at: 30)
        told.plan("three", at: 40, version: "churn@1.0.0")
        let matches = [LineageMatch(version: "churn@1.0.0", why: "data set train")]
        let impact = LineageImpact(
            .data(Digest(of: [1])), matches, told.history,
            predictions: [try #require(Self.key): [Told.revision("one").description: 12]])
        #expect(impact.served.map(\.revision) == [Told.revision("one"), Told.revision("three")])
        #expect(impact.served.map(\.predictions) == [12, 0])
        #expect(impact.served.map(\.servesNow) == [false, false])
        #expect(impact.served[0].periods.map { [$0.from, $0.until] } == [[Told.at(10), Told.at(30)]])
        let only = LineageImpact(
            .data(Digest(of: [1])),
            [LineageMatch(version: "churn@1.0.0", revision: Told.revision("three"), why: "serves in lock.txt")],
            told.history)
        #expect(only.served.map(\.revision) == [Told.revision("three")] && only.served[0].predictions == nil)
    }

    @Test(arguments: [
        ("numpy", "'numpy' is no locked package; expected NAME==VERSION"),
        ("==1", "'==1' is no locked package; expected NAME==VERSION"),
        ("numpy==", "'numpy==' is no locked package; expected NAME==VERSION"),
    ])
    func `a package that is not written as locks write it is refused`(text: String, problem: String) {
        #expect(throws: InvalidInput(problem)) { try LineageCause(data: nil, commit: nil, package: text) }
    }

    @Test func `names of packages are compared in their normal form`() throws {
        #expect(
            try LineageCause(data: nil, commit: nil, package: "Scikit_Learn==1.5.0")
                == .package(name: "scikit-learn", version: "1.5.0"))
    }

    @Test(arguments: [
        (
            "tree t\nauthor A <a@b> 1 +0\ncommitter C <c@d> 2 +0\n\nOne\n\nWhy.\n\nReviewed-by: Bob <b@c>\nRefs: #7\n",
            "A <a@b>|C <c@d>|One|Reviewed-by=Bob <b@c>,Refs=#7"
        ),
        (
            "tree t\nauthor A <a@b> 1 +0\ncommitter A <a@b> 1 +0\ngpgsig -----BEGIN\n author Eve <e@v>\n\nOne\n",
            "A <a@b>|A <a@b>|One|"
        ),
        ("tree t\nauthor A <a@b> 1 +0\n\nFix: it\n", "A <a@b>|A <a@b>|Fix: it|"),
    ])
    func `a commit's own words are read from its raw text`(raw: String, expected: String) throws {
        let commit = try #require(LineageSources.Commit(try CommitID(parsing: Told.commit), raw: Array(raw.utf8)))
        let trailers = commit.trailers.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
        #expect("\(commit.author)|\(commit.committer)|\(commit.subject)|\(trailers)" == expected)
        #expect(LineageSources.Commit(commit.id, raw: [0xFF]) == nil)
    }
}

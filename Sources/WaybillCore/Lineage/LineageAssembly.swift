/// What is known of one question, looked up once.
struct LineageAssembly {
    let question: LineageQuestion
    let history: LineageHistory
    let sources: LineageSources
    /// The plan that asked for the revision.
    let plan: LedgerFact?

    init(_ question: LineageQuestion, _ history: LineageHistory, _ sources: LineageSources) {
        self.question = question
        self.history = history
        self.sources = sources
        plan = history.plan(of: question.revision, question.deployment, by: question.time)
    }

    var key: DeploymentKey { question.deployment }
    /// The version, by the plan or by the manifest.
    var version: String? { plan?["version"] ?? sources.manifest?.version.id.description }

    func last(_ type: EventType, where isWanted: (LedgerFact) -> Bool = { _ in true }) -> LedgerFact? {
        history.last(type, of: key, by: question.time, where: isWanted)
    }

    // MARK: Served by

    var serving: [LineageLink] { [revision, rendering, replica].compactMap(\.self) + [traffic] + rollout }

    private var revision: LineageLink {
        let text = question.revision.description
        guard let plan else {
            return .missing(.revision, because: "no entry of the ledger asks for revision \(text) of \(key)")
        }
        var note: String?
        if let rendered = sources.rendered {
            note =
                rendered == question.revision
                ? "the manifests of the commit render to it again"
                : "the manifests of the commit alone render to \(rendered.short): something of it was held as it was before"
        }
        let recorded = !question.isRecordProven ? [] : [LineageProof.record(says: ["revision": .string(text)])]
        return LineageLink(
            .revision, text, note: note, .proven([plan.saying("subject", "to", "version", "commit")] + recorded))
    }

    private var rendering: LineageLink? {
        guard let plan, let text = plan["rendering"] else { return nil }
        return LineageLink(.rendering, text, .proven([plan.saying("rendering")]))
    }

    private var replica: LineageLink? {
        guard let name = question.replica else { return nil }
        let started = last(.replicaStarted) { $0["replica"] == name && $0["revision"] == question.revision.description }
        guard let started = started ?? last(.replicaAdopted, where: { $0["replica"] == name }) else {
            return .missing(.replica, because: "no entry of the ledger says that replica \(name) was started")
        }
        let isolation = started["isolation"].map { "isolation: \($0)" }
        return LineageLink(
            .replica, name,
            note: ["started \(started.event.time)", isolation].compactMap(\.self).joined(separator: ", "),
            .proven([started.saying("replica", "revision", "isolation")]))
    }

    private var traffic: LineageLink {
        guard let time = question.time ?? history.latest else { return noTraffic("no entry of the ledger has a time") }
        let traffic = history.traffic(of: key, at: time)
        if let traffic, let share = traffic.shares.first(where: { $0.short == question.revision.short }) {
            let words = share.weight.map { "\($0) % of the traffic" } ?? "one pool with other revisions"
            let change = traffic.change.map { "; entry \($0.index) had begun another rotation" } ?? ""
            return link(to: traffic.fact, words + change)
        }
        if let begun = history.begun(of: key, at: time),
            history.shares(of: begun, key).contains(where: { $0.short == question.revision.short })
        {
            return link(to: begun, "this rotation had been begun, and its end was not written yet")
        }
        guard let traffic else { return noTraffic("no entry of the ledger says what was in rotation of \(key)") }
        return noTraffic("by entry \(traffic.fact.index) this revision had no traffic of \(key) at \(time)")
    }

    private func noTraffic(_ why: String) -> LineageLink { .missing(.traffic, because: why) }

    /// The rotation of an entry; its value is the replica that answered, or one of the revision.
    private func link(to rotation: LedgerFact, _ note: String) -> LineageLink {
        let replicas = (rotation.event.body["replicas"]?.list ?? []).compactMap(\.string)
        let named = question.replica.flatMap { replicas.contains($0) ? $0 : nil }
        let value = named ?? replicas.first { $0.contains(question.revision.short) } ?? ""
        return LineageLink(.traffic, value, note: note, .proven([rotation.saying("replicas", "shares")]))
    }

    private var rollout: [LineageLink] {
        guard let moved = last(.rolloutMoved) else { return [] }
        let text = question.revision.description
        guard moved["to"] == text || moved["from"] == text, let status = moved["status"] else { return [] }
        let step = moved.event.body["step"]?.integer ?? 0
        let steps = moved.event.body["steps"]?.list?.count ?? 0
        let weight = moved.event.body["weight"]?.integer ?? 0
        let side = moved["to"] == text ? "the new one" : "what served before"
        return [
            LineageLink(
                .rollout, status,
                note:
                    "\(side); step \(min(Int(step), steps)) of \(steps), \(weight) % to the new one: \(moved["reason"] ?? "")",
                .proven([moved.saying("status", "from", "to", "step", "weight", "reason")]))
        ]
    }
}

// MARK: The model and what made it

extension LineageAssembly {
    var model: [LineageLink] {
        guard let version else {
            return [.missing(.version, because: "neither the ledger nor the fleet repository names the version")]
        }
        return [versionLink(version), bundle(version)] + weights(version) + signatures(version)
    }

    private func versionLink(_ version: String) -> LineageLink {
        var proofs: [LineageProof] = []
        if let plan, plan["version"] != nil { proofs.append(plan.saying("version", "to")) }
        if let fixed = history.fixed[version] {
            proofs.append(.ledger(fixed.fact.index, says: ["versions": fixed.version.value]))
        }
        if proofs.isEmpty {
            return LineageLink(.version, version, .claimed(by: "the fleet repository", manifestProof(version)))
        }
        return LineageLink(.version, version, .proven(proofs))
    }

    private func manifestProof(_ texts: String...) -> [LineageProof] {
        guard let file = sources.manifest?.file else { return [] }
        return [.git(commit: file.commit, path: file.path, says: texts)]
    }

    private func settled(_ version: String, _ type: EventType) -> [LedgerFact] {
        (history.versions[version] ?? []).filter { fact in
            fact.event.type == type && fact.isSettled && question.time.map { fact.event.time <= $0 } ?? true
        }
    }

    private func bundle(_ version: String) -> LineageLink {
        guard let built = settled(version, .bundleBuilt).last ?? settled(version, .bundlePulled).last,
            let digest = built["digest"]
        else { return .missing(.bundle, because: "no entry of the ledger says that \(version) was packaged") }
        return LineageLink(.bundle, digest, .proven([built.saying("version", "digest")]))
    }

    private func weights(_ version: String) -> [LineageLink] {
        guard let manifest = sources.manifest else {
            let verified = settled(version, .artifactVerified)
            if verified.isEmpty {
                return [
                    .missing(
                        .weights, because: "neither a manifest nor an entry of the ledger names the files of \(version)"
                    )
                ]
            }
            return verified.compactMap { fact in
                guard let path = fact["path"], let digest = fact["digest"] else { return nil }
                return LineageLink(.weights, named: path, digest, .proven([fact.saying("version", "path", "digest")]))
            }
        }
        return manifest.version.artifacts.map { artifact in
            let digest = artifact.digest.description
            let stated = manifest.file.saying(digest)
            let verified = history.verified[digest]?.last { fact in
                fact.isSettled && question.time.map { fact.event.time <= $0 } ?? true
            }
            guard let verified else {
                return LineageLink(
                    .weights, named: artifact.path, digest, note: "\(artifact.size) bytes",
                    .claimed(by: "the version's manifest; no entry says that the bytes were checked", [stated]))
            }
            return LineageLink(
                .weights, named: artifact.path, digest, note: "\(artifact.size) bytes, which matched",
                .proven([verified.saying("version", "path", "digest"), stated]))
        }
    }

    private func signatures(_ version: String) -> [LineageLink] {
        settled(version, .signatureVerified).compactMap { fact in
            guard let key = fact["key"], let person = fact["person"] else { return nil }
            return LineageLink(
                .signature, named: person, key, .proven([fact.saying("version", "person", "key", "signature")]))
        }
    }

    var making: [LineageLink] {
        guard let manifest = sources.manifest else {
            let why = "the manifest of \(version ?? "the version") cannot be read from the fleet repository"
            return [.missing(.code, because: why), .missing(.data, because: why)] + environments
        }
        return code(manifest.version, manifest.file) + data(manifest.version, manifest.file)
            + environments + metrics(manifest)
    }

    private static let author = "the version's manifest"

    private func code(_ version: ModelVersion, _ file: LineageSources.File) -> [LineageLink] {
        guard let code = version.code else { return [.missing(.code, because: "the manifest names no code")] }
        let proof = file.saying(code.repository, code.commit.hex)
        return [
            LineageLink(
                .code, named: code.path, code.commit.hex, note: code.repository, .claimed(by: Self.author, [proof]))
        ]
    }

    private func data(_ version: ModelVersion, _ file: LineageSources.File) -> [LineageLink] {
        if version.data.isEmpty { return [.missing(.data, because: "the manifest names no data")] }
        return version.data.map { set in
            LineageLink(
                .data, named: set.name.text, set.digest.description, note: set.uri,
                .claimed(by: Self.author, [file.saying(set.name.text, set.digest.description)]))
        }
    }

    private var environments: [LineageLink] {
        let locks = [("made in", sources.madeIn), ("serves in", sources.servesIn)].compactMap { words, lock in
            lock.map { (words, $0) }
        }
        if locks.isEmpty {
            return [.missing(.environment, because: "no lock of a Python environment is named, or it cannot be read")]
        }
        return locks.map { words, lock in
            LineageLink(
                .environment, named: lock.file.path, lock.digest.description, note: "\(words), Python \(lock.python)",
                .proven([lock.file.saying(lock.digest.description)]))
        }
    }

    private func metrics(_ manifest: LineageSources.Manifest) -> [LineageLink] {
        manifest.version.metrics.sorted { $0.key < $1.key }.map { name, number in
            let value = "\(number)"
            // A number may be written in more ways than one: then only its name is looked up.
            let isWritten = manifest.text.contains(value)
            return LineageLink(
                .metric, named: name, isWritten ? value : name, note: isWritten ? nil : value,
                .claimed(
                    by: Self.author,
                    [
                        .git(
                            commit: manifest.file.commit, path: manifest.file.path,
                            says: isWritten ? [name, value] : [name])
                    ]))
        }
    }
}

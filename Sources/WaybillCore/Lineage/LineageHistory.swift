/// What a ledger says that lineage asks for, gathered in one pass over its entries. Pure; grows with decisions, not with traffic.
package struct LineageHistory: Sendable {
    /// Of each deployment, oldest first.
    package private(set) var deployments: [DeploymentKey: [LedgerFact]] = [:]
    /// Of each version of a model, as its name is written.
    package private(set) var versions: [String: [LedgerFact]] = [:]
    /// Entries that say that bytes were hashed, by the digest that they had: equal bytes are copied once, whatever names them.
    package private(set) var verified: [String: [LedgerFact]] = [:]
    /// Of each commit.
    package private(set) var commits: [String: [LedgerFact]] = [:]
    /// The entry that fixed each version, and its item there.
    package private(set) var fixed: [String: (fact: LedgerFact, version: FixedVersion)] = [:]
    /// Segments of records that were sealed, of all deployments.
    package private(set) var segments: [LedgerFact] = []
    /// Entries that could not be read: what is missing here may be in them.
    package var unreadable = 0
    /// Time of the last entry.
    package private(set) var latest: Timestamp?

    package init() {}

    /// Takes the entry at `index` in. Entries come in order, each once.
    package mutating func fold(_ index: LedgerIndex, _ event: Event) {
        latest = max(latest ?? event.time, event.time)
        let fact = LedgerFact(index, event)
        switch event.type {
        case .planDecided, .revisionAdmitted, .versionValidated, .changeAdmitted, .approvalSeen, .replicaStarted,
            .replicaAdopted, .routesChanged, .rolloutMoved:
            if let key = try? DeploymentKey(parsing: event.subject) { deployments[key, default: []].append(fact) }
        case .artifactVerified, .bundleBuilt, .bundlePulled, .signatureVerified:
            if let version = event.body["version"]?.string { versions[version, default: []].append(fact) }
            if event.type == .artifactVerified, let digest = event.body["digest"]?.string {
                verified[digest, default: []].append(fact)
            }
        case .commitObserved, .commitAccepted, .rulesAdopted:
            if let commit = event.body["commit"]?.string { commits[commit, default: []].append(fact) }
        case .versionsFixed: fix(fact)
        case .recordsSealed: segments.append(fact)
        case _: break
        }
    }

    private mutating func fix(_ fact: LedgerFact) {
        guard let commit = fact["commit"].flatMap({ try? CommitID(parsing: $0) }) else { return }
        for version in (fact.event.body["versions"]?.list ?? []).compactMap({ FixedVersion($0, commit: commit) }) {
            let name = version.version.description
            if fixed[name] == nil { fixed[name] = (fact, version) }
        }
    }

    /// The last settled event of `type` of a deployment, not after `time`, that `isWanted` takes.
    package func last(
        _ type: EventType, of key: DeploymentKey, by time: Timestamp?,
        where isWanted: (LedgerFact) -> Bool = { _ in true }
    ) -> LedgerFact? {
        deployments[key]?.last { fact in
            fact.event.type == type && fact.isSettled && time.map { fact.event.time <= $0 } ?? true && isWanted(fact)
        }
    }

    func all(_ type: EventType, of key: DeploymentKey, where isWanted: (LedgerFact) -> Bool) -> [LedgerFact] {
        (deployments[key] ?? []).filter { $0.event.type == type && $0.isSettled && isWanted($0) }
    }
}

/// Which revisions had traffic of a deployment at a moment, by the rotation that the ledger last saw take effect.
package struct LineageTraffic: Hashable, Sendable {
    package struct Share: Hashable, Sendable {
        /// As replicas name it: the first 12 digits.
        package var short: String
        /// The whole digest, where an entry has it.
        package var revision: Revision?
        /// Whole percent; nil: replicas of several revisions were one pool.
        package var weight: Int?
    }

    package var shares: [Share]
    /// The entry that says so.
    package var fact: LedgerFact
    /// Another rotation had been begun and its end was not written yet: either may have answered.
    package var change: LedgerFact?
}

extension LineageHistory {
    /// - Returns: nil when no rotation was written down by then.
    package func traffic(of key: DeploymentKey, at time: Timestamp) -> LineageTraffic? {
        guard let fact = last(.routesChanged, of: key, by: time) else { return nil }
        return LineageTraffic(shares: shares(of: fact, key), fact: fact, change: begun(of: key, at: time))
    }

    /// A rotation that was under way at a moment: the gateway may have taken it up before the ledger heard of that.
    func begun(of key: DeploymentKey, at time: Timestamp) -> LedgerFact? {
        let last = deployments[key]?.last { $0.event.type == .routesChanged && $0.event.time <= time }
        return last?.event.phase == .intent ? last : nil
    }

    func shares(of fact: LedgerFact, _ key: DeploymentKey) -> [LineageTraffic.Share] {
        let shorts = Set(
            (fact.event.body["replicas"]?.list ?? []).compactMap {
                $0.string.flatMap { try? ReplicaID(parsing: $0) }?.revisionShort
            })
        var weights: [String: Int] = [:]
        for share in fact.event.body["shares"]?.list ?? [] {
            guard let revision = share["revision"]?.string, let weight = share["weight"]?.integer else { continue }
            weights[String(revision.dropFirst(7).prefix(12))] = Int(weight)
        }
        return shorts.sorted().map { short in
            let weight = weights.isEmpty ? (shorts.count == 1 ? 100 : nil) : weights[short] ?? 0
            return LineageTraffic.Share(short: short, revision: revision(short, of: key), weight: weight)
        }
    }

    /// The whole digest of a revision that plans or starts of the deployment name; nil when they name none or several.
    package func revision(_ short: String, of key: DeploymentKey) -> Revision? {
        var found: Set<Revision> = []
        for fact in deployments[key] ?? [] {
            for member in ["to", "revision"] {
                guard let text = fact[member], let digest = try? Digest(parsing: text), digest.hex.hasPrefix(short)
                else { continue }
                found.insert(Revision(digest))
            }
        }
        return found.count == 1 ? found.first : nil
    }

    /// The plan that asked for a revision and began, the last one by `time`.
    package func plan(of revision: Revision, _ key: DeploymentKey, by time: Timestamp?) -> LedgerFact? {
        last(.planDecided, of: key, by: time) { $0["to"] == revision.description }
    }
}

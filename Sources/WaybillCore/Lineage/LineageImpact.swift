/// What is asked the other way: what came from this?
package enum LineageCause: Hashable, Sendable {
    case data(Digest)
    /// Of the code of a version, or of the fleet repository.
    case commit(CommitID)
    /// A locked package; its name in the normal form of Python packages.
    case package(name: String, version: String)

    /// One of the three as they are written on a command line; nil when none is given.
    ///
    /// - Throws: `InvalidInput` that shows the expected form.
    package init?(data: String?, commit: String?, package: String?) throws(InvalidInput) {
        if let data {
            self = .data(try Digest(parsing: data))
        } else if let commit {
            self = .commit(try CommitID(parsing: commit))
        } else if let package {
            guard let split = package.firstRange(of: "=="), split.lowerBound != package.startIndex,
                split.upperBound != package.endIndex
            else { throw InvalidInput("\(package.quotedForMessage) is no locked package; expected NAME==VERSION") }
            self = .package(
                name: LockedPackage.normalised(package[..<split.lowerBound]),
                version: String(package[split.upperBound...]))
        } else {
            return nil
        }
    }

    package var words: String {
        switch self {
        case .data(let digest): "data \(digest)"
        case .commit(let commit): "commit \(commit)"
        case .package(let name, let version): "package \(name)==\(version)"
        }
    }
}

/// A version, or one revision of it, that the cause is behind, and where that is said.
package struct LineageMatch: Hashable, Sendable {
    package var version: String
    /// Nil: all revisions of the version.
    package var revision: Revision?
    /// `data set train, by models/churn/1.4.0.yaml at 3f2a9c01d4`.
    package var why: String

    package init(version: String, revision: Revision? = nil, why: String) {
        self.version = version
        self.revision = revision
        self.why = why
    }
}

/// A time in which a revision had traffic.
package struct LineagePeriod: Hashable, Sendable {
    package var from: Timestamp
    /// Nil: it still has.
    package var until: Timestamp?
    /// The entries that begin and end it.
    package var entries: [LedgerIndex]

    var value: Value {
        var members: Members = [
            "from": .string(from.description), "ledger": .list(entries.map { .integer(Int64($0)) }),
        ]
        if let until { members["until"] = .string(until.description) }
        return .object(members)
    }
}

extension LineageHistory {
    /// When a revision was in rotation with more than 0 % of the traffic, oldest first.
    package func periods(of revision: Revision, _ key: DeploymentKey) -> [LineagePeriod] {
        var periods: [LineagePeriod] = []
        for fact in all(.routesChanged, of: key, where: { _ in true }) {
            let serves = shares(of: fact, key).contains { $0.short == revision.short && $0.weight != 0 }
            if let last = periods.last, last.until == nil {
                guard !serves else { continue }
                periods[periods.count - 1].until = fact.event.time
                periods[periods.count - 1].entries.append(fact.index)
            } else if serves {
                periods.append(LineagePeriod(from: fact.event.time, entries: [fact.index]))
            }
        }
        return periods
    }
}

/// Every version, deployment and time that a cause is behind: the answer to "this data set was poisoned".
package struct LineageImpact: Hashable, Sendable {
    package struct Served: Hashable, Sendable {
        package var deployment: DeploymentKey
        package var version: String
        package var revision: Revision
        package var why: [String]
        package var periods: [LineagePeriod]
        /// Records of predictions that it answered; nil: none are kept for the deployment.
        package var predictions: Int?

        package var servesNow: Bool { periods.last.map { $0.until == nil } ?? false }
    }

    package var cause: LineageCause
    /// All versions, also those that no deployment ever asked for, in the order of their names.
    package var versions: [LineageMatch]
    package var served: [Served]
    /// What could not be read, in words: more may be affected.
    package var problems: [String]

    /// - Parameter predictions: recorded answers by deployment and revision; a deployment without records is not in it.
    package init(
        _ cause: LineageCause, _ matches: [LineageMatch], _ history: LineageHistory,
        predictions: [DeploymentKey: [String: Int]] = [:], problems: [String] = []
    ) {
        self.cause = cause
        versions = matches.sorted { ($0.version, $0.why) < ($1.version, $1.why) }
        self.problems = problems
        var served: [Served] = []
        for (key, facts) in history.deployments.sorted(by: { $0.key < $1.key }) {
            var seen: Set<String> = []
            for plan in facts where plan.event.type == .planDecided {
                guard let to = plan["to"], let digest = try? Digest(parsing: to), seen.insert(to).inserted else {
                    continue
                }
                let revision = Revision(digest)
                let version = facts.last { $0.event.type == .planDecided && $0["to"] == to && $0["version"] != nil }?[
                    "version"]
                let reasons = versions.filter {
                    $0.version == version && ($0.revision == nil || $0.revision == revision)
                }.map(\.why)
                guard let version, !reasons.isEmpty else { continue }
                served.append(
                    Served(
                        deployment: key, version: version, revision: revision, why: Array(Set(reasons)).sorted(),
                        periods: history.periods(of: revision, key), predictions: predictions[key].map { $0[to] ?? 0 }))
            }
        }
        self.served = served
    }

    /// As `-o json` has it.
    package var value: Value {
        var members: Members = [
            "kind": "LineageImpact", "cause": .string(cause.words),
            "versions": .list(
                versions.map { match in
                    var members: Members = ["version": .string(match.version), "why": .string(match.why)]
                    if let revision = match.revision { members["revision"] = .string(revision.description) }
                    return .object(members)
                }),
            "served": .list(served.map(\.value)),
        ]
        if !problems.isEmpty { members["problems"] = .list(problems.map { .string($0) }) }
        return .object(members)
    }
}

extension LineageImpact.Served {
    fileprivate var value: Value {
        var members: Members = [
            "deployment": .string(deployment.description), "version": .string(version),
            "revision": .string(revision.description), "why": .list(why.map { .string($0) }),
            "servesNow": .bool(servesNow), "periods": .list(periods.map(\.value)),
        ]
        if let predictions { members["recordedPredictions"] = .integer(Int64(predictions)) }
        return .object(members)
    }
}

/// Which revisions could have answered at a moment, when more than one could.
package struct LineageCandidates: Hashable, Sendable {
    package var deployment: DeploymentKey
    package var time: Timestamp
    package var traffic: LineageTraffic

    package init(deployment: DeploymentKey, time: Timestamp, traffic: LineageTraffic) {
        self.deployment = deployment
        self.time = time
        self.traffic = traffic
    }

    /// One revision had all the traffic, and no change was under way.
    package var isCertain: Bool {
        traffic.change == nil && traffic.shares.count == 1 && traffic.shares[0].revision != nil
    }

    package var sentence: String {
        let change =
            traffic.change.map { ", and entry \($0.index) had begun another rotation whose end was not written yet" }
            ?? ""
        let count = traffic.shares.count
        return
            "\(count == 1 ? "one revision" : "\(count) revisions") of \(deployment) had traffic at \(time), by entry "
            + "\(traffic.fact.index)\(change); only a record can say which one answered one request"
    }

    /// As `-o json` has it.
    package var value: Value {
        var members: Members = [
            "kind": "LineageCandidates", "deployment": .string(deployment.description),
            "time": .string(time.description), "ledger": .integer(Int64(traffic.fact.index)),
            "message": .string(sentence),
            "revisions": .list(
                traffic.shares.map { share in
                    var members: Members = [
                        "revision": .string(share.revision?.description ?? share.short)
                    ]
                    if let weight = share.weight { members["weight"] = .integer(Int64(weight)) }
                    return .object(members)
                }),
        ]
        if let change = traffic.change { members["change"] = .integer(Int64(change.index)) }
        return .object(members)
    }
}

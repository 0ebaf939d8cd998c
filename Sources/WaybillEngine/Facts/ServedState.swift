package import WaybillCore

/// What a deployment was when it served: enough to find it again in git, and to know that it is that.
package struct ServedState: Hashable, Codable, Sendable {
    package var revision: String
    package var rendering: String
    /// The commit that the rendering came with.
    package var commit: CommitID
    package var version: VersionID?

    package init(revision: String, rendering: String, commit: CommitID, version: VersionID?) {
        self.revision = revision
        self.rendering = rendering
        self.commit = commit
        self.version = version
    }

    init?(_ value: Value) {
        guard let revision = value["revision"]?.string, let rendering = value["rendering"]?.string,
            let commit = value["commit"]?.string.flatMap({ try? CommitID(parsing: $0) })
        else { return nil }
        self.init(
            revision: revision, rendering: rendering, commit: commit,
            version: value["version"]?.string.flatMap { try? VersionID(parsing: $0) })
    }

    var value: Value {
        var members: Members = [
            "revision": .string(revision), "rendering": .string(rendering), "commit": .string(commit.hex),
        ]
        if let version { members["version"] = .string(version.description) }
        return .object(members)
    }

    /// As replicas name it.
    var short: String { String(revision.dropFirst(7).prefix(12)) }
}

/// Why a revision is not to serve again.
package struct Quarantine: Hashable, Codable, Sendable {
    package var by: String
    package var reason: String
    package var at: Timestamp

    package init(by: String, reason: String, at: Timestamp) {
        self.by = by
        self.reason = reason
        self.at = at
    }
}

extension KeyFacts {
    /// Revisions that are remembered to go back to.
    static let mostServed = 10

    /// The plan's revision, or the one that it was to take over from, has become the only one in rotation.
    mutating func noteServed() {
        let asked = decided.flatMap { plan -> ServedState? in
            guard let rendering = plan.rendering, let commit = plan.commit else { return nil }
            return ServedState(revision: plan.to, rendering: rendering, commit: commit, version: plan.version)
        }
        // Traffic that a rollout gave back is that of what served before.
        guard let now = [asked, stable].compactMap(\.self).first(where: { $0.short == lastServed }) else { return }
        served.removeAll { $0.revision == now.revision }
        served.append(now)
        served.removeFirst(max(0, served.count - Self.mostServed))
    }

    /// By revision, the commits that brought what served, serves, or is to serve.
    var origins: [String: CommitID] {
        var origins = Dictionary(served.map { ($0.revision, $0.commit) }, uniquingKeysWith: { first, _ in first })
        if let standIn { origins[standIn.revision] = origins[standIn.revision] ?? standIn.commit }
        if let decided, let commit = decided.commit { origins[decided.to] = origins[decided.to] ?? commit }
        return origins
    }

    /// The rotation has become that of `revisions`, in their short form.
    mutating func noteStay(of revisions: Set<String>, at time: Timestamp) {
        let alone = revisions.count == 1 ? revisions.first : nil
        if let last = stays.indices.last, stays[last].until == nil {
            if stays[last].revision == alone { return }
            stays[last].until = time
        }
        guard let alone else { return }
        let decided = decided.flatMap { plan in plan.version.map { (String(plan.to.dropFirst(7).prefix(12)), $0) } }
        let known = served.last { $0.short == alone }?.version
        stays.append(Stay(revision: alone, version: decided?.0 == alone ? decided?.1 : known, since: time))
        stays.removeFirst(max(0, stays.count - Self.mostServed))
    }

    mutating func foldRollback(_ event: Event) {
        let arguments = event.body["arguments"]
        guard let bad = arguments?["quarantine"]?.string else { return }
        quarantined[bad] = Quarantine(
            by: event.body["actor"]?.string ?? event.actor.name, reason: event.body["reason"]?.string ?? "",
            at: event.time)
        standIn = arguments?["standIn"].flatMap(ServedState.init)
        exits = nil
    }
}

import WaybillAPI
import WaybillCore

/// A stretch of time in which a version was a deployment's rotation.
struct VersionRun: Hashable, Sendable, Codable {
    var deployment: String
    var version: String
    var from: Moment
    /// Absent while it still is.
    var to: Moment?

    /// From a deployment's history, in any order: what rotations were set, and of which version each revision was said to be. A
    /// rotation of a revision whose preparation is not among `events` is left out.
    static func runs(of deployment: String, _ events: [EventView]) -> [VersionRun] {
        let ordered = events.sorted { $0.index < $1.index }
        var versions: [String: String] = [:]
        for event in ordered where event.type == EventType.revisionPrepared.rawValue {
            guard let text = event.body.value["revision"]?.string, let revision = try? Digest(parsing: text) else {
                continue
            }
            if let version = event.body.value["version"]?.string { versions[revision.short] = version }
        }
        var runs: [VersionRun] = []
        for event in ordered where event.isRotation {
            let revisions = event.rotation
            // While one takes over from another, both answer: it is the other's turn until that is over.
            guard revisions.count < 2 else { continue }
            let version = revisions.first.flatMap { versions[$0] }
            if let last = runs.last, last.to == nil {
                if last.version == version { continue }
                runs[runs.count - 1].to = event.time
            }
            if let version { runs.append(VersionRun(deployment: deployment, version: version, from: event.time)) }
        }
        return runs
    }
}

extension EventView {
    fileprivate var isRotation: Bool {
        type == EventType.routesChanged.rawValue && outcome == Event.Outcome.succeeded.rawValue
    }

    /// Short forms of the revisions whose replicas were made the rotation.
    fileprivate var rotation: Set<String> {
        let replicas = (body.value["replicas"]?.list ?? []).compactMap(\.string)
        return Set(replicas.compactMap { (try? ReplicaID(parsing: $0))?.revisionShort })
    }
}

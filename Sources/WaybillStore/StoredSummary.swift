package import WaybillCore

/// A deployment as it was last summarised, in plain words and numbers: all that a reader needs without a controller.
package struct StoredSummary: Hashable, Sendable, Codable {
    package struct Condition: Hashable, Sendable, Codable {
        package var type: String
        package var isTrue: Bool
        package var reason: String
        package var message: String
        /// Milliseconds since 1970.
        package var changedAt: Int64
        package var observedCommit: String?
    }

    package struct Replica: Hashable, Sendable, Codable {
        package var id: String
        package var revision: String
        package var version: String
        /// `starting`, `ready`, `unready`, `failing`, `stopping` or `exited`.
        package var phase: String
        /// How it ended, when it did.
        package var exit: String?
        package var lastLines: [String]
        package var port: Int?
        package var startedAt: Int64
        package var drift: String?
        package var inRotation: Bool
    }

    package struct Step: Hashable, Sendable, Codable {
        package var action: String
        package var reason: String
        package var waitsFor: String?
    }

    package var deployment: String
    package var conditions: [Condition]
    package var commit: String?
    package var revision: String?
    package var version: String?
    package var runtime: String?
    package var servingProtocol: String?
    package var wantedReplicas: Int
    package var serving: [String]
    package var replicas: [Replica]
    package var pending: [Step]
    /// When target and gateway were last asked, milliseconds since 1970.
    package var observedAt: Int64?

    package init(_ summary: KeySummary) {
        deployment = summary.key.description
        conditions = summary.conditions.all.map(Condition.init)
        commit = summary.commit?.hex
        revision = summary.desired?.description
        version = summary.version?.description
        runtime = summary.runtime?.text
        servingProtocol = summary.servingProtocol?.rawValue
        wantedReplicas = summary.wantedReplicas
        serving = summary.serving.map(\.description)
        replicas = summary.replicas.map { Replica($0, inRotation: summary.rotation.contains($0.id)) }
        pending = summary.pending.map {
            Step(action: $0.action.description, reason: $0.reason, waitsFor: $0.waitsFor)
        }
        observedAt = summary.observedAt?.milliseconds
    }

    package var isReady: Bool { conditions.contains { $0.type == "Ready" && $0.isTrue } }
}

extension StoredSummary.Condition {
    fileprivate init(_ condition: WaybillCore.Condition) {
        type = condition.kind.rawValue
        isTrue = condition.isTrue
        reason = condition.reason
        message = condition.message
        changedAt = condition.changedAt.milliseconds
        observedCommit = condition.observedCommit?.hex
    }
}

extension StoredSummary.Replica {
    fileprivate init(_ replica: ObservedReplica, inRotation: Bool) {
        id = replica.id.description
        revision = replica.revision.description
        version = replica.version.description
        phase =
            switch replica.phase {
            case .starting: "starting"
            case .ready: "ready"
            case .unready: "unready"
            case .failing: "failing"
            case .stopping: "stopping"
            case .exited: "exited"
            }
        exit = replica.exit?.description
        lastLines = replica.exit?.lastLines ?? []
        port = replica.port
        startedAt = replica.startedAt.milliseconds
        drift = replica.drift
        self.inRotation = inRotation
    }
}

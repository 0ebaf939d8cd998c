import WaybillCore

/// A view that comes in lists.
package protocol ListedView: Codable, Hashable, Sendable {
    /// The last part of its address and the word that `waybill get` takes: `deployments`.
    static var plural: String { get }
    /// What its list is called in JSON for scripts: `DeploymentList`.
    static var listKind: String { get }
}

extension DeploymentView: ListedView {
    package static var plural: String { "deployments" }
    package static var listKind: String { "DeploymentList" }
}
extension ModelView: ListedView {
    package static var plural: String { "models" }
    package static var listKind: String { "ModelList" }
}
extension VersionView: ListedView {
    package static var plural: String { "versions" }
    package static var listKind: String { "ModelVersionList" }
}
extension RuntimeView: ListedView {
    package static var plural: String { "runtimes" }
    package static var listKind: String { "ServingRuntimeList" }
}
extension EnvironmentView: ListedView {
    package static var plural: String { "environments" }
    package static var listKind: String { "EnvironmentList" }
}
extension ChecklistView: ListedView {
    package static var plural: String { "checklists" }
    package static var listKind: String { "ChecklistList" }
}
extension EventView: ListedView {
    package static var plural: String { "events" }
    package static var listKind: String { "EventList" }
}
extension ReplicaView: ListedView {
    package static var plural: String { "replicas" }
    package static var listKind: String { "ReplicaList" }
}

/// Views as they were at a generation of the change signal.
package struct Listing<View: ListedView>: Codable, Hashable, Sendable {
    package var generation: UInt64
    package var items: [View]

    package init(generation: UInt64, items: [View]) {
        self.generation = generation
        self.items = items
    }
}

/// A failure on the wire: `{"error": {"disposition": "stall", "message": "…", "reason": "NotFound"}}`.
struct FailureAnswer: Codable {
    struct Body: Codable {
        var disposition: String
        var reason: String
        var message: String
    }

    var error: Body

    init(_ failure: Failure) {
        error = Body(
            disposition: failure.disposition.rawValue, reason: failure.reason, message: failure.message)
    }

    var failure: Failure {
        Failure(Disposition(rawValue: error.disposition) ?? .stall, reason: error.reason, message: error.message)
    }
}

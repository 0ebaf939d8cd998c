import WaybillAPI
import WaybillCore
import WaybillReport

/// What other modules bring to the commands. `Wiring.standard` is the whole list of connections.
struct Wiring: Sendable {
    /// Programs that the controller starts from this same binary, by their first argument. They run before any command
    /// line is parsed, so that a helper loads nothing that it does not need.
    var helpers: [String: @Sendable (_ arguments: [String]) async -> Int32] = [:]
    var configurationFile: (any ConfigurationFileReading)?
    var offlinePlan: (any OfflinePlanning)?
}

/// A plan between two commits: what would be done, and what a reviewer asks.
struct OfflinePlan: Sendable {
    var view: PlanView
    var review: ReviewPlan
}

/// Plans between two commits of a clone, without a controller.
protocol OfflinePlanning: Sendable {
    func plan(
        repository: String, path: String, base: String, head: String, material: ReviewMaterial
    ) async throws(Failure) -> OfflinePlan
}

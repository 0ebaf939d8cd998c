import WaybillAPI
import WaybillCore

/// What other modules bring to the commands. `Wiring.standard` is the whole list of connections.
struct Wiring: Sendable {
    /// Programs that the controller starts from this same binary, by their first argument. They run before any command
    /// line is parsed, so that a helper loads nothing that it does not need.
    var helpers: [String: @Sendable (_ arguments: [String]) async -> Int32] = [:]
    var configurationFile: (any ConfigurationFileReading)?
    var offlinePlan: (any OfflinePlanning)?
}

/// Plans between two commits of a clone, without a controller.
protocol OfflinePlanning: Sendable {
    func plan(repository: String, path: String, base: String, head: String) async throws(Failure) -> PlanView
}

package import WaybillCore

/// What a running controller offers to people and programs of its machine. The control server calls it, once a request
/// has been read, bounded and parsed; it never sees a string where an identifier is meant.
///
/// Views are snapshots: each call tells what is true when it answers. Failures carry one of `ControlReason`'s words or
/// a reason of the controller's own; their message is shown to the person as it stands.
package protocol ControllerInterface: Sendable {
    /// Told of every change that a view or the ledger would show, so that watchers wake up.
    var changes: ChangeSignal { get }

    func status() async throws(Failure) -> FleetView
    func deployments() async throws(Failure) -> [DeploymentView]
    func models() async throws(Failure) -> [ModelView]
    func versions() async throws(Failure) -> [VersionView]
    func runtimes() async throws(Failure) -> [RuntimeView]
    func environments() async throws(Failure) -> [EnvironmentView]
    func checklists() async throws(Failure) -> [ChecklistView]
    func replicas() async throws(Failure) -> [ReplicaView]

    /// - Throws: `ControlReason.notFound` when neither git nor a target knows `key`.
    func describe(_ key: DeploymentKey) async throws(Failure) -> DeploymentDetail
    /// What is to be done now, as the engine decided it from what it observed.
    func plan() async throws(Failure) -> PlanView

    /// Events about `key`, newest first: at most `limit`, all of them older than `before` when it is given.
    func history(of key: DeploymentKey, before: LedgerIndex?, limit: Int) async throws(Failure) -> [EventView]
    /// Events from index `from` on, oldest first, at most `limit`; empty when the ledger ends before `from`.
    func events(from: LedgerIndex, limit: Int) async throws(Failure) -> [EventView]
    /// The number of entries in the ledger: the index that the next event will have.
    func eventCount() async throws(Failure) -> LedgerIndex
    /// Where the logs of `key`'s replicas stand on this machine, newest replica last.
    func logs(of key: DeploymentKey) async throws(Failure) -> [ReplicaLog]

    /// Does what an operator asks and records it under `actor`. Returns once it is durable, not once it has taken effect.
    func perform(_ command: OperatorCommand, by actor: Actor) async throws(Failure) -> CommandResult
    /// Writes what `actor` does by hand to the content store into the ledger. Returns once it is durable.
    func record(_ entry: HandEvent, by actor: Actor) async throws(Failure) -> LedgerIndex
}

/// Reasons that the control protocol itself gives a meaning.
package enum ControlReason {
    /// What was asked for is not there.
    package static let notFound = "NotFound"
    /// The request cannot be read; asking again the same way will not help.
    package static let invalidRequest = "InvalidRequest"
    /// Nothing answers on the control socket.
    package static let noController = "NoController"
    /// The answer is not one of this protocol.
    package static let unexpectedAnswer = "UnexpectedAnswer"
    /// The other side went away in the middle.
    package static let connectionLost = "ConnectionLost"
}

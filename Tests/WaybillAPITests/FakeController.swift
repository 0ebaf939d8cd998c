import Synchronization
import WaybillAPI
import WaybillCore

/// A controller of fixed answers that remembers what it was told to do.
final class FakeController: ControllerInterface {
    let changes = ChangeSignal()
    private let told = Mutex<[(OperatorCommand, Actor)]>([])
    private let shown = Mutex<[DeploymentView]>([])
    private let stored = Mutex<[EventView]>([])
    private let files = Mutex<[ReplicaLog]>([])

    var commands: [(OperatorCommand, Actor)] { told.withLock { $0 } }

    func show(_ views: [DeploymentView]) {
        shown.withLock { $0 = views }
        changes.advance()
    }

    func append(_ event: EventView) {
        stored.withLock { $0.append(event) }
        changes.advance()
    }

    func write(logs: [ReplicaLog]) { files.withLock { $0 = logs } }

    func status() async throws(Failure) -> FleetView { try Samples.fleet() }
    func deployments() async throws(Failure) -> [DeploymentView] { shown.withLock { $0 } }
    func models() async throws(Failure) -> [ModelView] { [] }
    func versions() async throws(Failure) -> [VersionView] { [] }
    func runtimes() async throws(Failure) -> [RuntimeView] { [] }
    func environments() async throws(Failure) -> [EnvironmentView] { [] }
    func checklists() async throws(Failure) -> [ChecklistView] { [] }
    func replicas() async throws(Failure) -> [ReplicaView] { [] }

    func describe(_ key: DeploymentKey) async throws(Failure) -> DeploymentDetail {
        guard let view = shown.withLock({ $0.first { $0.deployment == key.description } }) else { throw missing(key) }
        return DeploymentDetail(deployment: view, replicas: [], plan: nil, location: nil, spec: nil)
    }

    func plan() async throws(Failure) -> PlanView { PlanView(basis: .observed, commit: nil, deployments: []) }

    func history(of key: DeploymentKey, before: LedgerIndex?, limit: Int) async throws(Failure) -> [EventView] {
        let older = stored.withLock { $0 }.filter { $0.subject == key.description && $0.index < before ?? .max }
        return Array(older.reversed().prefix(limit))
    }

    func events(from: LedgerIndex, limit: Int) async throws(Failure) -> [EventView] {
        Array(stored.withLock { $0 }.filter { $0.index >= from }.prefix(limit))
    }

    func eventCount() async throws(Failure) -> LedgerIndex { UInt64(stored.withLock { $0.count }) }

    func logs(of key: DeploymentKey) async throws(Failure) -> [ReplicaLog] {
        let logs = files.withLock { $0 }.filter { $0.replica.key == key }
        if logs.isEmpty { throw missing(key) }
        return logs
    }

    func perform(_ command: OperatorCommand, by actor: Actor) async throws(Failure) -> CommandResult {
        if case .retry = command {
            throw Failure(.stall, reason: "LedgerUnavailable", message: "the ledger cannot be written: disk full")
        }
        told.withLock { $0.append((command, actor)) }
        return CommandResult(message: "\(command.verb) done")
    }

    func record(_ entry: HandEvent, by actor: Actor) async throws(Failure) -> LedgerIndex {
        do throws(InvalidInput) {
            let event = try entry.event(by: actor, at: Timestamp(milliseconds: 5))
            return stored.withLock { stored in
                stored.append(EventView(event, at: UInt64(stored.count)))
                return UInt64(stored.count - 1)
            }
        } catch { throw Failure(.stall, reason: ControlReason.invalidRequest, message: error.message) }
    }

    private func missing(_ key: DeploymentKey) -> Failure {
        Failure(.stall, reason: ControlReason.notFound, message: "there is no deployment \(key)")
    }
}

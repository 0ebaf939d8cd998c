import WaybillAPI
import WaybillCore

/// A view that can be a row of a table.
protocol TableRow: ListedView {
    static var titles: [String] { get }
    /// Further columns of `-o wide`.
    static var wideTitles: [String] { get }
    static var rightAligned: Set<Int> { get }
    /// What stays the same when the rest changes, so that a watcher knows its row.
    var identity: String { get }
    /// The environment that it belongs to, if it belongs to one.
    var environmentName: String? { get }
    func cells(now: Timestamp) -> [Table.Cell]
    var wideCells: [Table.Cell] { get }
    /// What is said once beside a table of these rows.
    static func note(on rows: [Self]) -> String?
}

extension TableRow {
    static func note(on rows: [Self]) -> String? { nil }
    static var rightAligned: Set<Int> { [] }
    var environmentName: String? { nil }
}

extension Table {
    init<Row: TableRow>(_ rows: [Row], wide: Bool, now: Timestamp) {
        self.init(
            titles: Row.titles + (wide ? Row.wideTitles : []),
            rows: rows.map { $0.cells(now: now) + (wide ? $0.wideCells : []) }, rightAligned: Row.rightAligned)
    }
}

extension DeploymentView: TableRow {
    static var titles: [String] { ["DEPLOYMENT", "VERSION", "SERVING", "READY", "STATUS", "SINCE", "REASON"] }
    static var wideTitles: [String] { ["RUNTIME", "REVISION", "COMMIT", "URL", "MESSAGE"] }
    var identity: String { deployment }
    var environmentName: String? { environment }

    func cells(now: Timestamp) -> [Table.Cell] {
        [
            Table.Cell(deployment, .strong), Table.Cell(version ?? absence),
            Table.Cell(serving.joined(separator: ",")), Table.Cell("\(replicas.ready)/\(replicas.desired)"),
            statusCell, Table.Cell(decisive.map { Age.text(from: $0.changedAt.timestamp, to: now) }),
            Table.Cell(packaging?.message ?? validation ?? decisive?.reason),
        ]
    }

    static let ungovernedNote = "no: no access file is in force, so whoever may push may deploy ('waybill access init')"

    static func note(on rows: [Self]) -> String? {
        guard rows.contains(where: { $0.ungoverned == true }) else { return nil }
        return
            "note: ungoverned: no access file is in force, so whoever may push may deploy; 'waybill status' says more"
    }

    /// Why there is no version to show.
    private var absence: String {
        if orphaned { return "(orphaned)" }
        return conditions.contains { $0.type == "Held" && $0.reason == "InvalidManifest" } ? "(broken)" : "(deleted)"
    }

    var wideCells: [Table.Cell] {
        [
            Table.Cell(runtime), Table.Cell(revision), Table.Cell(commit.map { String($0.prefix(10)) }),
            Table.Cell(url), Table.Cell(decisive?.message),
        ]
    }
}

extension ConditionedView {
    fileprivate var statusCell: Table.Cell { Table.Cell(status, Tone(status: status)) }
    fileprivate var messageCell: Table.Cell { Table.Cell(decisive?.message) }
}

extension Tone {
    init(status: String) {
        switch status {
        case "Ready", "ready": self = .good
        case "Reconciling", "starting", "stopping": self = .busy
        case "Paused", "Held": self = .busy
        case _: self = .bad
        }
    }
}

extension ReplicaView: TableRow {
    static var titles: [String] { ["REPLICA", "VERSION", "PHASE", "ROTATION", "IN FLIGHT", "PORT", "AGE"] }
    static var wideTitles: [String] { ["REVISION", "DRIFT", "EXIT"] }
    static var rightAligned: Set<Int> { [4, 5] }
    var identity: String { replica }
    var environmentName: String? { deployment.split(separator: "/").first.map(String.init) }

    func cells(now: Timestamp) -> [Table.Cell] {
        [
            Table.Cell(replica, .strong), Table.Cell(version), Table.Cell(phase, Tone(status: phase)),
            Table.Cell(inRotation ? "in" : "out"), Table.Cell(String(outstanding)), Table.Cell(port.map(String.init)),
            Table.Cell(Age.text(from: startedAt.timestamp, to: now)),
        ]
    }

    var wideCells: [Table.Cell] { [Table.Cell(revision), Table.Cell(drift), Table.Cell(exit)] }
}

extension ModelView: TableRow {
    static var titles: [String] { ["MODEL", "STATUS", "OWNER", "TASK", "RISK", "VERSIONS", "LATEST"] }
    static var wideTitles: [String] { ["LICENSE", "LOCATION", "DESCRIPTION", "MESSAGE"] }
    static var rightAligned: Set<Int> { [5] }
    var identity: String { name }

    func cells(now: Timestamp) -> [Table.Cell] {
        [
            Table.Cell(name, .strong), statusCell, Table.Cell(owner), Table.Cell(task), Table.Cell(riskTier),
            Table.Cell(String(versions.count)), Table.Cell(versions.last),
        ]
    }

    var wideCells: [Table.Cell] { [Table.Cell(license), Table.Cell(location), Table.Cell(description), messageCell] }
}

extension VersionView: TableRow {
    static var titles: [String] { ["VERSION", "STATUS", "FORMAT", "FILES", "SIZE", "DEPLOYMENTS"] }
    static var wideTitles: [String] { ["BUNDLE", "DIGEST", "LOCATION", "MESSAGE"] }
    static var rightAligned: Set<Int> { [3, 4] }
    var identity: String { version }

    func cells(now: Timestamp) -> [Table.Cell] {
        [
            Table.Cell(version, .strong), statusCell, Table.Cell(format), Table.Cell(String(artifacts.count)),
            Table.Cell(Bytes.text(size)), Table.Cell(deployments.joined(separator: ",")),
        ]
    }

    var wideCells: [Table.Cell] {
        [Table.Cell(bundle), Table.Cell(artifacts.first?.digest), Table.Cell(location), messageCell]
    }
}

extension RuntimeView: TableRow {
    static var titles: [String] { ["RUNTIME", "STATUS", "PROTOCOL", "FORMATS", "PYTHON", "ISOLATION", "DEPLOYMENTS"] }
    static var wideTitles: [String] { ["LOCK", "LOCATION", "MESSAGE"] }
    static var rightAligned: Set<Int> { [6] }
    var identity: String { name }

    func cells(now: Timestamp) -> [Table.Cell] {
        [
            Table.Cell(name, .strong), statusCell, Table.Cell(servingProtocol),
            Table.Cell(formats.joined(separator: ",")),
            Table.Cell(python), Table.Cell(isolation, isolation == "none" ? .bad : .plain),
            Table.Cell(String(deployments.count)),
        ]
    }

    var wideCells: [Table.Cell] { [Table.Cell(lock), Table.Cell(location), messageCell] }
}

extension EnvironmentView: TableRow {
    static var titles: [String] { ["ENVIRONMENT", "STATUS", "TARGET", "READY", "DEPLOYMENTS"] }
    static var wideTitles: [String] { ["LOCATION", "DESCRIPTION", "MESSAGE"] }
    static var rightAligned: Set<Int> { [3, 4] }
    var identity: String { name }
    var environmentName: String? { name }

    func cells(now: Timestamp) -> [Table.Cell] {
        [
            Table.Cell(name, .strong), statusCell, Table.Cell(target),
            Table.Cell(String(ready), ready == deployments ? .good : .busy), Table.Cell(String(deployments)),
        ]
    }

    var wideCells: [Table.Cell] { [Table.Cell(location), Table.Cell(description), messageCell] }
}

extension ChecklistView: TableRow {
    static var titles: [String] { ["CHECKLIST", "STATUS", "GATES", "ENVIRONMENTS"] }
    static var wideTitles: [String] { ["DIGEST", "LOCATION", "DESCRIPTION", "MESSAGE"] }
    var identity: String { name }

    func cells(now: Timestamp) -> [Table.Cell] {
        [
            Table.Cell(name, .strong), statusCell, Table.Cell(gates.joined(separator: ",")),
            Table.Cell(environments.joined(separator: ",")),
        ]
    }

    var wideCells: [Table.Cell] { [Table.Cell(digest), Table.Cell(location), Table.Cell(description), messageCell] }
}

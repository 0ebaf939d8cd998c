import ArgumentParser
import Foundation
import WaybillAPI
import WaybillCore
import WaybillPackage

/// `waybill get KIND`.
struct Get: AsyncParsableCommand {
    /// What can be listed.
    enum ListedKind: String, CaseIterable, ExpressibleByArgument, Sendable {
        case deployments, replicas, models, versions, runtimes, environments, checklists

        /// Takes the singular too.
        init?(argument: String) {
            guard
                let kind = Self.allCases.first(where: {
                    [$0.rawValue, String($0.rawValue.dropLast())].contains(argument)
                })
            else { return nil }
            self = kind
        }
    }

    static let configuration = CommandConfiguration(
        abstract: "List deployments, replicas, models, versions, runtimes, environments or checklists.",
        discussion: """
            'waybill get versions MODEL' is the registry of one model: for each version where it serves, where it ran and when by the \
            ledger's newest 1000 entries of each deployment, whether it is deprecated or banned, and what gates said of it.
            """)

    @Argument(help: "What to list.")
    var kind: ListedKind

    @Argument(help: ArgumentHelp("The model whose versions are meant.", valueName: "model"))
    var model: String?

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: OutputFormat = .table

    @Option(name: .shortAndLong, help: ArgumentHelp("Only of this environment.", valueName: "name"))
    var environment: String?

    @Flag(name: .shortAndLong, help: "Go on and show each change; stop with Ctrl-C.")
    var watch = false

    @Option(
        defaultAsFlag: 300, parsing: .scanningForValue,
        help: ArgumentHelp(
            "First wait until every deployment is ready, at most so many seconds (300); fail with why when one cannot be.",
            valueName: "seconds"))
    var wait: Int?

    @OptionGroup var controller: ControllerOptions

    func validate() throws {
        if let model {
            guard kind == .versions, !watch, environment == nil else {
                throw ValidationError("a model's name goes with 'versions', without --watch and --environment")
            }
            do { _ = try Name(parsing: model) } catch { throw ValidationError(error.message) }
        }
        guard let wait else { return }
        guard kind == .deployments || kind == .replicas else {
            throw ValidationError("--wait goes with deployments and replicas")
        }
        guard (1...86_400).contains(wait) else { throw ValidationError("--wait must be from 1 to 86400 seconds") }
    }

    func run() async throws {
        if let wait {
            var settling = Settling(client: try controller.client(), console: .current)
            settling.environment = environment
            settling.patience = min(.seconds(30), .seconds(wait))
            _ = try await settling.wait(atMost: .seconds(wait))
        }
        if let model { return try await showRecords(of: try Name(parsing: model)) }
        switch kind {
        case .deployments: try await show(DeploymentView.self)
        case .replicas: try await show(ReplicaView.self)
        case .models: try await show(ModelView.self)
        case .versions: try await show(VersionView.self)
        case .runtimes: try await show(RuntimeView.self)
        case .environments: try await show(EnvironmentView.self)
        case .checklists: try await show(ChecklistView.self)
        }
    }

    private func showRecords(of model: Name) async throws {
        let folder = StateFolder(at: URL(fileURLWithPath: try controller.configuration().stateFolder))
        let registry = VersionRegistry(
            client: try controller.client(), content: ContentStore(root: folder.content))
        let console = Console.current
        var printer = ListPrinter<VersionRecord>(format: output, environment: nil, style: console.style)
        console.write(try printer.first(try await registry.records(of: model), now: .now))
    }

    private func show<Row: TableRow>(_ type: Row.Type) async throws {
        let client = try controller.client()
        let console = Console.current
        var listing = try await client.list(type)
        var printer = ListPrinter<Row>(
            format: output, environment: environment, style: console.style, isWatching: watch)
        console.write(try printer.first(listing.items, now: .now))
        // Beside the table, not in it: what reads a table goes on to be right.
        if output == .table || output == .wide, let note = Row.note(on: listing.items) { console.warn(note) }
        while watch {
            listing = try await client.list(type, after: listing.generation)
            console.write(try printer.next(listing.items, now: .now))
        }
    }
}

/// Turns lists into output: the first whole, later ones by what changed in a table and whole otherwise.
struct ListPrinter<Row: TableRow> {
    let format: OutputFormat
    let environment: String?
    let style: Style
    /// More lists follow the first, so that each must be one line of JSON or a document of YAML.
    let isWatching: Bool
    private var shown: [String: Row] = [:]
    private var widths: [Int] = []

    init(format: OutputFormat, environment: String?, style: Style, isWatching: Bool = false) {
        self.format = format
        self.environment = environment
        self.style = style
        self.isWatching = isWatching
    }

    mutating func first(_ items: [Row], now: Timestamp) throws -> String {
        let rows = selected(items)
        remember(rows)
        switch format {
        case .table, .wide:
            if rows.isEmpty { return "no \(Row.plural)" + (environment.map { " in \($0.harmless)" } ?? "") + "\n" }
            return table(rows, now).text(style)
        case .json:
            let list = try Value(list: rows)
            return (isWatching ? list.json : list.prettyJSON) + "\n"
        case .yaml: return (isWatching ? "---\n" : "") + (try Value(list: rows).yaml)
        }
    }

    /// Empty when nothing that is shown has changed.
    mutating func next(_ items: [Row], now: Timestamp) throws -> String {
        let rows = selected(items)
        let changed = rows.filter { shown[$0.identity] != $0 }
        let gone = shown.keys.filter { identity in !rows.contains { $0.identity == identity } }.sorted()
        guard !changed.isEmpty || !gone.isEmpty else { return "" }
        remember(rows)
        switch format {
        case .table, .wide:
            let rows = changed.isEmpty ? "" : table(changed, now).text(style, withTitles: false)
            return rows + gone.map { "\($0.harmless)   gone\n" }.joined()
        case .json: return try Value(list: rows).json + "\n"
        case .yaml: return "---\n" + (try Value(list: rows).yaml)
        }
    }

    /// A table whose columns are no narrower than those of the tables before it.
    private mutating func table(_ rows: [Row], _ now: Timestamp) -> Table {
        var table = Table(rows, wide: format == .wide, now: now)
        table.leastWidths = widths
        widths = table.widths
        return table
    }

    private func selected(_ items: [Row]) -> [Row] {
        guard let environment else { return items }
        return items.filter { $0.environmentName == nil || $0.environmentName == environment }
    }

    private mutating func remember(_ rows: [Row]) {
        shown = Dictionary(rows.map { ($0.identity, $0) }, uniquingKeysWith: { first, _ in first })
    }
}

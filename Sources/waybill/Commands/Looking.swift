import ArgumentParser
import WaybillAPI
import WaybillCore

/// `waybill status`.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the fleet: commit, holds, problems, ledger and gateway.")

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var controller: ControllerOptions

    func run() async throws {
        let fleet = try await controller.client().status()
        let console = Console.current
        console.write(try output.text(of: fleet) { fleet.text(console.style, now: .now) })
    }
}

/// `waybill describe`.
struct Describe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a deployment: conditions, replicas, how to call it, last log lines, events.")

    @OptionGroup var deployment: KeyArgument

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var controller: ControllerOptions

    func run() async throws {
        let detail = try await controller.client().describe(deployment.key)
        let console = Console.current
        console.write(try output.text(of: detail) { detail.text(console.style, now: .now, columns: console.columns) })
    }
}

/// `waybill history`.
struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what the ledger says of a deployment, newest first.")

    @OptionGroup var deployment: KeyArgument

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @Option(name: [.customShort("n"), .long], help: "The most events to show.")
    var limit = 50

    @OptionGroup var controller: ControllerOptions

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000") }
    }

    func run() async throws {
        let events = try await controller.client().history(of: deployment.key, limit: limit)
        let console = Console.current
        console.write(
            try output.text(list: events) {
                if events.isEmpty { return "no events\n" }
                return EventTable.table(events, now: .now, withSubject: false).fitting(console.columns).text(
                    console.style)
            })
    }
}

/// `waybill logs`.
struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the logs of a deployment's replicas.")

    @OptionGroup var deployment: KeyArgument

    @Flag(name: .shortAndLong, help: "Go on and show lines as they come; stop with Ctrl-C.")
    var follow = false

    @Option(name: .shortAndLong, help: "Lines of each replica to begin with.")
    var tail = 100

    @Option(name: .shortAndLong, help: "Form of the output; json is one line of the log a line.")
    var output: StreamFormat = .text

    @OptionGroup var controller: ControllerOptions

    func validate() throws {
        guard (0...100_000).contains(tail) else { throw ValidationError("--tail must be from 0 to 100000") }
    }

    func run() async throws {
        let console = Console.current
        let isJSON = output == .json
        try await controller.client().logs(of: deployment.key, tail: tail, follow: follow) { line in
            console.write(isJSON ? Self.json(line) : line.text(console))
            return true
        }
    }

    private static func json(_ line: LogLine) -> String { ((try? Value(view: line).json) ?? "") + "\n" }
}

extension LogLine {
    /// The serial number tells replicas of one deployment apart. A terminal gets only harmless text; a file gets the
    /// program's own bytes.
    fileprivate func text(_ console: Console) -> String {
        let serial = replica.split(separator: ".").last.map { "#\($0) " } ?? ""
        let shown = console.isOutputTerminal ? expandingTabs.harmless : text
        return console.style.paint((time.map { "\($0) " } ?? "") + serial, .quiet) + shown + "\n"
    }

    private var expandingTabs: String {
        text.split(separator: "\t", omittingEmptySubsequences: false).joined(separator: "    ")
    }
}

extension TextFormat {
    /// The whole list in this form; `human` makes the text.
    func text<View: ListedView>(list items: [View], _ human: () -> String) throws -> String {
        switch self {
        case .text: human()
        case .json: try Value(list: items).prettyJSON + "\n"
        case .yaml: try Value(list: items).yaml
        }
    }

    /// `view` in this form; `human` makes the text.
    func text(of view: some Encodable, _ human: () -> String) throws -> String {
        switch self {
        case .text: human()
        case .json: try Value(view: view).prettyJSON + "\n"
        case .yaml: try Value(view: view).yaml
        }
    }
}

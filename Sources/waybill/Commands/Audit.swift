import ArgumentParser
import Foundation
import WaybillAPI
import WaybillCore
import WaybillLedger
import WaybillTrust

/// `waybill audit`.
struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read and verify the ledger; needs no controller.",
        subcommands: [
            AuditLog.self, AuditEvents.self, AuditShow.self, AuditExplain.self, AuditProve.self, AuditVerify.self,
            AuditRecords.self,
        ])
}

/// Which ledger a command reads.
struct LedgerOptions: ParsableArguments {
    @Option(
        name: .customLong("dir"),
        help: ArgumentHelp("A ledger's folder instead of the state folder's.", valueName: "folder"),
        completion: .directory)
    var folder: String?

    @OptionGroup var controller: ControllerOptions

    func path() throws -> String {
        if let folder { return folder }
        return StateFolder(at: URL(fileURLWithPath: try controller.configuration().stateFolder)).ledger
    }
}

/// `waybill audit log`.
struct AuditLog: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "List the ledger's entries, oldest first.")

    @Option(help: ArgumentHelp("First index.", valueName: "index"))
    var from: UInt64?

    @Option(name: [.customShort("n"), .long], help: "The most entries to show; without --from, the last ones.")
    var limit = 100

    @Flag(name: .shortAndLong, help: "Go on and show entries as they come.")
    var follow = false

    @Option(name: .shortAndLong, help: "Form of the output; json is one entry a line.")
    var output: StreamFormat = .text

    @OptionGroup var ledger: LedgerOptions

    func validate() throws {
        guard (1...1_000_000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000000") }
    }

    func run() async throws {
        let reader = LedgerReader(folder: try ledger.path())
        let size = try await reader.newestCheckpoint()?.checkpoint.size ?? 0
        let first = from ?? (size > UInt64(limit) ? size - UInt64(limit) : 0)
        let console = Console.current
        let events = try await reader.events(from: first, limit: limit)
        if output == .text {
            let table = EventTable.table(events.compactMap(\.view), now: .now, withSubject: true)
            console.write(table.fitting(console.columns).text(console.style))
        } else {
            for event in events { console.line(try Self.json(event)) }
        }
        guard follow else { return }
        for try await event in reader.follow(from: (events.last?.index).map { $0 + 1 } ?? first) {
            console.line(output == .text ? Self.line(event) : try Self.json(event))
        }
    }

    private static func line(_ recorded: RecordedEvent) -> String {
        guard let event = recorded.event else { return "\(recorded.index)  (\(recorded.content))" }
        return
            "\(recorded.index)  \(event.time)  \(event.type.rawValue)  \(event.phase.rawValue)  \(event.subject.harmless)"
    }

    static func json(_ recorded: RecordedEvent) throws -> String { try value(recorded).json }

    /// An entry whose body is not there, or not an event, has its index and what is known of it.
    static func value(_ recorded: RecordedEvent) throws -> Value {
        if let view = recorded.view { return try Value(view: view) }
        return ["index": .integer(Int64(recorded.index)), "content": .string("\(recorded.content)")]
    }
}

/// `waybill audit show`.
struct AuditShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one entry with its body.")

    @Argument(help: "The entry's index.")
    var index: UInt64

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .json

    @OptionGroup var ledger: LedgerOptions

    func run() async throws {
        let reader = LedgerReader(folder: try ledger.path())
        guard let recorded = try await reader.event(at: index) else {
            throw Failure(.stall, reason: "NoSuchEntry", message: "the ledger has no entry \(index) yet")
        }
        let value = try AuditLog.value(recorded)
        try show(value, output) { Self.text(value, Console.current.style) }
    }

    /// Names and values, the body's below.
    static func text(_ value: Value, _ style: Style) -> String {
        func facts(_ object: Members) -> [(name: String, value: String?, tone: Tone)] {
            object.sorted { $0.key < $1.key }.map { ($0.key, $0.value.string ?? $0.value.json, .plain) }
        }
        var members = value.object ?? [:]
        let body = members.removeValue(forKey: "body")?.object ?? [:]
        var sections = Sections(style)
        sections.title("Entry \(members.removeValue(forKey: "index")?.json ?? "?")")
        sections.facts(facts(members))
        guard !body.isEmpty else { return sections.text }
        sections.title("Body")
        sections.facts(facts(body))
        return sections.text
    }
}

import ArgumentParser
import Foundation
import WaybillAPI
import WaybillCore
import WaybillLedger
import WaybillTrust

extension EventFormat: ExpressibleByArgument {}

/// `waybill audit events`.
struct AuditEvents: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Find entries of the ledger by time, subject, person, type and words.",
        discussion: """
            What is given must all hold; of several types or subjects one is enough. '*' stands for any characters. The index is the place \
            to go on from: --after 1200 -n 100 is the page behind entry 1200.

              waybill audit events --environment production --from 2026-07-01 --to 2026-10-01
              waybill audit events --type 'rollout.*' --subject production/churn
              waybill audit events --actor anna --words 'broken feature' -o csv
              waybill audit events --digest 3f2a9c01d4e5
            """)

    @OptionGroup(title: "Which") var which: EventFilterOptions

    @Option(help: ArgumentHelp("Only entries behind this one.", valueName: "index"))
    var after: UInt64?

    @Option(name: [.customShort("n"), .long], help: "The most entries to show.")
    var limit = 1000

    @Flag(name: .shortAndLong, help: "Go on and show entries as they come; not with -o json.")
    var follow = false

    @Option(name: .shortAndLong, help: "Form of the output; jsonl, csv and cloudevents are one entry a line.")
    var output: EventFormat = .table

    @OptionGroup var ledger: LedgerOptions

    func validate() throws {
        guard (1...1_000_000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000000") }
        if follow && output == .json {
            throw ValidationError("-o json is one list, which --follow never ends; use jsonl")
        }
    }

    func run() async throws {
        let reader = LedgerReader(folder: try ledger.path())
        let origin = try await reader.newestCheckpoint()?.checkpoint.origin ?? ""
        let (filter, console) = (which.filter, Console.current)
        // One more than is shown tells whether there is a next page.
        let found = try await reader.events(from: (after ?? 0) + (after == nil ? 0 : 1), limit: limit + 1) {
            $0.isTaken(by: filter)
        }
        let shown = Array(found.prefix(limit))
        try show(shown, origin, console)
        if found.count > limit, !follow, let last = shown.last {
            console.warn("more entries follow: --after \(last.index)")
        }
        tellUnread(shown, console)
        guard follow else { return }
        for try await event in reader.follow(from: shown.last.map { $0.index + 1 } ?? (after.map { $0 + 1 } ?? 0))
        where event.isTaken(by: filter) { console.write(try line(event, origin)) }
    }

    private func show(_ events: [RecordedEvent], _ origin: String, _ console: Console) throws {
        switch output {
        case .table:
            let table = EventTable.table(events.compactMap(\.view), now: .now, withSubject: true)
            console.write(table.fitting(console.columns).text(console.style))
        case .json:
            let list: Value = ["kind": "EventList", "items": .list(try events.map(AuditLog.value))]
            console.line(list.prettyJSON)
        case .csv:
            console.write(EventExport.csv(EventExport.columns))
            for event in events { console.write(try line(event, origin)) }
        case .jsonl, .cloudevents: for event in events { console.write(try line(event, origin)) }
        }
    }

    private func line(_ event: RecordedEvent, _ origin: String) throws -> String {
        switch output {
        case .csv: return event.view.map(EventExport.csv) ?? ""
        case .cloudevents:
            return try event.view.map { try EventExport.cloudEvent($0, origin: origin).json + "\n" } ?? ""
        case .json, .jsonl: return try AuditLog.json(event) + "\n"
        case .table:
            return event.view.map {
                "\($0.index)  \($0.time.timestamp)  \($0.type)  \($0.subject.harmless)  \($0.words.harmless)\n"
            } ?? ""
        }
    }

    /// An entry that the filter takes by its header and that cannot be shown is told of, never left out in silence.
    private func tellUnread(_ events: [RecordedEvent], _ console: Console) {
        let unread = events.filter { $0.view == nil }
        guard let first = unread.first else { return }
        console.warn(
            "\(unread.count) of these entr\(unread.count == 1 ? "y" : "ies") cannot be read, the first is \(first.index): \(first.content)"
        )
    }
}

/// What `waybill audit events` looks for.
struct EventFilterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("From this moment on: 2026-07-01, or 2026-07-01T08:00:00Z.", valueName: "time"),
        transform: Self.moment)
    var from: Timestamp?

    @Option(help: ArgumentHelp("Before this moment.", valueName: "time"), transform: Self.moment)
    var to: Timestamp?

    @Option(help: ArgumentHelp("Type, as in rollout.moved or 'replica.*'; may be repeated.", valueName: "type"))
    var type: [String] = []

    @Option(help: ArgumentHelp("Subject, as in production/churn or 'churn@*'; may be repeated.", valueName: "subject"))
    var subject: [String] = []

    @Option(help: ArgumentHelp("Environment.", valueName: "name"))
    var environment: String?

    @Option(help: ArgumentHelp("How an act came out: \(Self.outcomes).", valueName: "outcome"))
    var outcome: String?

    @Option(help: ArgumentHelp("All of one decision.", valueName: "id"))
    var decision: String?

    @Option(help: ArgumentHelp("The entry that led to it.", valueName: "index"))
    var cause: UInt64?

    @Option(help: ArgumentHelp("A part of the name of who acted.", valueName: "name"))
    var actor: String?

    @Option(help: ArgumentHelp("A commit or a digest, eight of its first digits at least.", valueName: "digest"))
    var digest: String?

    @Option(help: ArgumentHelp("Words that all stand in reasons and other texts.", valueName: "text"))
    var words: String?

    private static let outcomes = Event.Outcome.allCases.map(\.rawValue).joined(separator: ", ")

    func validate() throws {
        if let from, let to, to <= from { throw ValidationError("--to must come after --from") }
        for one in type where !one.contains("*") && EventType(rawValue: one) == nil {
            let nearest = Suggestion.nearest(to: one, in: EventType.allCases.map(\.rawValue))
            throw ValidationError(
                "'\(one)' is no type of event" + (nearest.map { "; did you mean '\($0)'?" } ?? "; see docs/events.md"))
        }
        if let outcome, Event.Outcome(rawValue: outcome) == nil {
            throw ValidationError("--outcome must be one of \(Self.outcomes)")
        }
        if let digest {
            let digits = digest.hasPrefix("sha256:") ? digest.dropFirst(7) : digest[...]
            guard digits.count >= 8, digits.allSatisfy({ $0.isHexDigit && !$0.isUppercase }) else {
                throw ValidationError("--digest must be at least eight lowercase hexadecimal digits")
            }
        }
    }

    var filter: EventFilter {
        var filter = EventFilter()
        (filter.from, filter.to, filter.types, filter.subjects) = (from, to, type, subject)
        (filter.environment, filter.outcome, filter.decision) = (environment, outcome, decision)
        (filter.cause, filter.actor, filter.digest) = (cause, actor, digest)
        filter.words = words?.split(separator: " ").map(String.init) ?? []
        return filter
    }

    @Sendable private static func moment(_ text: String) throws -> Timestamp {
        do { return try Timestamp(parsing: text) } catch { throw ValidationError(error.message) }
    }
}

extension RecordedEvent {
    var view: EventView? { event.map { EventView($0, at: index) } }

    /// Whether it is asked for. An entry of an unknown version, and one whose body is not there where that is asked about, may be: it is.
    func isTaken(by filter: EventFilter) -> Bool {
        guard let header else { return true }
        let known = EventFilter.Header(
            time: Timestamp(milliseconds: Int64(clamping: header.time)), type: header.type, subject: header.subject,
            environment: header.environment, outcome: header.outcome, decision: header.decision, cause: header.cause)
        guard filter.takes(known) else { return false }
        guard filter.needsBody, let event else { return true }
        return filter.takes(actor: event.actor.name, subject: event.subject, body: event.body)
    }
}

import ArgumentParser
import WaybillAPI
import WaybillCore
import WaybillLedger
import WaybillTrust

/// `waybill audit explain`.
struct AuditExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Tell the decision behind an entry on one page.",
        discussion: """
            What set it off, the rules in force, what was judged, whose word it had, what was done and how that came out: each line with its \
            entry, which 'waybill audit show' has whole and 'waybill audit prove' proves.
            """)

    @Argument(help: "Index of any entry of the decision.")
    var index: UInt64

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var ledger: LedgerOptions

    func run() async throws {
        let reader = LedgerReader(folder: try ledger.path())
        guard let found = try await reader.event(at: index) else {
            throw Failure(.stall, reason: "NoSuchEntry", message: "the ledger has no entry \(index) yet")
        }
        guard let asked = found.entry else {
            throw Failure(.stall, reason: "NotReadable", message: "entry \(index) cannot be read: \(found.content)")
        }
        let decision = asked.event.decision.hex
        let own = try await reader.events { $0.header?.decision == decision }.compactMap(\.entry)
        let story = DecisionStory(asked: asked, own: own)
        let others = try await reader.events { recorded in
            recorded.header.map { story.leansOn(recorded.index, type: $0.type, subject: $0.subject) } ?? false
        }.compactMap(\.entry)
        let chapters = story.chapters(others: others, causes: try await causes(of: asked, reader))
        try show(Self.value(story, chapters), output) { Self.text(story, chapters, Console.current.style) }
    }

    /// Entries that led to it, one before the other. A cause comes before what it led to, so this ends.
    private func causes(of entry: DecisionStory.Entry, _ reader: LedgerReader) async throws -> [DecisionStory.Entry] {
        var chain: [DecisionStory.Entry] = []
        var next = entry.event.cause
        while let index = next, chain.count < 16, let cause = try await reader.event(at: index)?.entry {
            chain.append(cause)
            next = cause.event.cause
        }
        return chain
    }

    private static func text(_ story: DecisionStory, _ chapters: [DecisionStory.Chapter], _ style: Style) -> String {
        var sections = Sections(style)
        let event = story.asked.event
        sections.title("Decision \(event.decision.hex) about \(event.subject)")
        for chapter in chapters {
            sections.title(chapter.title)
            sections.table(
                Table(
                    titles: ["INDEX", "TIME", "EVENT", "OUTCOME", "BY", "WHAT"],
                    rows: chapter.entries.map { row($0, isAsked: $0.index == story.asked.index) }, rightAligned: [0]))
        }
        if !story.open.isEmpty {
            sections.title("Not ended")
            sections.lines(story.open.map { "entry \($0.index), \($0.event.type.rawValue): no outcome yet" }, .bad)
        }
        return sections.text
    }

    private static func row(_ entry: DecisionStory.Entry, isAsked: Bool) -> [Table.Cell] {
        let view = EventView(entry.event, at: entry.index)
        let tone: Tone = view.outcome == "failed" ? .bad : isAsked ? .strong : .plain
        return [
            Table.Cell(String(entry.index), tone), Table.Cell(entry.event.time.secondsText), Table.Cell(view.type),
            Table.Cell(view.outcome ?? (view.phase == "fact" ? nil : view.phase), tone),
            Table.Cell(view.actor.cut(to: 16)),
            Table.Cell(view.words.cut(to: 100)),
        ]
    }

    private static func value(_ story: DecisionStory, _ chapters: [DecisionStory.Chapter]) throws -> Value {
        [
            "kind": "DecisionStory", "decision": .string(story.asked.event.decision.hex),
            "subject": .string(story.asked.event.subject), "asked": .integer(Int64(story.asked.index)),
            "open": .list(story.open.map { .integer(Int64($0.index)) }),
            "chapters": .list(
                try chapters.map { chapter in
                    [
                        "title": .string(chapter.title),
                        "entries": .list(
                            try chapter.entries.map { try Value(view: EventView($0.event, at: $0.index)) }),
                    ]
                }),
        ]
    }
}

extension RecordedEvent {
    fileprivate var entry: DecisionStory.Entry? { event.map { DecisionStory.Entry(index: index, event: $0) } }
}

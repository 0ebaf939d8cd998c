import WaybillCore

/// One decision as a story: what set it off, the rules it was made under, what was judged, who let it begin, what was done, how it came out.
///
/// Made of entries alone, in two looks: those of the decision first, then those that it leans on, which `leansOn` chooses.
struct DecisionStory {
    struct Entry: Hashable {
        var index: LedgerIndex
        var event: Event
    }

    struct Chapter: Hashable {
        var title: String
        var entries: [Entry]
    }

    let asked: Entry
    /// All of the decision, in order.
    let own: [Entry]

    init(asked: Entry, own: [Entry]) {
        self.asked = asked
        self.own = own
    }

    /// The commit that it carries out, if it names one.
    var commit: String? {
        (own + [asked]).lazy.compactMap { $0.event.body["commit"]?.string }.first
            ?? (asked.event.type.rawValue.hasPrefix("commit.") ? asked.event.subject : nil)
    }

    /// Whether an entry before the end of the decision may be one that it leans on.
    func leansOn(_ index: LedgerIndex, type: String, subject: String) -> Bool {
        guard index <= asked.index, let type = EventType(rawValue: type) else { return false }
        switch type {
        case .rulesAdopted: return true
        case .commitObserved, .commitAccepted, .commitRejected, .commitRewound: return subject == commit
        case .versionValidated, .revisionAdmitted, .changeAdmitted, .operatorCommand, .holdPlaced, .holdReleased:
            return subject == asked.event.subject
        case _: return false
        }
    }

    /// - Parameters:
    ///   - others: entries that `leansOn` chose, in order.
    ///   - causes: the entries that led to it, the nearest first.
    func chapters(others: [Entry], causes: [Entry]) -> [Chapter] {
        func last(_ types: EventType...) -> [Entry] {
            types.compactMap { type in others.last { $0.event.type == type } }
        }
        let mine = Set(own.map(\.index))
        let trigger =
            others.filter { $0.event.type.rawValue.hasPrefix("commit.") } + causes.filter { !mine.contains($0.index) }
        let judged = last(.versionValidated, .revisionAdmitted)
        let people = last(.changeAdmitted, .operatorCommand)
        let chapters = [
            Chapter(title: "What set it off", entries: Self.ordered(trigger)),
            Chapter(title: "Rules in force", entries: last(.rulesAdopted)),
            Chapter(title: "What was judged", entries: Self.ordered(judged)),
            Chapter(title: "Whose word", entries: Self.ordered(people)),
            Chapter(title: "What was held", entries: Self.ordered(last(.holdPlaced, .holdReleased))),
            Chapter(title: "The decision, and what was done", entries: own),
        ]
        var seen: Set<LedgerIndex> = []
        return chapters.reversed().map { chapter in
            Chapter(title: chapter.title, entries: chapter.entries.filter { seen.insert($0.index).inserted })
        }.reversed().filter { !$0.entries.isEmpty }
    }

    /// Intents of it that nothing came of, so far.
    var open: [Entry] {
        let closed = Set(own.compactMap { $0.event.phase == .outcome ? $0.event.cause : nil })
        return own.filter { $0.event.phase == .intent && !closed.contains($0.index) }
    }

    private static func ordered(_ entries: [Entry]) -> [Entry] {
        Set(entries).sorted { $0.index < $1.index }
    }
}

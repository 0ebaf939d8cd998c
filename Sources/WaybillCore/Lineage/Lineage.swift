/// Where one answer, or one revision, comes from: links from the answer down to data, code and the people who let it begin, each with
/// what vouches for it. Assembled from values alone.
package struct Lineage: Hashable, Sendable {
    package struct Section: Hashable, Sendable {
        package var title: String
        package var links: [LineageLink]
    }

    package var deployment: DeploymentKey
    /// What is explained, in words: `prediction 0199…`, `revision 3f2a9c01d4e5`.
    package var title: String
    /// When; nil for a revision as such.
    package var time: Timestamp?
    package var sections: [Section]
    /// What could not be read, in words; what it would have shown is missing above.
    package var problems: [String]

    package var links: [LineageLink] { sections.flatMap(\.links) }

    /// The entries of the ledger that links rest on, ascending.
    package var entries: [LedgerIndex] {
        var indices: Set<LedgerIndex> = []
        for case .ledger(let index, _) in links.flatMap(\.proofs) { indices.insert(index) }
        return indices.sorted()
    }

    /// As `lineage.json` and `-o json` have it. `docs/lineage.md` has its form.
    package var value: Value {
        var members: Members = [
            "format": .string(Self.format), "deployment": .string(deployment.description), "title": .string(title),
            "links": .list(links.map(\.json)), "ledger": .list(entries.map { .integer(Int64($0)) }),
        ]
        if let time { members["time"] = .string(time.description) }
        if !problems.isEmpty { members["problems"] = .list(problems.map { .string($0) }) }
        return .object(members)
    }

    package static let format = "waybill.lineage/1"
}

/// What is to be explained.
package struct LineageQuestion: Hashable, Sendable {
    package var deployment: DeploymentKey
    package var revision: Revision
    /// The moment that is asked about: of what came later nothing counts. Nil: all that is known.
    package var time: Timestamp?
    /// The replica that answered, where a record names it.
    package var replica: String?
    /// The commit that the answer was stamped with.
    package var commit: String?
    /// What the record itself says, links of it first.
    package var record: [LineageLink]
    /// Whether the record's root is in the ledger, so that it proves something.
    package var isRecordProven: Bool
    package var title: String

    package init(
        _ deployment: DeploymentKey, _ revision: Revision, at time: Timestamp? = nil, replica: String? = nil,
        commit: String? = nil, record: [LineageLink] = [], isRecordProven: Bool = false, title: String? = nil
    ) {
        self.isRecordProven = isRecordProven
        self.deployment = deployment
        self.revision = revision
        self.time = time
        self.replica = replica
        self.commit = commit
        self.record = record
        self.title = title ?? "revision \(revision.short)"
    }
}

extension Lineage {
    /// Puts together what ledger and git say. Nothing is guessed: what neither says is a link of its own that says so.
    package init(_ question: LineageQuestion, _ history: LineageHistory, _ sources: LineageSources) {
        let assembly = LineageAssembly(question, history, sources)
        deployment = question.deployment
        title = question.title
        time = question.time
        sections = [
            Section(title: "Answer", links: question.record),
            Section(title: "Served by", links: assembly.serving),
            Section(title: "Model", links: assembly.model),
            Section(title: "Made with", links: assembly.making),
            Section(title: "Judged by", links: assembly.judging),
            Section(title: "Decided by", links: assembly.deciding),
            Section(title: "Fleet repository", links: assembly.repository),
        ].filter { !$0.links.isEmpty }
        problems = sources.problems
        if history.unreadable > 0 {
            problems.append("\(history.unreadable) entries of the ledger cannot be read by this build")
        }
    }
}

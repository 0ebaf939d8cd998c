import Testing
import WaybillCore

@testable import waybill

@Suite struct DecisionStoryTests {
    private static let commit = String(repeating: "c0", count: 20)

    private static func entry(
        _ index: LedgerIndex, _ type: EventType, decision: UInt64 = 1, phase: Event.Phase = .fact,
        cause: LedgerIndex? = nil,
        subject: String = "production/churn", outcome: Event.Outcome? = nil, body: Members = [:]
    ) -> DecisionStory.Entry {
        DecisionStory.Entry(
            index: index,
            event: Event(
                type, phase: phase, decision: DecisionID(decision), cause: cause,
                time: Timestamp(milliseconds: Int64(index) * 1000), subject: subject, outcome: outcome, body: body))
    }

    private static let own = [
        entry(10, .planDecided, body: ["commit": .string(commit)]), entry(11, .replicaStarted, phase: .intent),
        entry(12, .replicaStarted, phase: .outcome, cause: 11, outcome: .succeeded),
        entry(13, .routesChanged, phase: .intent),
    ]

    private static let others = [
        entry(1, .rulesAdopted, decision: 2, subject: "fleet"), entry(2, .commitObserved, decision: 3, subject: commit),
        entry(3, .commitAccepted, decision: 3, subject: commit),
        entry(4, .versionValidated, decision: 4, outcome: .failed),
        entry(5, .versionValidated, decision: 4, outcome: .succeeded), entry(6, .changeAdmitted, decision: 5),
        entry(7, .revisionAdmitted, decision: 5), entry(8, .rulesAdopted, decision: 6, subject: "fleet"),
    ]

    @Test func `each entry stands once, in the chapter of what it was for the decision`() {
        let story = DecisionStory(asked: Self.own[1], own: Self.own)
        let told = story.chapters(others: Self.others, causes: []).map { ($0.title, $0.entries.map(\.index)) }
        #expect(
            told.map(\.0) == [
                "What set it off", "Rules in force", "What was judged", "Whose word", "The decision, and what was done",
            ])
        #expect(told.map(\.1) == [[2, 3], [8], [5, 7], [6], [10, 11, 12, 13]])
    }

    @Test func `an intent without an outcome is told`() {
        #expect(DecisionStory(asked: Self.own[0], own: Self.own).open.map(\.index) == [13])
    }

    @Test func `it leans on what came before, on its commit and on its subject`() {
        let story = DecisionStory(asked: Self.own[1], own: Self.own)
        #expect(story.leansOn(2, type: "commit.accepted", subject: Self.commit))
        #expect(!story.leansOn(2, type: "commit.accepted", subject: String(repeating: "d0", count: 20)))
        #expect(story.leansOn(2, type: "change.admitted", subject: "production/churn"))
        #expect(!story.leansOn(2, type: "change.admitted", subject: "production/fraud"))
        #expect(!story.leansOn(12, type: "change.admitted", subject: "production/churn"))
        #expect(story.leansOn(2, type: "rules.adopted", subject: "fleet"))
        #expect(!story.leansOn(2, type: "of.a.newer.build", subject: "production/churn"))
    }

    @Test func `what led to it comes first, unless it is of the decision itself`() {
        let cause = Self.entry(4, .operatorCommand, decision: 9)
        let story = DecisionStory(asked: Self.own[2], own: Self.own)
        let first = story.chapters(others: [], causes: [Self.own[1], cause]).first
        #expect(first?.title == "What set it off" && first?.entries.map(\.index) == [4])
    }
}

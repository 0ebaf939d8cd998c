import Testing
import WaybillCore
import WaybillEngine

struct FleetMemoryTests {
    /// An acceptance; nil history: one of a build that did not write it.
    struct Accepted: Sendable {
        var commit: String
        var problems = 1
        var history: String?
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var accepted: [Accepted]
        var chain: String
    }

    @Test(arguments: [
        Case(testDescription: "nothing accepted", accepted: [], chain: ""),
        Case(
            testDescription: "of sound commits the last two",
            accepted: [
                Accepted(commit: "a", problems: 0), Accepted(commit: "b", problems: 0),
                Accepted(commit: "c", problems: 0),
            ], chain: "bc"),
        Case(
            testDescription: "a broken one with what leads to it, the one before it, and itself",
            accepted: [
                Accepted(commit: "a", problems: 0), Accepted(commit: "b", problems: 0),
                Accepted(commit: "c", history: "ab"),
            ], chain: "abc"),
        Case(
            testDescription: "what leads to a later one replaces what led to an earlier one",
            accepted: [
                Accepted(commit: "a", problems: 0), Accepted(commit: "b", history: "a"),
                Accepted(commit: "c", history: "ab"), Accepted(commit: "d", history: "ab"),
                Accepted(commit: "e", history: "b"),
            ], chain: "bde"),
        Case(
            testDescription: "a sound one needs nothing but the one before it",
            accepted: [
                Accepted(commit: "a", problems: 0), Accepted(commit: "b", history: "a"),
                Accepted(commit: "c", problems: 0, history: ""),
            ], chain: "bc"),
        Case(
            testDescription: "an acceptance that does not say what leads to it keeps all that was known",
            accepted: [
                Accepted(commit: "a", problems: 0), Accepted(commit: "b"), Accepted(commit: "c"),
                Accepted(commit: "d"), Accepted(commit: "d"),
            ], chain: "abcd"),
    ])
    func `the chain leads to the state in force`(_ example: Case) throws {
        var memory = FleetMemory()
        for accepted in example.accepted { memory.fold(try Self.event(accepted)) }
        #expect(memory.chain == (try example.chain.map { try Named.commit(String($0)) }))
    }

    @Test func `acceptances of older builds are all kept, however many`() throws {
        var memory = FleetMemory()
        let commits = try (100..<300).map { try CommitID(parsing: String(repeating: "0", count: 37) + String($0)) }
        for commit in commits {
            memory.fold(
                Event(
                    .commitAccepted, decision: DecisionID(1), time: Timestamp(milliseconds: 0), subject: commit.hex,
                    body: ["commit": .string(commit.hex), "problems": 1]))
        }
        #expect(memory.chain == commits)
    }

    private static func event(_ accepted: Accepted) throws -> Event {
        let commit = try Named.commit(accepted.commit)
        var body: Members = ["commit": .string(commit.hex), "problems": .integer(Int64(accepted.problems))]
        if let history = accepted.history {
            body["history"] = .list(try history.map { .string(try Named.commit(String($0)).hex) })
        }
        return Event(
            .commitAccepted, decision: DecisionID(1), time: Timestamp(milliseconds: 0), subject: commit.hex, body: body)
    }
}

import Testing
import WaybillCore

@testable import WaybillAPI

/// What commands by hand may have the controller write.
@Suite struct HandEventTests {
    private let asked = Timestamp(milliseconds: 1)

    private func event(_ type: EventType, _ body: Members) -> Event {
        Event(
            type, phase: .outcome, decision: DecisionID(0xabc), cause: 3, time: asked, subject: "churn@1.4.0",
            outcome: .succeeded, actor: .controller, body: body)
    }

    @Test func `it is written as it is, by whom the kernel names and when the controller says`() throws {
        let said = event(.bundleSigned, ["version": "churn@1.4.0", "key": "SHA256:x"])
        let wire = try ControlJSON.decode(HandEvent.self, from: ControlJSON.encode(HandEvent(said)))
        var expected = said
        expected.actor = .unixUser(uid: 7, name: "ada")
        expected.time = Timestamp(milliseconds: 9)
        #expect(try wire.event(by: .unixUser(uid: 7, name: "ada"), at: Timestamp(milliseconds: 9)) == expected)
    }

    @Test(
        arguments: [
            (.commitAccepted, [:], "'commit.accepted' is not what a command by hand writes down"),
            (.operatorCommand, [:], "'operator.command' is not what a command by hand writes down"),
            (.bundleSigned, ["wish": "x"], "bundle.signed has no member 'wish'"),
        ] as [(EventType, Members, String)])
    func `nothing else is written`(_ type: EventType, _ body: Members, _ message: String) {
        #expect(throws: InvalidInput(message)) {
            _ = try HandEvent(event(type, body)).event(by: .controller, at: asked)
        }
    }
}

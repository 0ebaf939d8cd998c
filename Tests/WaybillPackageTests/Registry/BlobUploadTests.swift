import Testing
import WaybillCore

@testable import WaybillPackage

/// The decisions of an upload, without a registry.
@Suite struct `Uploads of blobs` {
    private static let lost = Failure(.retry, reason: "ConnectionLost", message: "cut")
    private static let refused = Failure(.stall, reason: "RegistryRefused", message: "no")
    private static let piece = BlobUpload.Pieces().piece
    private static let large = 2 * BlobUpload.Pieces().piece + 5

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var size = `Uploads of blobs`.large
        var remembered: String?
        let events: [BlobUpload.Event]
        let actions: [BlobUpload.Action]
    }

    @Test(arguments: [
        Case(testDescription: "what is there is not sent", events: [.held], actions: [.look, .end]),
        Case(testDescription: "what is mounted is not sent", events: [.absent, .held], actions: [.look, .open, .end]),
        Case(
            testDescription: "a small one goes in one request", size: 10,
            events: [.absent, .opened(location: "a", atLeast: 0), .held],
            actions: [.look, .open, .sendWhole(location: "a"), .end]),
        Case(
            testDescription: "a large one goes in pieces, each where the last one said",
            events: [
                .absent, .opened(location: "a", atLeast: 0), .took(upTo: piece, location: "b"),
                .took(upTo: 2 * piece, location: "c"), .took(upTo: large, location: "d"), .held,
            ],
            actions: [
                .look, .open, .send(location: "a", from: 0, upTo: piece),
                .send(location: "b", from: piece, upTo: 2 * piece), .send(location: "c", from: 2 * piece, upTo: large),
                .finish(location: "d"), .end,
            ]),
        Case(
            testDescription: "pieces are as large as the registry wants",
            events: [.absent, .opened(location: "a", atLeast: 3 * piece)],
            actions: [.look, .open, .send(location: "a", from: 0, upTo: large)]),
        Case(
            testDescription: "a lost connection is followed by a question, and goes on from the answer",
            events: [
                .absent, .opened(location: "a", atLeast: 0), .lost(lost), .took(upTo: 7, location: "b"),
            ],
            actions: [
                .look, .open, .send(location: "a", from: 0, upTo: piece), .ask(location: "a"),
                .send(location: "b", from: 7, upTo: piece + 7),
            ]),
        Case(
            testDescription: "an upload of an earlier process is gone on with", remembered: "old",
            events: [.absent, .took(upTo: piece, location: "b")],
            actions: [.look, .ask(location: "old"), .send(location: "b", from: piece, upTo: 2 * piece)]),
        Case(
            testDescription: "one that the registry forgot begins anew", remembered: "old",
            events: [.absent, .gone, .opened(location: "a", atLeast: 0)],
            actions: [.look, .ask(location: "old"), .open, .send(location: "a", from: 0, upTo: piece)]),
        Case(
            testDescription: "a registry that takes no pieces gets it whole",
            events: [
                .absent, .opened(location: "a", atLeast: 0), .refused(status: 405, refused),
                .opened(location: "b", atLeast: 0), .held,
            ],
            actions: [
                .look, .open, .send(location: "a", from: 0, upTo: piece), .open, .sendWhole(location: "b"), .end,
            ]),
        Case(
            testDescription: "a piece that is out of order is followed by a question",
            events: [
                .absent, .opened(location: "a", atLeast: 0), .took(upTo: piece, location: "b"),
                .refused(status: 416, refused.retried), .took(upTo: 9, location: "c"),
            ],
            actions: [
                .look, .open, .send(location: "a", from: 0, upTo: piece),
                .send(location: "b", from: piece, upTo: 2 * piece), .ask(location: "b"),
                .send(location: "c", from: 9, upTo: piece + 9),
            ]),
        Case(
            testDescription: "an answer that was lost at the end is looked for", size: 10,
            events: [.absent, .opened(location: "a", atLeast: 0), .lost(lost), .held],
            actions: [.look, .open, .sendWhole(location: "a"), .look, .end]),
        Case(
            testDescription: "a registry that refuses is believed", events: [.absent, .refused(status: 403, refused)],
            actions: [.look, .open, .fail(refused)]),
        Case(
            testDescription: "a registry that is lost for good ends it",
            events: Array(repeating: .lost(lost), count: 5),
            actions: [.look, .look, .look, .look, .look, .fail(lost)]),
        Case(
            testDescription: "a registry that claims more than it got is not believed",
            events: [.absent, .opened(location: "a", atLeast: 0), .took(upTo: large, location: "b")],
            actions: [
                .look, .open, .send(location: "a", from: 0, upTo: piece),
                .fail(unsound("says after bytes 0 to \(piece) that it has \(large)")),
            ]),
        Case(
            testDescription: "nor is one that goes back",
            events: [
                .absent, .opened(location: "a", atLeast: 0), .took(upTo: piece, location: "b"),
                .took(upTo: 1, location: "c"),
            ],
            actions: [
                .look, .open, .send(location: "a", from: 0, upTo: piece),
                .send(location: "b", from: piece, upTo: 2 * piece),
                .fail(unsound("says after bytes \(piece) to \(2 * piece) that it has 1")),
            ]),
        Case(
            testDescription: "nor one that answers something else", events: [.took(upTo: 1, location: "a")],
            actions: [.look, .fail(unsound("answers something else than it was asked"))]),
    ])
    func `go as they should`(_ row: Case) {
        var upload = BlobUpload(size: row.size, place: "push x", remembered: row.remembered)
        #expect([BlobUpload.first] + row.events.map { upload.step($0) } == row.actions)
    }

    @Test func `a registry that takes a byte a time ends it`() {
        var upload = BlobUpload(size: Self.large, place: "push x")
        _ = upload.step(.absent)
        _ = upload.step(.opened(location: "a", atLeast: 0))
        var last = BlobUpload.Action.look
        for byte in 1...5 { last = upload.step(.took(upTo: Int64(byte), location: "a")) }
        #expect(
            last
                == .fail(
                    Failure(
                        .retry, reason: "PushInterrupted",
                        message: "push x: the registry takes less than it is given; push again")))
    }

    private static func unsound(_ what: String) -> Failure {
        Failure(.stall, reason: "RegistryUnsound", message: "push x: the registry \(what)")
    }
}

extension Failure {
    fileprivate var retried: Failure { Failure(.retry, reason: reason, message: message) }
}

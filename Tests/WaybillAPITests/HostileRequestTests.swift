import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing
import WaybillAPI
import WaybillCore

/// What a careless or hostile program of the same user may send.
@Suite struct HostileRequestTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var path: String
        var body: String?
        var status: UInt
        var message: String
    }

    static let cases: [Case] = [
        Case(
            testDescription: "unknown command", path: "/v1/commands", body: #"{"command":"explode"}"#, status: 400,
            message:
                "'explode' is not a command; expected abort, accept, advance, lift, pause, restart, resume, retry, rollback or sync"
        ),
        Case(
            testDescription: "no JSON", path: "/v1/commands", body: "{", status: 400,
            message: "the request's body is not JSON"),
        Case(
            testDescription: "no command", path: "/v1/commands", body: "{}", status: 400,
            message: "the request has no 'command'"),
        Case(
            testDescription: "bad deployment", path: "/v1/commands",
            body: #"{"command":"pause","deployment":"../etc"}"#, status: 400,
            message: "'..' is not a name; use 1 to 63 lowercase letters, digits and '-', beginning and ending with a "
                + "letter or digit"),
        Case(
            testDescription: "blank reason", path: "/v1/commands",
            body: #"{"command":"pause","deployment":"a/b","reason":" "}"#, status: 400, message: "the reason is empty"),
        Case(
            testDescription: "endless reason", path: "/v1/commands",
            body: #"{"command":"pause","deployment":"a/b","reason":"\#(String(repeating: "x", count: 1001))"}"#,
            status: 400, message: "the reason has more than 1000 characters"),
        Case(
            testDescription: "accept without reason", path: "/v1/commands",
            body: #"{"command":"accept","commit":"\#(String(repeating: "ab", count: 20))"}"#, status: 400,
            message: "'accept' needs a reason"),
        Case(
            testDescription: "body past the limit", path: "/v1/commands",
            body: String(repeating: " ", count: 20_000), status: 413, message: "the request's body is too large"),
        Case(
            testDescription: "escape in a name", path: "/v1/deployments/a/%1b%5b2J", body: nil, status: 400,
            message: "'%1b%5b2J' is not a name; use 1 to 63 lowercase letters, digits and '-', beginning and ending "
                + "with a letter or digit"),
        Case(
            testDescription: "limit out of range", path: "/v1/deployments/a/b/history?limit=0", body: nil, status: 400,
            message: "'limit' is '0'; expected a number from 1 to 1000"),
        Case(
            testDescription: "generation no number", path: "/v1/deployments?after=-1", body: nil, status: 400,
            message: "'after' is '-1'; expected a number from 0"),
        Case(
            testDescription: "not in the protocol", path: "/v2/teapot", body: nil, status: 404,
            message: "GET '/v2/teapot' is not part of this controller's protocol; is it of another build than this "
                + "command?"),
    ]

    @Test(arguments: cases) func `is refused in words`(_ example: Case) async throws {
        let controller = FakeController()
        try await withServer(controller) { _, folder in
            let socket = folder.path + "/control.sock"
            let url = try #require(URL(httpURLWithSocketPath: socket, uri: example.path))
            var request = HTTPClientRequest(url: url.absoluteString)
            if let body = example.body {
                request.method = .POST
                request.body = .bytes(ByteBuffer(string: body))
            }
            let response = try await HTTPClient.prompt.execute(request, timeout: .seconds(30))
            let body = try await response.body.collect(upTo: 100_000)
            let answer = try JSONDecoder().decode([String: [String: String]].self, from: Data(body.readableBytesView))
            #expect(response.status.code == example.status)
            #expect(answer["error"]?["message"] == example.message)
        }
        #expect(controller.commands.isEmpty)
    }
}

import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillGateway

/// A newer controller beside the gateway of an older build, until that is replaced.
@Suite struct OlderGatewayTests {
    /// A status socket that answers as builds did which knew format 1 only.
    private final class OlderGateway: Sendable {
        private let door: CInt

        init(in folder: String) throws {
            door = try UnixSocket.listen(at: folder + "/gateway.sock")
            let door = door
            let thread = Thread {
                let body =
                    #"{"address":"127.0.0.1:1","build":"0.9.0","generation":1,"outstanding":{},"pid":1,"rotation":{}}"#
                let answer = "HTTP/1.1 200 OK\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
                while case let connection = accept(door, nil, nil), connection >= 0 {
                    let socket = PlainSocket(adopting: connection)
                    _ = try? socket.read(through: "\r\n\r\n")
                    try? socket.send(answer)
                    socket.close()
                }
            }
            thread.start()
        }

        func stop() { shutdown(door, Int32(SHUT_RDWR)) }
    }

    private static func publish(_ route: RouteTable.Route, in folder: String) async throws {
        try await GatewayClient(stateFolder: folder).publish(
            RouteTable(generation: 1, routes: [route]), ticket: try await ticket())
    }

    private static var stamped: RouteTable.Route {
        var route = divided(("a", 100, 1), chooser: "x-try")
        route.model = "m"
        route.backends[0].commit = "c"
        return route
    }

    @Test func `an older gateway gets what it can read, without what only stamps say`() async throws {
        try await withTemporaryFolder { folder in
            let older = try OlderGateway(in: folder.path)
            defer { older.stop() }
            try await Self.publish(Self.stamped, in: folder.path)
            let written = try Data(contentsOf: folder.appending(path: "routes.json"))
            #expect(
                String(decoding: written, as: UTF8.self)
                    == #"{"format":1,"generation":1,"routes":[{"backends":[{"port":1,"replica":"r-a","revision":"a","version":"a"}],"#
                    + #""deployment":"churn","environment":"production","paths":[],"servingProtocol":"oip-v2","versions":["a"]}]}"#
            )
        }
    }

    @Test func `an older gateway is not given what must be recorded, and records nothing that may be`() async throws {
        try await withTemporaryFolder { folder in
            let older = try OlderGateway(in: folder.path)
            defer { older.stop() }
            let required = recorded(churn(1), RecordingPolicy(mode: .required))
            let failure = await #expect(throws: Failure.self) { try await Self.publish(required, in: folder.path) }
            #expect(failure?.disposition == .retry)
            #expect(
                failure?.message
                    == "the running gateway, of build 0.9.0, cannot record the predictions of production/churn, which is 'required'; "
                    + "replace it: 'systemctl start waybill-gateway-next', or 'waybill gateway --take-over'")
            try await Self.publish(recorded(churn(1)), in: folder.path)
            let written = try Data(contentsOf: folder.appending(path: "routes.json"))
            #expect(try RouteTable(checking: Array(written)).routes == [churn(1)])
        }
        var whole = recorded(
            churn(1),
            RecordingPolicy(
                mode: .required, sample: 7, request: .digest, answer: .none, redact: ["/a"], features: ["b"],
                retentionDays: 3, maxBytes: 9))
        whole.recording.request = .whole
        let table = RouteTable(generation: 1, routes: [whole])
        #expect(try RouteTable(checking: table.json) == table && table.format == 3)
    }

    @Test(arguments: [
        divided(("a", 95, 1), ("b", 5, 2)), divided(("a", 100, 1), ("b", 0, 2)),
    ])
    func `an older gateway is not made to serve what it would divide wrongly`(_ route: RouteTable.Route) async throws {
        try await withTemporaryFolder { folder in
            let older = try OlderGateway(in: folder.path)
            defer { older.stop() }
            let failure = await #expect(throws: Failure.self) { try await Self.publish(route, in: folder.path) }
            #expect(failure?.disposition == .retry)
            #expect(
                failure?.message
                    == "the running gateway, of build 0.9.0, cannot divide the traffic of production/churn between revisions; "
                    + "replace it: 'systemctl start waybill-gateway-next', or 'waybill gateway --take-over'")
            #expect(!FileManager.default.fileExists(atPath: folder.path + "/routes.json"))
        }
    }

    @Test func `this build's gateway, and none, get everything`() async throws {
        try await withTemporaryFolder { folder in
            try await Self.publish(Self.stamped, in: folder.path)
            let written = try Data(contentsOf: folder.appending(path: "routes.json"))
            #expect(try RouteTable(checking: Array(written)).routes == [Self.stamped])
        }
        try await withGateway { (gateway) async throws in
            try await gateway.route([Self.stamped], generation: 2)
            let written = try Data(contentsOf: URL(filePath: gateway.folder + "/routes.json"))
            #expect(try RouteTable(checking: Array(written)).routes == [Self.stamped])
        }
    }
}

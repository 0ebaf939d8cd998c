import Foundation
import Synchronization
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillGateway

/// The line that each request leaves, where the operator asks for them.
@Suite struct AccessLogTests {
    private struct Line: Decodable {
        var time, id: String
        var deployment, revision, version, replica, method, path, requestId, refused, ended: String?
        var status: Int?
        var received, sent: Int
        var ms: Double
    }

    private static func lines(_ file: URL) throws -> [Line] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
    }

    private static func wait(for count: Int, in file: URL) async throws -> [Line] {
        _ = try await eventually { try lines(file).count >= count }
        return try lines(file)
    }

    @Test func `an answer, a refusal, an answer that broke off and a client that left have one line each`() async throws
    {
        let upstream = try RawUpstream { connection, _ in
            let request = try connection.readMessage()
            if request.head.contains("break") {
                try connection.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
            } else if request.head.contains("wait") {
                _ = try? connection.read()
            } else {
                try connection.send("HTTP/1.1 201 Created\r\ncontent-length: 4\r\n\r\nfine")
            }
        }
        defer { upstream.stop() }
        try await withTemporaryFolder { (folder) async throws in
            let file = folder.appending(path: "access.log")
            try await withGateway([churn(upstream.port)], accessLog: file.path) { (gateway) async throws in
                let answer = try await gateway.ask(
                    post("{\"a\": 1}", to: inferPath + "?token=secret", headers: "X-Request-Id: mine\"\r\n"))
                _ = try await gateway.ask(get("/nothing/here/v2?also=secret"))
                _ = try await Self.wait(for: 2, in: file)
                _ = try? await gateway.dialog(post("{}", headers: "X-How: break\r\n"))
                _ = try await Self.wait(for: 3, in: file)
                try await onThread {
                    let socket = try PlainSocket(connectingTo: gateway.port)
                    try socket.send(post("{}", headers: "X-How: wait\r\n"))
                    Thread.sleep(forTimeInterval: 0.2)
                    socket.close()
                }
                let lines = try await Self.wait(for: 4, in: file)
                try #require(lines.count == 4)
                #expect(lines[0].id == answer.values("x-waybill-prediction-id").first)
                #expect(lines[0].deployment == "production/churn")
                #expect(lines[0].revision == "rev" && lines[0].version == "1.0.0" && lines[0].replica == "r0")
                #expect(lines[0].method == "POST" && lines[0].path == inferPath && lines[0].requestId == "mine\"")
                #expect(lines[0].status == 201 && lines[0].received == 8 && lines[0].sent == 4 && lines[0].ms > 0)
                #expect(lines[0].time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
                #expect(lines[1].status == 404 && lines[1].refused == "not_routed" && lines[1].deployment == nil)
                #expect(lines[1].path == "/nothing/here/v2")
                #expect(lines[2].status == 200 && lines[2].ended == "broken" && lines[2].sent == 4)
                #expect(lines[3].status == nil && lines[3].ended == "cancelled")
            }
            #expect(try !String(contentsOf: file, encoding: .utf8).contains("secret"))
            let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test func `a file that was moved away is made anew, and what came before stays with the old one`() async throws {
        let upstream = try RawUpstream(answering: "ok")
        defer { upstream.stop() }
        try await withTemporaryFolder { (folder) async throws in
            let (file, old) = (folder.appending(path: "access.log"), folder.appending(path: "access.log.1"))
            try await withGateway([churn(upstream.port)], accessLog: file.path) { (gateway) async throws in
                _ = try await gateway.ask(post("{}"))
                _ = try await Self.wait(for: 1, in: file)
                try FileManager.default.moveItem(at: file, to: old)
                _ = try await gateway.ask(post("{}"))
                #expect(await eventually { FileManager.default.fileExists(atPath: file.path) })
                #expect(try await Self.wait(for: 1, in: file).count == 1)
                #expect(try Self.lines(old).count == 1)
            }
        }
    }

    @Test func `a disk without room costs lines, which are counted, and no answer`() async throws {
        let upstream = try RawUpstream(answering: "ok")
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)], accessLog: "/dev/full") { (gateway) async throws in
            for _ in 0..<3 { #expect(try await gateway.ask(post("{}")).head.hasPrefix("HTTP/1.1 200")) }
            #expect(await eventually { gateway.gateway.server.droppedAccessLines == 3 })
        }
    }

    @Test func `a file that cannot be opened is an error at the start`() async throws {
        await #expect {
            try await withGateway(accessLog: "/nowhere/access.log") { _ in }
        } throws: { error in
            "\(error)".contains(
                "gateway: the access log '/nowhere/access.log' cannot be opened: No such file or directory")
        }
    }

    @Test func `what finds no room is left out, line by line whole`() throws {
        let log = try AccessLog(path: "/dev/null")
        let large = [UInt8](repeating: 0x61, count: AccessLog.limit + 1)
        log.take(large, lines: 7)
        #expect(log.dropped.load(ordering: .relaxed) == 7)
    }
}

import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillGateway

/// What an analysis is told of a running gateway.
@Suite struct CountsTests {
    private static let key = "production/churn"

    private func counts(_ gateway: GatewayHarness) async throws -> GatewayCounts {
        try #require(await gateway.client.counts(of: try DeploymentKey(parsing: Self.key)))
    }

    @Test func `answers are told by revision in full, with what failed and how long it took`() async throws {
        let (stable, canary) = (
            try RawUpstream(answering: "stable"),
            try RawUpstream { connection, _ in
                while true {
                    _ = try connection.readMessage()
                    try connection.send("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n")
                }
            }
        )
        defer {
            stable.stop()
            canary.stop()
        }
        let route = divided(("a", 50, stable.port), ("b", 50, canary.port), speaking: .openai)
        try await withGateway([route], loops: 2) { (gateway) async throws in
            for _ in 0..<20 { _ = try await gateway.ask(post("{}", to: "/production/churn/v1/completions")) }
            let counts = try await counts(gateway)
            #expect(counts.isWhole && !counts.epoch.isEmpty)
            #expect(counts.revisions["a"]?.codes == [0, 10, 0, 0, 0])
            #expect(counts.revisions["b"]?.codes == [0, 0, 0, 0, 10])
            #expect(counts.revisions["b"]?.times.reduce(0, +) == 10)
            #expect(counts.revisions.values.allSatisfy { $0.broken == 0 && $0.abandoned.allSatisfy { $0 == 0 } })
        }
    }

    @Test func `an answer that its replica breaks off is counted as that, and as no answer`() async throws {
        let upstream = try RawUpstream { connection, _ in
            _ = try connection.readMessage()
            try connection.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
        }
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            _ = try? await gateway.ask(post("{}"))
            #expect(
                try await eventually { try await counts(gateway).revisions.values.contains { $0.broken == 1 } })
            #expect(try await counts(gateway).revisions.values.allSatisfy { $0.codes == [0, 0, 0, 0, 0] })
        }
    }

    @Test func `a client that gives up is told by how long it waited`() async throws {
        let upstream = try RawUpstream { connection, _ in
            _ = try connection.readMessage()
            _ = try? connection.readMessage()
        }
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            let socket = try PlainSocket(connectingTo: gateway.port)
            try socket.send(post("{}"))
            #expect(await eventually { await gateway.client.status()?.outstanding.isEmpty == false })
            socket.close()
            #expect(
                try await eventually {
                    try await counts(gateway).revisions.values.contains { $0.abandoned.reduce(0, +) == 1 }
                })
        }
    }

    @Test func `a deployment that is not routed, and a gateway that is not there, tell nothing`() async throws {
        let other = try DeploymentKey(parsing: "production/other")
        try await withGateway([churn(1)]) { (gateway) async throws in
            #expect(await gateway.client.counts(of: other) == nil)
            let counts = try await counts(gateway)
            #expect(counts.revisions.values.allSatisfy { $0 == .zero })
        }
        try await withTemporaryFolder { folder in
            #expect(await GatewayClient(stateFolder: folder.path).counts(of: other) == nil)
        }
    }

    @Test func `counts go on over tables, and each process has an epoch of its own`() async throws {
        let upstream = try RawUpstream(answering: "ok")
        defer { upstream.stop() }
        var epochs: Set<String> = []
        for _ in 0..<2 {
            try await withGateway([churn(upstream.port)]) { (gateway) async throws in
                _ = try await gateway.ask(post("{}"))
                let before = try await counts(gateway)
                try await gateway.route([churn(upstream.port, upstream.port + 1)], generation: 2)
                _ = try await gateway.ask(post("{}"))
                let after = try await counts(gateway)
                #expect(after.epoch == before.epoch)
                for (revision, counts) in before.revisions {
                    #expect(after.revisions[revision]?.since(counts) != nil)
                }
                epochs.insert(after.epoch)
            }
        }
        #expect(epochs.count == 2)
    }

    @Test func `while the process before it still answers, counts are not whole`() async throws {
        try await withGateway([churn(1)]) { (gateway) async throws in
            gateway.gateway.server.setPredecessor(HandOver.Report(generation: 1, outstanding: [:]))
            #expect(try await counts(gateway).isWhole == false)
            gateway.gateway.server.setPredecessor(nil)
            #expect(try await counts(gateway).isWhole)
        }
    }
}

import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillGateway

@Suite struct StatusTests {
    @Test func `the status names the table, the process and the address`() async throws {
        try await withGateway([churn(1, 2)]) { (gateway) async throws in
            let status = try #require(await gateway.client.status())
            #expect(
                status
                    == GatewayStatus(
                        generation: 1, pid: getpid(), address: "127.0.0.1:\(gateway.port)", build: "test",
                        rotation: ["production/churn": ["r0", "r1"]], tableFormat: 3))
        }
    }

    @Test func `a rotation that was sent is not sent again, and a new one is`() async throws {
        try await withGateway([churn(1, 2)]) { (gateway) async throws in
            let first = try JSONDecoder().decode(
                GatewayStatus.self, from: Data(SocketRequest.page("/status", of: gateway.folder).utf8))
            let mark = try #require(first.rotationMark)
            let again = try SocketRequest.page("/status?without-rotation=\(mark)", of: gateway.folder)
            #expect(again.contains("\"rotation\":{},\"rotationMark\":\"\(mark)\""), "\(again)")
            let other = try SocketRequest.page("/status?without-rotation=0", of: gateway.folder)
            #expect(other.contains("\"production/churn\":[\"r0\",\"r1\"]"))
            for _ in 0..<2 { #expect(await gateway.client.status()?.rotation == ["production/churn": ["r0", "r1"]]) }
            try await gateway.route([churn(1)], generation: 2)
            #expect(await gateway.client.status()?.rotation == ["production/churn": ["r0"]])
        }
    }

    @Test func `nobody answers for a gateway that is not there`() async throws {
        try await withTemporaryFolder { folder in
            #expect(await GatewayClient(stateFolder: folder.path).status() == nil)
        }
    }

    @Test func `the sockets and the lock are for their owner only`() async throws {
        try await withGateway { (gateway) async throws in
            for name in ["gateway.sock", "gateway.handover", "gateway.lock"] {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(gateway.folder)/\(name)")
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(name)")
            }
        }
    }

    @Test func `counts are told by deployment and class`() async throws {
        let upstream = try RawUpstream(answering: "ok")
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)], loops: 2) { (gateway) async throws in
            for _ in 0..<5 { _ = try await gateway.ask(post("{}")) }
            _ = try await gateway.ask(get("/production/churn/v2/models/other"))
            _ = try await gateway.ask(get("/nowhere"))
            let page = try SocketRequest.page("/metrics", of: gateway.folder)
            let labels = "environment=\"production\",deployment=\"churn\""
            for line in [
                "waybill_gateway_requests_total{\(labels),code=\"2xx\"} 5",
                "waybill_gateway_requests_total{\(labels),code=\"4xx\"} 1",
                "waybill_gateway_request_duration_seconds_count{\(labels)} 6",
                "waybill_gateway_request_duration_seconds_bucket{\(labels),le=\"+Inf\"} 6",
                "waybill_gateway_refusals_total{reason=\"not_routed\"} 1",
                "waybill_gateway_refusals_total{reason=\"not_served\"} 1", "waybill_gateway_table_generation 1",
                "waybill_gateway_table_refused 0",
            ] {
                #expect(page.contains(line + "\n"), "\(line)")
            }
            #expect(try SocketRequest.page("/healthz", of: gateway.folder) == "ok\n")
        }
    }

    @Test func `counts are told by revision, with the shares, and of the last few that left`() async throws {
        let (stable, canary) = (try RawUpstream(answering: "s"), try RawUpstream.deaf())
        defer { stable.stop() }
        try await withGateway([divided(("s", 90, stable.port), ("c", 10, canary.port))], loops: 2) {
            (gateway) async throws in
            for _ in 0..<10 { #expect(try await gateway.ask(post("{}")).text == "s") }
            func labels(_ revision: String) -> String {
                "environment=\"production\",deployment=\"churn\",revision=\"\(revision)\",version=\"\(revision)\""
            }
            var page = try SocketRequest.page("/metrics", of: gateway.folder)
            for line in [
                "requests_total{\(labels("s")),code=\"2xx\"} 10", "request_duration_seconds_count{\(labels("s"))} 10",
                "request_duration_seconds_bucket{\(labels("s")),le=\"+Inf\"} 10", "weight{\(labels("s"))} 90",
                "weight{\(labels("c"))} 10", "upstream_failures_total{\(labels("c"))} 1",
            ] {
                #expect(page.contains("waybill_gateway_revision_\(line)\n"), "\(line)")
            }
            #expect(!page.contains("requests_total{\(labels("c"))"))
            try await gateway.route([divided(("s", 100, stable.port))], generation: 2)
            page = try SocketRequest.page("/metrics", of: gateway.folder)
            #expect(page.contains("revision_upstream_failures_total{\(labels("c"))} 1\n"))
            #expect(!page.contains("revision_weight{\(labels("c"))"))
            #expect(page.contains("revision_weight{\(labels("s"))} 100\n"))
        }
    }

    @Test func `series of revisions are bounded, and one that comes back counts on`() {
        let registry = BackendRegistry()
        func serve(_ number: Int) {
            _ = registry.snapshot(of: RouteTable(generation: 1, routes: [divided(("r\(number)", 100, 1))]))
        }
        for number in 0..<50 { serve(number) }
        #expect(registry.revisionReadings.map(\.revision).sorted() == ["r45", "r46", "r47", "r48", "r49"])
        serve(47)
        #expect(registry.revisionReadings.map(\.revision).sorted() == ["r45", "r46", "r47", "r48", "r49"])
        serve(50)
        #expect(registry.revisionReadings.map(\.revision).sorted() == ["r46", "r47", "r48", "r49", "r50"])
        _ = registry.snapshot(of: RouteTable(generation: 2, routes: []))
        #expect(registry.revisionReadings.isEmpty)
    }

    @Test func `a state folder with a long path works`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.path + "/" + String(repeating: "long-", count: 30)
            let gateway = try await RunningGateway.start(
                GatewayConfiguration(stateFolder: path, port: 0, loops: 1, limits: .forTests))
            #expect(await GatewayClient(stateFolder: path).status()?.generation == 0)
            await gateway.stop()
        }
    }
}

extension SocketRequest {
    fileprivate static func page(_ path: String, of folder: String) throws -> String {
        String(decoding: try get(path, at: folder + "/gateway.sock", limit: 1_000_000), as: UTF8.self)
    }
}

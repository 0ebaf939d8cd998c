import Testing
import WaybillCore
import WaybillEngine
import WaybillTestSupport

struct RoutePublisherTests {
    @Test func `rotations that come while a table is written share the next one`() async throws {
        let gateway = FakeGateway()
        let ports = PublishedPorts(table: nil, clock: FakeClock())
        let publisher = RoutePublisher(gateway: gateway, resuming: nil, ports: ports)
        let ticket = try await RecordedLedger().ticket()
        let keys = try (0..<20).map { try Named.key("production/model-\($0)") }
        gateway.turnstile.close()
        let generations = try await withThrowingTaskGroup(of: UInt64.self) { group in
            for key in keys {
                group.addTask {
                    try await publisher.publish(.init(key: key, route: Self.route(key, port: 9000)), ticket: ticket)
                }
            }
            try await eventually("the first is under way") { gateway.turnstile.waiting == 1 }
            try await eventually("the others wait") { await publisher.waitingCount == keys.count - 1 }
            gateway.turnstile.open()
            return try await group.reduce(into: [UInt64]()) { $0.append($1) }
        }
        #expect(Set(generations) == [1, 2])
        #expect(gateway.published == 2)
        #expect(gateway.table.keys == Set(keys))
        #expect(await publisher.hasRoute(keys[3]))
    }

    @Test func `a removed route is gone from the next table and its port stays taken for a while`() async throws {
        let gateway = FakeGateway()
        let key = try Named.key()
        let table = RouteTable(generation: 7, routes: [Self.route(key, port: 9001)])
        let ports = PublishedPorts(table: table, clock: FakeClock())
        let publisher = RoutePublisher(gateway: gateway, resuming: table, ports: ports)
        let generation = try await publisher.publish(
            .init(key: key, route: nil), ticket: try await RecordedLedger().ticket())
        #expect(generation == 8)
        #expect(gateway.table.routes == [])
        #expect(!(await publisher.hasRoute(key)))
        #expect(ports.ports == [9001])
    }

    @Test func `the commits that a table tells are known by revision, also after a restart`() async throws {
        let key = try Named.key()
        var route = Self.route(key, port: 9001)
        route.backends.append(.init(replica: "b", revision: "s", version: "1.0.0", port: 9002, commit: "c0ffee"))
        let table = RouteTable(generation: 7, routes: [route])
        let publisher = RoutePublisher(
            gateway: FakeGateway(), resuming: table, ports: PublishedPorts(table: table, clock: FakeClock()))
        #expect(await publisher.commits(of: key) == ["s": "c0ffee"])
        #expect(await publisher.commits(of: try Named.key("production/other")) == [:])
    }

    private static func route(_ key: DeploymentKey, port: Int) -> RouteTable.Route {
        RouteTable.Route(
            environment: key.environment.text, deployment: key.name.text, servingProtocol: "oip-v2", paths: [],
            versions: ["1.0.0"],
            backends: [.init(replica: "\(key)", revision: "r", version: "1.0.0", port: port)])
    }
}

import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

@Suite struct ControlServerTests {
    @Test func `a list comes with its generation`() async throws {
        let controller = FakeController()
        controller.show([try Samples.deployment()])
        try await withServer(controller) { client, _ in
            let listing = try await client.list(DeploymentView.self)
            let expected = try Samples.deployment()
            #expect(listing.items == [expected])
            #expect(listing.generation == controller.changes.generation)
        }
    }

    @Test func `a watcher is answered when something changes and not before`() async throws {
        let controller = FakeController()
        try await withServer(controller) { client, _ in
            let first = try await client.list(DeploymentView.self)
            async let next = client.list(DeploymentView.self, after: first.generation)
            controller.show([try Samples.deployment(ready: 0)])
            let listing = try await next
            #expect(listing.items.map(\.status) == ["NotReady"])
            #expect(listing.generation > first.generation)
        }
    }

    @Test func `a command arrives with the user that the kernel names`() async throws {
        let controller = FakeController()
        let key = try Samples.key()
        try await withServer(controller) { client, _ in
            let result = try await client.perform(.pause(key, reason: "incident 12"))
            #expect(result.message == "pause done")
        }
        #expect(controller.commands.map(\.0) == [.pause(key, reason: "incident 12")])
        guard case .unixUser(let uid, let name) = controller.commands.first?.1 else {
            Issue.record("no Unix user")
            return
        }
        #expect(uid == getuid())
        #expect(uid != 0 || name == "root")
    }

    @Test func `a failure of the controller reaches the client as it was`() async throws {
        let key = try Samples.key()
        try await withServer(FakeController()) { client, _ in
            await #expect(
                throws: Failure(.stall, reason: "LedgerUnavailable", message: "the ledger cannot be written: disk full")
            ) {
                try await client.perform(.retry(key))
            }
            await #expect(
                throws: Failure(.stall, reason: "NotFound", message: "there is no deployment production/churn")
            ) {
                try await client.describe(key)
            }
        }
    }

    @Test func `the socket is closed to others, and the folder stays as it is`() async throws {
        try await withTemporaryFolder { folder in
            #expect(chmod(folder.path, 0o711) == 0)
            // What a controller that died while it started left.
            #expect(mkdir(folder.path + "/.control", 0o755) == 0)
            let server = ControlServer(
                interface: FakeController(), stateFolder: folder.path, build: "0.2.0", logger: silentLogger)
            try await running({ try await server.run(onListening: $0) }) {
                _ = try await ControlClient(stateFolder: folder.path).build()
                var status = stat()
                #expect(stat(folder.path + "/control.sock", &status) == 0)
                #expect(status.st_mode & 0o777 == 0o600)
                #expect(stat(folder.path, &status) == 0)
                #expect(status.st_mode & 0o777 == 0o711)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["control.sock"])
            }
        }
    }

    @Test func `a socket that a dead controller left is replaced`() async throws {
        try await withTemporaryFolder { folder in
            let stale = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: (folder.path + "/control.sock").utf8) }
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(stale, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            #expect(bound == 0)
            close(stale)
            await #expect(throws: Failure.self) { try await ControlClient(stateFolder: folder.path).build() }
            let server = ControlServer(
                interface: FakeController(), stateFolder: folder.path, build: "0.2.0", logger: silentLogger)
            try await running({ try await server.run(onListening: $0) }) {
                let build = try await ControlClient(stateFolder: folder.path).build()
                #expect(build == "0.2.0")
            }
        }
    }

    @Test func `no controller is told with the place and at once`() async throws {
        try await withTemporaryFolder { folder in
            let start = ContinuousClock.now
            await #expect(
                throws: Failure(
                    .stall, reason: "NoController",
                    message: "no controller runs in \(folder.path): nothing answers at \(folder.path)/control.sock")
            ) {
                try await ControlClient(stateFolder: folder.path).status()
            }
            // Once it took the client's whole deadline of a minute.
            #expect(ContinuousClock.now - start < .seconds(30))
        }
    }

    @Test func `a state folder too long for a socket is told`() async throws {
        let folder = "/" + String(repeating: "x", count: 120)
        await #expect(
            throws: Failure(
                .stall, reason: "StateFolderTooLong",
                message: "\(folder)/control.sock: a socket's path may have 103 bytes and this one has 134; "
                    + "choose a shorter state folder")
        ) {
            try await ControlClient(stateFolder: folder).status()
        }
    }

    @Test func `history comes newest first and in pages`() async throws {
        let controller = FakeController()
        for index in 0..<5 { controller.append(Samples.event(UInt64(index))) }
        let key = try Samples.key()
        try await withServer(controller) { client, _ in
            let answer1 = try await client.history(of: key, limit: 2)
            #expect(answer1.map(\.index) == [4, 3])
            let answer2 = try await client.history(of: key, before: 3, limit: 9)
            #expect(answer2.map(\.index) == [2, 1, 0])
        }
    }

    @Test func `events are followed as they come`() async throws {
        let controller = FakeController()
        for index in 0..<3 { controller.append(Samples.event(UInt64(index))) }
        try await withServer(controller) { client, _ in
            var seen: [UInt64] = []
            try await client.events(from: 1, follow: true) { event in
                seen.append(event.index)
                if seen == [1, 2] { controller.append(Samples.event(3)) }
                return event.index < 3
            }
            #expect(seen == [1, 2, 3])
        }
    }
}

import Foundation
import Testing
import WaybillCore
import WaybillGateway
import WaybillTestSupport

/// The gateway as a process of its own.
@Suite struct ProcessTests {
    /// Beside the tests, as the package builds it.
    private static var tool: URL {
        Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL.deletingLastPathComponent()
            .appending(path: "gateway-tool")
            ?? URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "gateway-tool")
    }

    private static func spawn(
        _ folder: URL, port: Int = 0, takeOver: Bool = false, descriptors: Int? = nil
    ) throws -> Process {
        let process = Process()
        let words = [folder.path, "\(port)", "1"] + (takeOver ? ["--take-over"] : [])
        process.executableURL = descriptors == nil ? tool : URL(filePath: "/bin/sh")
        process.arguments =
            descriptors.map { ["-c", "ulimit -n \($0) && exec \"$0\" \"$@\"", tool.path] + words } ?? words
        process.standardError = Pipe()
        try process.run()
        return process
    }

    private static func status(_ folder: URL, of pid: Int32) async throws -> GatewayStatus {
        let client = GatewayClient(stateFolder: folder.path)
        var found: GatewayStatus?
        let isUp = await eventually {
            found = await client.status()
            return found?.pid == pid
        }
        guard isUp, let found else { throw PlainSocket.Problem(description: "no gateway with pid \(pid)") }
        return found
    }

    private static func port(_ status: GatewayStatus) throws -> Int {
        try #require(status.address.split(separator: ":").last.flatMap { Int($0) })
    }

    private static func end(_ process: Process, signal number: Int32 = SIGTERM) async throws -> Int32 {
        kill(process.processIdentifier, number)
        return try await onThread {
            process.waitUntilExit()
            return process.terminationStatus
        }
    }

    private static func publish(_ routes: [RouteTable.Route], in folder: URL) async throws {
        let table = RouteTable(generation: 1, routes: routes)
        try await GatewayClient(stateFolder: folder.path).publish(table, ticket: try await ticket())
    }

    @Test func `a newer gateway takes over under load and nothing is lost`() async throws {
        let upstream = try RawUpstream(answering: "ok")
        defer { upstream.stop() }
        try await withTemporaryFolder { folder in
            try await Self.publish([churn(upstream.port)], in: folder)
            var gateway = try Self.spawn(folder)
            let port = try Self.port(try await Self.status(folder, of: gateway.processIdentifier))
            let load = LoadGenerator(
                port: port, path: inferPath, body: "{}", connections: 8, pause: 0, requestsPerConnection: 50)
            let tally = try await load.run {
                for _ in 0..<5 {
                    let next = try Self.spawn(folder, port: port, takeOver: true)
                    _ = try await Self.status(folder, of: next.processIdentifier)
                    let old = gateway
                    // The old one ends by itself once its connections have asked a last time.
                    #expect(await eventually { !old.isRunning })
                    if !old.isRunning { #expect(old.terminationStatus == 0) }
                    gateway = next
                }
            }
            #expect(tally.isFlawless, "\(tally)")
            #expect(try await Self.end(gateway) == 0)
        }
    }

    @Test func `what the older one still does is seen through the newer`() async throws {
        let gate = DispatchSemaphore(value: 0)
        let upstream = try RawUpstream { connection, _ in
            _ = try connection.readMessage()
            gate.wait()
            try connection.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nslow")
        }
        defer { upstream.stop() }
        try await withTemporaryFolder { folder in
            try await Self.publish([churn(upstream.port)], in: folder)
            let old = try Self.spawn(folder)
            let port = try Self.port(try await Self.status(folder, of: old.processIdentifier))
            async let slow = onThread {
                let socket = try PlainSocket(connectingTo: port)
                try socket.send(post("{}"))
                return try socket.readMessage().text
            }
            let client = GatewayClient(stateFolder: folder.path)
            #expect(await eventually { await client.status()?.outstanding == ["r0": 1] })
            let new = try Self.spawn(folder, port: port, takeOver: true)
            #expect(try await Self.status(folder, of: new.processIdentifier).outstanding == ["r0": 1])
            gate.signal()
            #expect(try await slow == "slow")
            #expect(await eventually { await client.status()?.outstanding == [:] })
            #expect(await eventually { !old.isRunning })
            #expect(try await Self.end(new) == 0)
        }
    }

    @Test func `a second gateway is told who serves the folder`() async throws {
        try await withTemporaryFolder { folder in
            let first = try Self.spawn(folder)
            _ = try await Self.status(folder, of: first.processIdentifier)
            let second = try Self.spawn(folder)
            let pipe = try #require(second.standardError as? Pipe)
            let words = try await onThread { [handle = pipe.fileHandleForReading] in handle.readDataToEndOfFile() }
            #expect(
                String(decoding: words, as: UTF8.self)
                    == "gateway: another gateway (pid \(first.processIdentifier)) serves this state folder; stop it, "
                    + "or start this one with --take-over to replace it without losing a request\n")
            #expect(
                try await onThread {
                    second.waitUntilExit(); return second.terminationStatus
                } == 1)
            #expect(try await Self.end(first) == 0)
        }
    }

    @Test func `told to stop, it finishes what is under way`() async throws {
        let gate = DispatchSemaphore(value: 0)
        let upstream = try RawUpstream { connection, _ in
            _ = try connection.readMessage()
            gate.wait()
            try connection.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nlast")
        }
        defer { upstream.stop() }
        try await withTemporaryFolder { folder in
            try await Self.publish([churn(upstream.port)], in: folder)
            let gateway = try Self.spawn(folder)
            let port = try Self.port(try await Self.status(folder, of: gateway.processIdentifier))
            async let answer = onThread {
                let socket = try PlainSocket(connectingTo: port)
                try socket.send(post("{}"))
                return try socket.readMessage()
            }
            let client = GatewayClient(stateFolder: folder.path)
            #expect(await eventually { await client.status()?.outstanding == ["r0": 1] })
            kill(gateway.processIdentifier, SIGTERM)
            #expect(await eventually { (try? PlainSocket(connectingTo: port)) == nil })
            gate.signal()
            let last = try await answer
            #expect(last.text == "last")
            #expect(last.values("connection") == ["close"])
            #expect(
                try await onThread {
                    gateway.waitUntilExit(); return gateway.terminationStatus
                } == 0)
        }
    }

    @Test func `after a kill the next one serves the same table on the same port`() async throws {
        let upstream = try RawUpstream(answering: "ok")
        defer { upstream.stop() }
        try await withTemporaryFolder { folder in
            try await Self.publish([churn(upstream.port)], in: folder)
            let first = try Self.spawn(folder)
            let port = try Self.port(try await Self.status(folder, of: first.processIdentifier))
            _ = try await Self.end(first, signal: SIGKILL)
            #expect(await GatewayClient(stateFolder: folder.path).status() == nil)
            // With nobody there to take over from, it starts as any other.
            let second = try Self.spawn(folder, port: port, takeOver: true)
            _ = try await Self.status(folder, of: second.processIdentifier)
            let text = try await onThread {
                let socket = try PlainSocket(connectingTo: port)
                try socket.send(post("{}"))
                return try socket.readMessage().text
            }
            #expect(text == "ok")
            #expect(try await Self.end(second) == 0)
        }
    }

    /// Hundredths of a second of processor time, of the process and in the kernel (proc(5)).
    private static func ticks(_ process: Process) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)
        let fields = try #require(text.components(separatedBy: ") ").last).split(separator: " ")
        return try #require(Int(fields[11])) + #require(Int(fields[12]))
    }

    @Test func `a gateway without descriptors refuses, lives on and serves again`() async throws {
        let upstream = try RawUpstream(answering: "ok")
        defer { upstream.stop() }
        try await withTemporaryFolder { folder in
            let gateway = try Self.spawn(folder, descriptors: 64)
            let port = try Self.port(try await Self.status(folder, of: gateway.processIdentifier))
            try await onThread {
                // More than it can accept; the system queues the rest.
                var crowd = try (0..<100).map { _ in try PlainSocket(connectingTo: port) }
                for socket in crowd { try? socket.send(get("/x")) }
                _ = try crowd[0].readMessage()
                // One that tried again and again would use the whole second; one that pauses uses next to nothing.
                let before = try Self.ticks(gateway)
                Thread.sleep(forTimeInterval: 1)
                #expect(try Self.ticks(gateway) - before < 10)
                crowd.removeAll()
            }
            // What it could not have read while it was full is read now.
            try await Self.publish([churn(upstream.port)], in: folder)
            let isServing = await eventually {
                let text = try? await onThread {
                    let socket = try PlainSocket(connectingTo: port)
                    try socket.send(post("{}"))
                    return try socket.readMessage().text
                }
                return text == "ok"
            }
            #expect(isServing)
            #expect(gateway.isRunning)
            #expect(try await Self.end(gateway) == 0)
        }
    }

    @Test func `hangups do not end it`() async throws {
        try await withTemporaryFolder { folder in
            let gateway = try Self.spawn(folder)
            _ = try await Self.status(folder, of: gateway.processIdentifier)
            kill(gateway.processIdentifier, SIGHUP)
            kill(gateway.processIdentifier, SIGPIPE)
            #expect(await GatewayClient(stateFolder: folder.path).status()?.pid == gateway.processIdentifier)
            #expect(try await Self.end(gateway) == 0)
        }
    }
}

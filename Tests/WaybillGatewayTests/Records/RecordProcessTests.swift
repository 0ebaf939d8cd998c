import Foundation
import Glibc
import Synchronization
import Testing
import WaybillCore
import WaybillTestSupport
import WaybillTrust

@testable import WaybillGateway

/// Records of gateways that are processes of their own: killed, and replaced by newer ones.
@Suite struct RecordProcessTests {
    private static var tool: URL {
        Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL.deletingLastPathComponent()
            .appending(path: "gateway-tool")
            ?? URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "gateway-tool")
    }

    private static func spawn(_ folder: URL, port: Int = 0, takeOver: Bool = false) async throws -> (Process, Int) {
        let process = Process()
        process.executableURL = tool
        process.arguments = [folder.path, "\(port)", "2"] + (takeOver ? ["--take-over"] : [])
        try process.run()
        let client = GatewayClient(stateFolder: folder.path)
        var found: GatewayStatus?
        let isUp = await eventually {
            found = await client.status()
            return found?.pid == process.processIdentifier
        }
        let address = found?.address.split(separator: ":").last.flatMap { Int($0) }
        guard isUp, let address else { throw PlainSocket.Problem(description: "the gateway does not start") }
        return (process, address)
    }

    private static func end(_ process: Process, _ number: Int32) async throws {
        kill(process.processIdentifier, number)
        try await onThread { process.waitUntilExit() }
    }

    private final class Load: Sendable {
        let ids = Mutex<[RecordID]>([])
        let isOver = Atomic<Bool>(false)
        let running = Atomic<Int>(4)
    }

    /// Asks on some connections while `body` runs; the ids of answers that came whole.
    private static func load(_ port: Int, while body: () async throws -> Void) async throws -> [RecordID] {
        let state = Load()
        for number in 0..<4 {
            let thread = Thread {
                defer { state.running.wrappingSubtract(1, ordering: .releasing) }
                while !state.isOver.load(ordering: .relaxed) {
                    guard let socket = try? PlainSocket(connectingTo: port) else { continue }
                    while !state.isOver.load(ordering: .relaxed) {
                        guard (try? socket.send(post("{\"n\": \(number)}"))) != nil,
                            let answer = try? socket.readMessage(), answer.status == 200, answer.text == "[1]",
                            let id = answer.predictionID
                        else { break }
                        state.ids.withLock { $0.append(id) }
                    }
                    socket.close()
                }
            }
            thread.start()
        }
        defer { state.isOver.store(true, ordering: .relaxed) }
        try await body()
        state.isOver.store(true, ordering: .relaxed)
        _ = await eventually { state.running.load(ordering: .acquiring) == 0 }
        return state.ids.withLock { $0 }
    }

    private static func publish(_ policy: RecordingPolicy, _ port: Int, in folder: URL) async throws {
        let table = RouteTable(generation: 1, routes: [recorded(churn(port), policy)])
        try await GatewayClient(stateFolder: folder.path).publish(table, ticket: try await ticket())
    }

    @Test func `a killed gateway loses no record of what it answered, where records are required`() async throws {
        let upstream = try RawUpstream(answering: "[1]")
        defer { upstream.stop() }
        try await withTemporaryFolder { (folder) async throws in
            try await Self.publish(RecordingPolicy(mode: .required), upstream.port, in: folder)
            var answered: [RecordID] = []
            for _ in 0..<3 {
                let (gateway, port) = try await Self.spawn(folder)
                answered += try await Self.load(port) {
                    try await Task.sleep(for: .milliseconds(300))
                    try await Self.end(gateway, SIGKILL)
                }
            }
            let (last, _) = try await Self.spawn(folder)
            let store = SegmentStore(folder)
            #expect(await eventually { store.names.list(".open").isEmpty })
            try await Self.end(last, SIGTERM)
            #expect(answered.count > 10)
            let recorded = Set(try store.all().map(\.id))
            #expect(answered.count { !recorded.contains($0) } == 0)
            for segment in store.names.list(".segment") { _ = try store.verified(segment) }
            // One that is killed before its first answer leaves none.
            #expect((1...3).contains(store.names.list(".segment").count))
        }
    }

    @Test func `while a newer gateway takes over each has its own segments, and nothing is recorded twice or lost`()
        async throws
    {
        let upstream = try RawUpstream(answering: "[1]")
        defer { upstream.stop() }
        try await withTemporaryFolder { (folder) async throws in
            try await Self.publish(RecordingPolicy(mode: .bestEffort), upstream.port, in: folder)
            let (old, port) = try await Self.spawn(folder)
            let answered = try await Self.load(port) {
                try await Task.sleep(for: .milliseconds(200))
                let (new, _) = try await Self.spawn(folder, port: port, takeOver: true)
                #expect(await eventually(within: 40) { !old.isRunning })
                try await Task.sleep(for: .milliseconds(200))
                try await Self.end(new, SIGTERM)
            }
            let store = SegmentStore(folder)
            let recorded = try store.all().map(\.id)
            #expect(Set(recorded).count == recorded.count)
            #expect(Set(answered).subtracting(recorded).isEmpty)
            let headers = try store.names.list(".segment").map { try store.verified($0).header }
            #expect(headers.count == 2 && Set(headers.map(\.writer)).count == 2)
            #expect(store.names.list(".open").isEmpty)
        }
    }
}

import Foundation
import Logging
import WaybillAPI
import WaybillTestSupport

/// Runs a control server over `controller` while `body` asks it, in a state folder of its own.
func withServer(
    _ controller: FakeController, _ body: @escaping @Sendable (ControlClient, URL) async throws -> Void
) async throws {
    try await withTemporaryFolder { folder in
        let server = ControlServer(
            interface: controller, stateFolder: folder.path, build: "0.1.0", logger: silentLogger)
        try await running({ try await server.run(onListening: $0) }) {
            try await body(ControlClient(stateFolder: folder.path), folder)
        }
    }
}

let silentLogger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

/// Runs `server` until `body` has ended, which begins once the server listens.
func running(
    _ server: @escaping @Sendable (@escaping @Sendable () async -> Void) async throws -> Void,
    _ body: @escaping @Sendable () async throws -> Void
) async throws {
    let (listening, signal) = AsyncStream.makeStream(of: Void.self)
    try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask {
            defer { signal.finish() }
            try await server { signal.yield() }
            return false
        }
        group.addTask {
            for await _ in listening {
                try await body()
                return true
            }
            return false
        }
        // The server alone ends first only when it could not start; the next result then throws or says so.
        while let isDone = try await group.next(), !isDone {}
        group.cancelAll()
    }
}

import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle
import WaybillCore

extension Response {
    /// An answer of JSON lines that `write` gives until it returns or the peer has gone.
    static func lines(_ write: @escaping @Sendable (inout any ResponseBodyWriter) async throws -> Void) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/x-ndjson; charset=utf-8"],
            body: ResponseBody { writer in
                try await write(&writer)
                try await writer.finish(nil)
            })
    }
}

extension ResponseBodyWriter {
    mutating func write(lines views: [some Encodable]) async throws {
        guard !views.isEmpty else { return }
        var buffer = ByteBuffer()
        for view in views {
            buffer.writeBytes(try ControlJSON.encode(view))
            buffer.writeString("\n")
        }
        try await write(buffer)
    }

    /// An empty line: nothing for the reader, but a dead peer shows.
    mutating func writePulse() async throws {
        try await write(ByteBuffer(string: "\n"))
    }
}

/// Runs `work`, cancelled when the service group begins to shut down, so that watchers do not hold the server open.
func untilShutdown(_ work: @escaping @Sendable () async -> Void) async {
    await cancelWhenGracefulShutdown(work)
}

/// Events of the ledger as they come.
struct EventStream: Sendable {
    let interface: any ControllerInterface
    let from: LedgerIndex
    let follow: Bool

    static let batch = 500
    static let pulse: Duration = .seconds(10)

    func write(to writer: inout any ResponseBodyWriter) async throws {
        var next = from
        while !Task.isCancelled {
            // Taken before the read: what comes after it wakes the wait below.
            let seen = interface.changes.generation
            let events = try await interface.events(from: next, limit: Self.batch)
            try await writer.write(lines: events)
            if let last = events.last { next = last.index + 1 }
            if events.count == Self.batch { continue }
            guard follow, !Task.isShuttingDownGracefully else { return }
            let changes = interface.changes
            await atMost(Self.pulse) { await changes.wait(past: seen) }
            try await writer.writePulse()
        }
    }
}

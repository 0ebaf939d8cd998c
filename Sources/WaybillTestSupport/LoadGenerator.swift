import Foundation
import Synchronization

/// Steady load on one URL of a server on loopback, with every answer counted.
///
/// Nothing is retried and nothing forgiven: a request that was begun is either answered whole or counted as lost, with
/// the reason. A connection is kept as long as the server keeps it.
package struct LoadGenerator: Sendable {
    package struct Tally: Sendable, Equatable {
        package var begun = 0
        /// Whole answers by status.
        package var answers: [Int: Int] = [:]
        /// Whole answers by body, as long as there are fewer than 100 different ones.
        package var bodies: [String: Int] = [:]
        /// Requests without a whole answer, by reason.
        package var lost: [String: Int] = [:]

        package var answered: Int { answers.values.reduce(0, +) }
        /// Whether each request that was begun was answered with 200.
        package var isFlawless: Bool { begun > 0 && lost.isEmpty && answers == [200: begun] }

        fileprivate mutating func add(_ message: PlainSocket.Message) {
            answers[message.status, default: 0] += 1
            if bodies.count < 100 || bodies[message.text] != nil { bodies[message.text, default: 0] += 1 }
        }

        fileprivate mutating func add(_ other: Tally) {
            begun += other.begun
            answers.merge(other.answers, uniquingKeysWith: +)
            bodies.merge(other.bodies, uniquingKeysWith: +)
            lost.merge(other.lost, uniquingKeysWith: +)
        }
    }

    package var port: Int
    package var path: String
    /// POSTed as JSON; nil asks with GET.
    package var body: String?
    package var connections: Int
    /// Between an answer and the next request of a connection, in seconds.
    package var pause: Double
    /// Requests after which a connection is given up for a new one; nil: never.
    package var requestsPerConnection: Int?

    package init(
        port: Int, path: String, body: String? = nil, connections: Int = 4, pause: Double = 0.001,
        requestsPerConnection: Int? = nil
    ) {
        self.port = port
        self.path = path
        self.body = body
        self.connections = connections
        self.pause = pause
        self.requestsPerConnection = requestsPerConnection
    }

    /// Loads the server while `body` runs, then lets each request under way end, and says what became of all.
    package func run(while body: () async throws -> Void) async throws -> Tally {
        let state = RunState(workers: connections)
        for _ in 0..<connections {
            let thread = Thread { state.end(with: work(until: state)) }
            thread.stackSize = 512 * 1024
            thread.start()
        }
        do {
            try await body()
        } catch {
            _ = await state.stop()
            throw error
        }
        return await state.stop()
    }

    private func work(until state: RunState) -> Tally {
        var tally = Tally()
        var socket: PlainSocket?
        var served = 0
        while !state.isStopping {
            tally.begun += 1
            do {
                let connection = try socket ?? PlainSocket(connectingTo: port)
                try connection.send(request)
                let message = try connection.readMessage()
                tally.add(message)
                served += 1
                let mustClose = message.values("connection").contains("close") || served == requestsPerConnection
                socket = mustClose ? nil : connection
                if mustClose { served = 0 }
            } catch {
                tally.lost["\(error)", default: 0] += 1
                (socket, served) = (nil, 0)
            }
            if pause > 0 { Thread.sleep(forTimeInterval: pause) }
        }
        return tally
    }

    private var request: String {
        guard let body else { return "GET \(path) HTTP/1.1\r\nhost: localhost\r\n\r\n" }
        return "POST \(path) HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            + "content-length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}

/// What the threads of one run share.
private final class RunState: Sendable {
    private struct State {
        var isStopping = false
        var working: Int
        var tally = LoadGenerator.Tally()
        var waiter: CheckedContinuation<LoadGenerator.Tally, Never>?
    }

    private let state: Mutex<State>

    init(workers: Int) { state = Mutex(State(working: workers)) }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    func end(with tally: LoadGenerator.Tally) {
        state.withLock { state in
            state.tally.add(tally)
            state.working -= 1
            guard state.working == 0, let waiter = state.waiter.take() else { return }
            waiter.resume(returning: state.tally)
        }
    }

    func stop() async -> LoadGenerator.Tally {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                state.isStopping = true
                if state.working == 0 {
                    continuation.resume(returning: state.tally)
                } else {
                    state.waiter = continuation
                }
            }
        }
    }
}

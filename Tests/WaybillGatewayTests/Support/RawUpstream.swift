import Foundation
import Glibc
import Synchronization
import WaybillTestSupport

/// A backend on a free port of loopback whose every connection is served by a script on a thread of its own.
final class RawUpstream: Sendable {
    let port: Int
    private let listener: CInt
    private let state = Mutex((connections: 0, isStopped: false, open: [Int: PlainSocket]()))

    /// - Parameter script: called with each connection and its number, from 1; the connection closes when it returns.
    /// - Parameter isDeaf: keeps its port and refuses every connection.
    init(port: Int = 0, isDeaf: Bool = false, _ script: @escaping @Sendable (PlainSocket, Int) throws -> Void) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var yes: CInt = 1
        if !isDeaf { setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size)) }
        var address = sockaddr_in.loopback(port: port)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && (isDeaf || listen(listener, 1024) == 0)
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard result else { throw PlainSocket.Problem(description: String(cString: strerror(errno))) }
        self.listener = listener
        self.port = Int(UInt16(bigEndian: address.sin_port))
        guard !isDeaf else { return }
        let thread = Thread { [self] in accept(script) }
        thread.start()
    }

    /// Answers every request with 200 and `answer`.
    convenience init(answering answer: String) throws {
        try self.init { connection, _ in
            while case let request = try connection.readMessage(), !request.head.isEmpty {
                try connection.send("HTTP/1.1 200 OK\r\ncontent-length: \(answer.utf8.count)\r\n\r\n\(answer)")
            }
        }
    }

    /// Keeps a port on which nobody listens.
    static func deaf() throws -> RawUpstream { try RawUpstream(isDeaf: true) { _, _ in } }

    var connections: Int { state.withLock { $0.connections } }

    /// Stops listening and ends every connection.
    func stop() {
        state.withLock { state in
            guard !state.isStopped else { return }
            state.isStopped = true
            // The thread that accepts closes it: closed here, its number could be another's by the time of `accept`.
            shutdown(listener, Int32(SHUT_RDWR))
            for connection in state.open.values { connection.interrupt() }
        }
    }

    private func accept(_ script: @escaping @Sendable (PlainSocket, Int) throws -> Void) {
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else {
                close(listener)
                return
            }
            let connection = PlainSocket(adopting: descriptor)
            let number = state.withLock { state in
                state.connections += 1
                state.open[state.connections] = connection
                return state.connections
            }
            let thread = Thread { [self] in
                try? script(connection, number)
                _ = state.withLock { $0.open.removeValue(forKey: number) }
                connection.close()
            }
            thread.stackSize = 512 * 1024
            thread.start()
        }
    }
}

/// Runs blocking work on a thread of its own, so that tests never hold the threads that tasks share.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread { continuation.resume(with: Result { try body() }) }
        thread.start()
    }
}

/// Looks until `condition` holds; false when it does not within `seconds`.
func eventually(within seconds: Double = 15, _ condition: () async throws -> Bool) async rethrows -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return try await condition()
}

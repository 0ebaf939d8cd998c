import Foundation
import Glibc
import Synchronization
import WaybillCore
import WaybillTestSupport

/// A server on a free port of loopback that answers as its script says, one request a connection.
final class ScriptedRegistry: Sendable {
    struct Request: Sendable {
        var method: String
        var target: String
        var head: PlainSocket.Message
        var body: [UInt8] { head.body }

        func header(_ name: String) -> String? { head.values(name).first }
    }

    struct Answer: Sendable {
        var status = 200
        var headers: [String: String] = [:]
        var body: [UInt8] = []
        /// What is announced, when that is not the truth.
        var length: Int?
        /// Cut after so many bytes of the body.
        var cut: Int?

        static func text(_ status: Int, _ text: String = "", _ headers: [String: String] = [:]) -> Answer {
            Answer(status: status, headers: headers, body: Array(text.utf8))
        }
    }

    let port: Int
    private let listener: CInt
    private let state = Mutex((asked: [Request](), isStopped: false, count: 0, open: [Int: PlainSocket]()))

    init(_ script: @escaping @Sendable (Request) -> Answer) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isOpen = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard isOpen else { throw PlainSocket.Problem(description: String(cString: strerror(errno))) }
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread { [self] in accept(script) }.start()
    }

    /// Ends it when `body` has ended.
    static func with<Result>(
        _ script: @escaping @Sendable (Request) -> Answer, _ body: (ScriptedRegistry) async throws -> Result
    ) async throws -> Result {
        let server = try ScriptedRegistry(script)
        defer { server.stop() }
        return try await body(server)
    }

    var host: String { "127.0.0.1:\(port)" }
    var asked: [Request] { state.withLock { $0.asked } }

    func stop() {
        state.withLock { state in
            guard !state.isStopped else { return }
            state.isStopped = true
            shutdown(listener, Int32(SHUT_RDWR))
            for connection in state.open.values { connection.interrupt() }
        }
    }

    private func accept(_ script: @escaping @Sendable (Request) -> Answer) {
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else {
                close(listener)
                return
            }
            let connection = PlainSocket(adopting: descriptor)
            let number = state.withLock { state in
                state.count += 1
                state.open[state.count] = connection
                return state.count
            }
            Thread { [self] in
                try? serve(connection, script)
                // Before it is closed: its number may be another's right after.
                state.withLock { $0.open[number] = nil }
                connection.close()
            }.start()
        }
    }

    private func serve(_ connection: PlainSocket, _ script: (Request) -> Answer) throws {
        let message = try connection.readMessage()
        let line = message.head.prefix { $0 != "\r\n" }.split(separator: " ").map(String.init)
        guard line.count == 3 else { return }
        let request = Request(method: line[0], target: line[1], head: message)
        state.withLock { $0.asked.append(request) }
        let answer = script(request)
        var head = "HTTP/1.1 \(answer.status) X\r\nconnection: close\r\n"
        for (name, value) in answer.headers { head += "\(name): \(value)\r\n" }
        head += "content-length: \(answer.length ?? answer.body.count)\r\n\r\n"
        try connection.send(head)
        if request.method != "HEAD" { try connection.send(Array(answer.body.prefix(answer.cut ?? .max))) }
        connection.finishSending()
        // Until the client has seen the end.
        while case let rest = try connection.read(), !rest.isEmpty {}
    }
}

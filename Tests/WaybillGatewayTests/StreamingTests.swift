import Foundation
import Synchronization
import Testing
import WaybillCore
import WaybillGateway
import WaybillTestSupport

/// Bytes pass as they come, both ways, and no side's slowness is paid with memory.
@Suite struct StreamingTests {
    static let completions = "/production/churn/v1/chat/completions"

    @Test func `each event of a stream arrives before the next is made`() async throws {
        let upstream = try RawUpstream { connection, _ in
            _ = try connection.readMessage()
            try connection.send(
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
            // Each event waits for a word that only its reader can give, beside the stream.
            for number in 0..<5 {
                let event = "data: \(number)\n\n"
                try connection.send("\(String(event.utf8.count, radix: 16))\r\n\(event)\r\n")
                Self.gate.wait()
            }
            try connection.send("0\r\n\r\n")
        }
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port, speaking: .openai)]) { (gateway) async throws in
            let events = try await onThread { [port = gateway.port] in
                let socket = try PlainSocket(connectingTo: port)
                try socket.send(post("{}", to: Self.completions))
                _ = try socket.read(through: "\r\n\r\n")
                var events: [String] = []
                while let chunk = try socket.readChunk() {
                    events.append(String(decoding: chunk, as: UTF8.self))
                    Self.gate.signal()
                }
                return events
            }
            #expect(events == (0..<5).map { "data: \($0)\n\n" })
        }
    }

    private static let gate = DispatchSemaphore(value: 0)

    @Test func `both directions stream at once`() async throws {
        let upstream = try RawUpstream { connection, _ in
            _ = try connection.read(through: "\r\n\r\n")
            try connection.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            while let chunk = try connection.readChunk() {
                try connection.send(Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + [13, 10])
            }
            try connection.send("0\r\n\r\n")
        }
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port, speaking: .openai)]) { (gateway) async throws in
            let echoes = try await onThread { [port = gateway.port] in
                let socket = try PlainSocket(connectingTo: port)
                try socket.send("POST \(Self.completions) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                _ = try socket.read(through: "\r\n\r\n")
                var echoes: [String] = []
                for word in ["one", "two", "three"] {
                    try socket.send("\(word.utf8.count)\r\n\(word)\r\n")
                    echoes.append(String(decoding: try socket.readChunk() ?? [], as: UTF8.self))
                }
                try socket.send("0\r\n\r\n")
                return echoes + [try socket.readToEnd()]
            }
            #expect(echoes == ["one", "two", "three", "0\r\n\r\n"])
        }
    }

    @Test func `large bodies pass whole, both ways`() async throws {
        let size = 8_000_000
        let upstream = try RawUpstream { connection, _ in
            let request = try connection.readMessage()
            try connection.send(
                Array("HTTP/1.1 200 OK\r\ncontent-length: \(request.body.count)\r\n\r\n".utf8) + request.body)
        }
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            let answer = try await onThread { [port = gateway.port] in
                let socket = try PlainSocket(connectingTo: port)
                try socket.send(
                    Array("POST \(inferPath) HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n".utf8) + body)
                return try socket.readMessage()
            }
            #expect(answer.body == body)
        }
    }

    /// How much one side could push while the other took nothing.
    private static func pushed(on socket: PlainSocket, block: [UInt8]) -> Int {
        var sum = 0
        var idleRounds = 0
        while idleRounds < 50, sum < 200_000_000 {
            let count = socket.sendSome(block)
            sum += count
            idleRounds = count > 0 ? 0 : idleRounds + 1
            if count == 0 { Thread.sleep(forTimeInterval: 0.01) }
        }
        return sum
    }

    /// Kernel buffers on two connections may take some megabytes; far less than what is offered.
    private static let mostHeld = 40_000_000

    @Test func `a client that does not read stops its backend`() async throws {
        let box = CountBox()
        let upstream = try RawUpstream { connection, _ in
            _ = try connection.readMessage()
            try connection.send("HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")
            box.set(Self.pushed(on: connection, block: [UInt8](repeating: 1, count: 100_000)))
        }
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            let socket = try await onThread { [port = gateway.port] in
                let socket = try PlainSocket(connectingTo: port, receiveBuffer: 8192)
                try socket.send(post("{}"))
                _ = try socket.read(through: "\r\n\r\n")
                return socket
            }
            #expect(await eventually(within: 30) { box.value != nil })
            #expect(try #require(box.value) < Self.mostHeld)
            socket.close()
        }
    }

    @Test func `a backend that does not read stops its client`() async throws {
        let release = DispatchSemaphore(value: 0)
        let upstream = try RawUpstream { connection, _ in
            _ = try connection.read(through: "\r\n\r\n")
            release.wait()
        }
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            let count = try await onThread { [port = gateway.port] in
                let socket = try PlainSocket(connectingTo: port)
                try socket.send("POST \(inferPath) HTTP/1.1\r\nHost: a\r\nContent-Length: 250000000\r\n\r\n")
                return Self.pushed(on: socket, block: [UInt8](repeating: 1, count: 100_000))
            }
            release.signal()
            #expect(count < Self.mostHeld)
        }
    }

    @Test func `a client that goes away takes its request along`() async throws {
        let ended = DispatchSemaphore(value: 0)
        let upstream = try RawUpstream { connection, _ in
            _ = try connection.readMessage()
            if (try? connection.read()) ?? [] == [] { ended.signal() }
        }
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            let isCancelled = try await onThread { [port = gateway.port] in
                let socket = try PlainSocket(connectingTo: port)
                try socket.send(post("{}"))
                Thread.sleep(forTimeInterval: 0.05)
                socket.close()
                return ended.wait(timeout: .now() + 15) == .success
            }
            #expect(isCancelled)
            #expect(await eventually { await gateway.client.status()?.outstanding == [:] })
        }
    }

    @Test func `a client that goes away in the middle of an answer stops it`() async throws {
        let ended = DispatchSemaphore(value: 0)
        let upstream = try RawUpstream { connection, _ in
            _ = try connection.readMessage()
            try connection.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n")
            if (try? connection.read()) ?? [] == [] { ended.signal() }
        }
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            let isCancelled = try await onThread { [port = gateway.port] in
                let socket = try PlainSocket(connectingTo: port)
                try socket.send(post("{}"))
                _ = try socket.read(through: "1\r\na\r\n")
                socket.reset()
                return ended.wait(timeout: .now() + 15) == .success
            }
            #expect(isCancelled)
        }
    }

    @Test func `an answer before the upload has ended reaches the client, and the connection ends`() async throws {
        let upstream = try RawUpstream { connection, _ in
            _ = try connection.read(through: "\r\n\r\n")
            try connection.send("HTTP/1.1 413 Payload Too Large\r\ncontent-length: 3\r\n\r\nbig")
            Thread.sleep(forTimeInterval: 0.2)
        }
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            let answer = try await onThread { [port = gateway.port] in
                let socket = try PlainSocket(connectingTo: port)
                try socket.send("POST \(inferPath) HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n")
                for _ in 0..<40 { try socket.send([UInt8](repeating: 1, count: 10_000)) }
                return try socket.readToEnd()
            }
            #expect(
                withoutIDs(answer)
                    == "HTTP/1.1 413 Payload Too Large\r\ncontent-length: 3\r\n\(churnStamps)connection: close\r\n\r\nbig"
            )
        }
    }
}

final class CountBox: Sendable {
    private let count = Mutex<Int?>(nil)
    var value: Int? { count.withLock { $0 } }
    func set(_ value: Int) { count.withLock { $0 = value } }
}

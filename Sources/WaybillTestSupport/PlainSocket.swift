import Foundation
package import Glibc
import Synchronization

/// A blocking TCP connection on loopback for tests: what is sent and read is exactly what the test says.
///
/// Every read and write gives up after `timeout`. Use it from a thread of its own, never from a task.
package final class PlainSocket: Sendable {
    package struct Problem: Error, CustomStringConvertible, Hashable {
        package var description: String

        package init(description: String) { self.description = description }
    }

    /// One HTTP/1.1 message: its head as text, its body as it was meant.
    package struct Message: Sendable {
        package var head: String
        package var body: [UInt8]

        package var status: Int { Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0 }
        package var text: String { String(decoding: body, as: UTF8.self) }

        /// The values of a field, in order.
        package func values(_ name: String) -> [String] {
            head.components(separatedBy: "\r\n").dropFirst().compactMap { line in
                guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name else { return nil }
                return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            }
        }
    }

    private let descriptor: CInt
    private let unread = Mutex<[UInt8]>([])
    private let isClosed = Mutex(false)

    package init(adopting descriptor: CInt, timeout: Double = 20) {
        self.descriptor = descriptor
        var value = timeval(tv_sec: Int(timeout), tv_usec: Int((timeout - timeout.rounded(.down)) * 1e6))
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &value, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &value, socklen_t(MemoryLayout<timeval>.size))
        var yes: CInt = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<CInt>.size))
    }

    /// - Parameter receiveBuffer: of the kernel, in bytes, for a client that is slow to read.
    package convenience init(connectingTo port: Int, timeout: Double = 20, receiveBuffer: Int? = nil) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.init(adopting: descriptor, timeout: timeout)
        if var size = receiveBuffer.map(CInt.init) {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        }
        var address = sockaddr_in.loopback(port: port)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Self.problem("connect") }
    }

    deinit { close() }

    // MARK: Writing

    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.problem("send") }
            rest = rest.dropFirst(count)
        }
    }

    /// Sends what can be sent now and says how much that was: 0 when the peer takes no more.
    package func sendSome(_ bytes: [UInt8]) -> Int {
        max(0, Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)))
    }

    /// Ends both directions for a thread that may be using it; that thread closes it.
    package func interrupt() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    package func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    package func close() {
        isClosed.withLock { isClosed in
            if !isClosed { Glibc.close(descriptor) }
            isClosed = true
        }
    }

    /// Closes with a reset.
    package func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    // MARK: Reading

    /// The next bytes, or none at the end. Throws on a reset or a time-out.
    package func read(upTo limit: Int = 65_536) throws -> [UInt8] {
        let kept = unread.withLock { unread in
            defer { unread.removeFirst(min(limit, unread.count)) }
            return Array(unread.prefix(limit))
        }
        guard kept.isEmpty else { return kept }
        var bytes = [UInt8](repeating: 0, count: limit)
        while true {
            let count = recv(descriptor, &bytes, limit, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.problem("receive") }
            return Array(bytes[..<count])
        }
    }

    /// All until the other side closes.
    package func readToEnd() throws -> String {
        var all: [UInt8] = []
        while case let bytes = try read(), !bytes.isEmpty { all += bytes }
        return String(decoding: all, as: UTF8.self)
    }

    /// Up to and with `mark`.
    package func read(through mark: String) throws -> String {
        let mark = Array(mark.utf8)
        var all: [UInt8] = []
        while true {
            if let range = all.firstRange(of: mark) {
                unread.withLock { $0 = Array(all[range.upperBound...]) + $0 }
                return String(decoding: all[..<range.upperBound], as: UTF8.self)
            }
            let bytes = try read()
            guard !bytes.isEmpty else {
                throw Problem(description: "closed before '\(String(decoding: mark, as: UTF8.self))'")
            }
            all += bytes
        }
    }

    /// The next request or answer with its body, by its framing.
    ///
    /// - Parameter hasBody: false for an answer to HEAD.
    package func readMessage(hasBody: Bool = true) throws -> Message {
        var message = Message(head: try read(through: "\r\n\r\n"), body: [])
        if message.values("transfer-encoding") == ["chunked"] {
            message.body = try readChunks()
        } else if hasBody, let length = message.values("content-length").first.flatMap(Int.init) {
            message.body = try read(exactly: length)
        }
        return message
    }

    package func read(exactly count: Int) throws -> [UInt8] {
        var body: [UInt8] = []
        while body.count < count {
            let bytes = try read(upTo: min(65_536, count - body.count))
            guard !bytes.isEmpty else { throw Problem(description: "closed after \(body.count) of \(count) bytes") }
            body += bytes
        }
        return body
    }

    /// One chunk of a chunked body; nil for the last, whose trailers are left to read.
    package func readChunk() throws -> [UInt8]? {
        let line = try read(through: "\r\n").dropLast(1)
        guard let length = Int(line.trimmingCharacters(in: .whitespacesAndNewlines), radix: 16) else {
            throw Problem(description: "'\(line)' is no chunk length")
        }
        guard length > 0 else { return nil }
        let chunk = try read(exactly: length)
        guard try read(exactly: 2) == [13, 10] else { throw Problem(description: "a chunk without its end") }
        return chunk
    }

    private func readChunks() throws -> [UInt8] {
        var body: [UInt8] = []
        while let chunk = try readChunk() { body += chunk }
        while case let line = try read(through: "\r\n"), line != "\r\n" {}
        return body
    }

    private static func problem(_ act: String) -> Problem {
        let code = errno
        return Problem(description: code == EAGAIN ? "\(act): timed out" : "\(act): \(String(cString: strerror(code)))")
    }
}

extension PlainSocket {
    /// A port of loopback that was free a moment ago.
    package static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { Glibc.close(descriptor) }
        var address = sockaddr_in.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) | getsockname(descriptor, $0, &length)
            }
        }
        guard result == 0 else { throw Self.problem("no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Whether nobody has this port of loopback now.
    package static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { Glibc.close(descriptor) }
        var address = sockaddr_in.loopback(port: port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

extension sockaddr_in {
    package static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}

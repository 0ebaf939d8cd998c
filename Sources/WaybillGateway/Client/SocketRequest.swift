import Foundation
import Glibc
import WaybillCore

/// One GET over a Unix socket, with an end: a time-out for each step and for the whole, and a limit to what is read.
enum SocketRequest {
    private static let stepTimeout = Duration.milliseconds(500)
    private static let wholeTimeout = Duration.seconds(2)

    /// The body of a 200 answer.
    static func get(_ path: String, at socket: String, limit: Int) throws(Failure) -> Data {
        let descriptor = try UnixSocket.connect(to: socket, timeout: stepTimeout)
        defer { close(descriptor) }
        let request = Array("GET \(path) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw unanswered(socket)
        }
        let deadline = LoopClock.exact() &+ wholeTimeout.inNanoseconds
        var answer = Data()
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count == 0 { break }
            guard count > 0, answer.count + count <= limit, LoopClock.exact() < deadline else {
                throw unanswered(socket)
            }
            answer.append(contentsOf: chunk[..<count])
        }
        guard answer.starts(with: Data("HTTP/1.1 200 ".utf8)), let gap = answer.range(of: Data("\r\n\r\n".utf8)) else {
            throw unanswered(socket)
        }
        return answer[gap.upperBound...]
    }

    private static func unanswered(_ socket: String) -> Failure {
        Failure(.retry, reason: "GatewayUnanswered", message: "no gateway answers at \(socket)")
    }
}

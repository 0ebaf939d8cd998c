import Foundation
import Glibc
import WaybillCore

/// How a newer gateway takes the listening socket over from the one that serves, without a moment in which nobody accepts.
///
/// Flow: the newer connects to the older's `gateway.handover`; the older sends the listener and the lock (SCM_RIGHTS); the
/// newer reads the table, begins to accept and says so; the older stops accepting and reports, ten times a second until
/// it has drained, which table it serves by and what it still has in flight.
/// Guarantees: connections that wait in the listener's queue are kept, because the socket itself is never closed; until
/// the newer accepts, its death changes nothing; the lock is never free in between.
/// Caveats: idle connections of the older are kept until they ask once more or its drain time-out, since a client that
/// sends just then would lose its request.
enum HandOver {
    static let greeting = Array("waybill-handover 1\n".utf8)
    static let accepting = Array("accepting\n".utf8)
    static let reportInterval = Duration.milliseconds(100)
    /// For each step that only moves bytes.
    static let stepTimeout = Duration.seconds(5)
    /// For the newer to read the table and start its loops.
    static let startTimeout = Duration.seconds(30)

    /// What a gateway that drains tells its successor; a line of JSON.
    struct Report: Codable, Sendable, Equatable {
        var generation: UInt64
        var outstanding: [String: Int]
    }

    /// What the newer gets. The connection stays open for the reports.
    struct Taken {
        var connection: CInt
        var listener: CInt
        var lock: CInt
    }

    /// Asks the gateway at `path` for its listener; nil when nobody is there to ask.
    ///
    /// - Throws: `Failure` when one is there and does not do its part.
    static func take(from path: String) throws(Failure) -> Taken? {
        let connection: CInt
        do {
            connection = try UnixSocket.connect(to: path, timeout: stepTimeout)
        } catch {
            return nil
        }
        guard let received = DescriptorPassing.receive(limit: 64, from: connection) else {
            close(connection)
            throw failure("the running gateway does not hand its listener over; stop it and start again")
        }
        guard received.bytes == greeting, received.descriptors.count == 2 else {
            for descriptor in received.descriptors + [connection] { close(descriptor) }
            throw failure(
                "the running gateway hands over in a way that this build does not know; stop it and start again")
        }
        return Taken(connection: connection, listener: received.descriptors[0], lock: received.descriptors[1])
    }

    /// Tells the older that the newer accepts, and waits for its first report.
    static func confirm(_ connection: CInt) throws(Failure) -> Report {
        guard send(accepting, to: connection), let line = readLine(from: connection), let report = decode(line) else {
            throw failure("the running gateway did not let go of its listener")
        }
        return report
    }

    static func send(_ bytes: [UInt8], to connection: CInt) -> Bool {
        Glibc.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// A line with its end, read byte by byte so that nothing behind it is taken; nil on a time-out or the end.
    static func readLine(from connection: CInt) -> [UInt8]? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < 1_048_576, recv(connection, &byte, 1, 0) == 1 {
            line.append(byte)
            if byte == UInt8(ascii: "\n") { return line }
        }
        return nil
    }

    static func encode(_ report: Report) -> [UInt8] {
        Array((try? JSONEncoder().encode(report)) ?? Data()) + [UInt8(ascii: "\n")]
    }

    static func decode(_ line: [UInt8]) -> Report? { try? JSONDecoder().decode(Report.self, from: Data(line)) }

    private static func failure(_ message: String) -> Failure {
        Failure(.retry, reason: "HandOverFailed", message: "gateway: " + message)
    }
}

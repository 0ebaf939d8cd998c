import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
package import WaybillCore

/// Asks the controller of a state folder, over its Unix socket.
///
/// Every failure is a `Failure`: the controller's own as it was thrown there, or `NoController` with where it looked.
package struct ControlClient: Sendable {
    private let socket: ControlSocket

    /// The most bytes of one answer: a fleet of 10,000 deployments needs about 10 MB.
    static let longestAnswer = 256 * 1024 * 1024
    /// Longer than the server's longest wait.
    static let deadline: TimeAmount = .seconds(60)

    package init(stateFolder: String) { socket = ControlSocket(stateFolder: stateFolder) }

    package func build() async throws(Failure) -> String {
        guard let build = try await get([String: String].self, "/v1/version")["build"] else {
            throw Self.unexpected("the answer names no build")
        }
        return build
    }

    package func status() async throws(Failure) -> FleetView { try await get(FleetView.self, "/v1/status") }
    package func plan() async throws(Failure) -> PlanView { try await get(PlanView.self, "/v1/plan") }

    /// - Parameter seen: when given, the answer waits until it is newer than that generation, at most about 25 s.
    package func list<View: ListedView>(
        _ type: View.Type, after seen: UInt64? = nil
    ) async throws(Failure) -> Listing<View> {
        let query = seen.map { "?after=\($0)" } ?? ""
        return try await get(Listing<View>.self, "/v1/\(View.plural)\(query)")
    }

    package func describe(_ key: DeploymentKey) async throws(Failure) -> DeploymentDetail {
        try await get(DeploymentDetail.self, "/v1/deployments/\(key)")
    }

    /// Newest first.
    package func history(
        of key: DeploymentKey, before: LedgerIndex? = nil, limit: Int = 50
    ) async throws(Failure) -> [EventView] {
        let query = "?limit=\(limit)" + (before.map { "&before=\($0)" } ?? "")
        return try await get([EventView].self, "/v1/deployments/\(key)/history\(query)")
    }

    package func perform(_ command: OperatorCommand) async throws(Failure) -> CommandResult {
        try await post(command, to: "/v1/commands", CommandResult.self)
    }

    /// Has the controller write `event`, which is about what this process does by hand. Gives its place in the ledger.
    package func record(_ event: Event) async throws(Failure) -> LedgerIndex {
        try await post(HandEvent(event), to: "/v1/entries", EntryPlace.self).index
    }

    /// Gives each event from `from` on (nil: only new ones) to `receive`, until it returns false, the ledger ends or, when
    /// following, the controller stops.
    package func events(
        from: LedgerIndex?, follow: Bool, _ receive: (EventView) async throws(Failure) -> Bool
    ) async throws(Failure) {
        let query = "?follow=\(follow)" + (from.map { "&from=\($0)" } ?? "")
        try await lines(EventView.self, "/v1/events\(query)", receive)
    }

    /// Gives each line of the logs of `key`'s replicas to `receive`, until it returns false or there is no more.
    package func logs(
        of key: DeploymentKey, tail: Int, follow: Bool, _ receive: (LogLine) async throws(Failure) -> Bool
    ) async throws(Failure) {
        try await lines(LogLine.self, "/v1/deployments/\(key)/logs?tail=\(tail)&follow=\(follow)", receive)
    }
}

extension ControlClient {
    private func get<View: Decodable>(_ type: View.Type, _ path: String) async throws(Failure) -> View {
        try await answer(type, to: try request(path))
    }

    private func post<View: Decodable>(
        _ body: some Encodable, to path: String, _ type: View.Type
    ) async throws(Failure) -> View {
        var request = try request(path)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        do {
            request.body = .bytes(ByteBuffer(bytes: try ControlJSON.encode(body)))
        } catch {
            throw Self.unexpected("the command cannot be written: \(error)")
        }
        return try await answer(type, to: request)
    }

    private func request(_ path: String) throws(Failure) -> HTTPClientRequest {
        try socket.check()
        guard let url = URL(httpURLWithSocketPath: socket.path, uri: path) else {
            throw Failure(
                .stall, reason: ControlReason.invalidRequest, message: "\(socket.path): cannot be part of an address")
        }
        return HTTPClientRequest(url: url.absoluteString)
    }

    private func answer<View: Decodable>(
        _ type: View.Type, to request: HTTPClientRequest
    ) async throws(Failure) -> View {
        let body: Data
        do {
            let response = try await HTTPClient.prompt.execute(request, timeout: Self.deadline)
            body = Data((try await response.body.collect(upTo: Self.longestAnswer)).readableBytesView)
            guard response.status == .ok else { throw Self.failure(response.status, body) }
        } catch {
            throw failure(for: error)
        }
        do {
            return try ControlJSON.decode(type, from: body)
        } catch {
            throw Self.unexpected("the answer is not one that this build knows: \(error)")
        }
    }

    private func lines<View: Decodable & Sendable>(
        _ type: View.Type, _ path: String, _ receive: (View) async throws(Failure) -> Bool
    ) async throws(Failure) {
        let request = try request(path)
        do {
            // A stream has no deadline as a whole; the server's pulses show that it lives.
            let response = try await HTTPClient.prompt.execute(request, deadline: .distantFuture)
            guard response.status == .ok else {
                let body = try await response.body.collect(upTo: Self.longestAnswer)
                throw Self.failure(response.status, Data(body.readableBytesView))
            }
            var splitter = LineSplitter()
            for try await chunk in response.body {
                for line in splitter.feed(chunk.readableBytesView) where !line.isEmpty {
                    let view = try ControlJSON.decode(type, from: Data(line))
                    guard try await receive(view) else { return }
                }
            }
        } catch {
            throw failure(for: error)
        }
    }

    private static func failure(_ status: HTTPResponseStatus, _ body: Data) -> Failure {
        (try? ControlJSON.decode(FailureAnswer.self, from: body))?.failure
            ?? unexpected("the controller answered \(status.code)")
    }

    private static func unexpected(_ what: String) -> Failure {
        Failure(
            .stall, reason: ControlReason.unexpectedAnswer,
            message: "\(what); is the controller of another build? 'waybill version' shows both")
    }

    private func failure(for error: any Error) -> Failure {
        switch error {
        case let failure as Failure: failure
        case let error as DecodingError:
            Self.unexpected("a line of the answer is not one that this build knows: \(error)")
        case is CancellationError: Failure(.wait, reason: "Cancelled", message: "stopped")
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            Failure(
                .retry, reason: ControlReason.connectionLost, message: "the controller went away before it had answered"
            )
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
            Failure(
                .retry, reason: ControlReason.connectionLost,
                message: "the controller did not answer within a minute; its log says what it is doing")
        default: unreachable(error)
        }
    }

    private func unreachable(_ error: any Error) -> Failure {
        let code = (error as? IOError)?.errnoCode
        if code == EACCES || code == EPERM {
            return Failure(
                .stall, reason: "NotAllowed",
                message: "\(socket.path): this user may not talk to the controller; "
                    + "only the owner of the state folder and root may")
        }
        return Failure(
            .stall, reason: ControlReason.noController,
            message: "no controller runs in \(socket.stateFolder): nothing answers at \(socket.path)")
    }
}

/// Cuts a stream of bytes into lines; what is not ended yet waits.
struct LineSplitter {
    private var rest: [UInt8] = []

    mutating func feed(_ bytes: some Sequence<UInt8>) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                lines.append(rest)
                rest = []
            } else {
                rest.append(byte)
            }
        }
        return lines
    }
}

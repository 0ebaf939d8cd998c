import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import WaybillCore

/// Turns whatever a handler throws into an answer with reason and message; nothing unknown shows its inside.
struct FailureResponses<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let (status, failure) = Self.answer(to: error, request)
            if status.code >= 500 { context.logger.error("\(request.method) \(request.uri.path): \(error)") }
            return try Response(json: FailureAnswer(failure), status: status)
        }
    }

    private static func answer(to error: any Error, _ request: Request) -> (HTTPResponse.Status, Failure) {
        switch error {
        case let failure as Failure: (status(of: failure), failure)
        case let invalid as InvalidInput: (.badRequest, invalidRequest(invalid.message))
        case let decoding as DecodingError: (.badRequest, invalidRequest(words(for: decoding)))
        case is NIOTooManyBytesError: (.contentTooLarge, invalidRequest("the request's body is too large"))
        case let http as any HTTPResponseError where http.status == .notFound:
            (
                .notFound,
                Failure(
                    .stall, reason: ControlReason.notFound,
                    message: "\(request.method) \(request.uri.path.quotedForMessage) is not part of this controller's "
                        + "protocol; is it of another build than this command?")
            )
        case let http as any HTTPResponseError: (http.status, invalidRequest(http.status.reasonPhrase))
        default:
            (.internalServerError, Failure(.retry, reason: "Internal", message: "the controller failed; see its log"))
        }
    }

    private static func invalidRequest(_ message: String) -> Failure {
        Failure(.stall, reason: ControlReason.invalidRequest, message: message)
    }

    private static func status(of failure: Failure) -> HTTPResponse.Status {
        switch failure.reason {
        case ControlReason.notFound: .notFound
        case ControlReason.invalidRequest: .badRequest
        case _ where failure.disposition == .stall: .conflict
        case _: .serviceUnavailable
        }
    }

    private static func words(for error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, _): "the request has no '\(key.stringValue)'"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "'\(context.codingPath.map(\.stringValue).joined(separator: "."))' has the wrong type"
        case .dataCorrupted: "the request's body is not JSON"
        @unknown default: "the request's body cannot be read"
        }
    }
}

extension Response {
    /// A view as JSON, one line.
    init(json view: some Encodable, status: HTTPResponse.Status = .ok) throws {
        var buffer = ByteBuffer(bytes: try ControlJSON.encode(view))
        buffer.writeString("\n")
        self.init(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: buffer))
    }
}

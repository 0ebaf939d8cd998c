import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import WaybillCore
import WaybillEvaluate

/// Asks a candidate over loopback. The model's name on the wire is the deployment's.
struct CandidateConnection: CandidatePort {
    let port: Int
    let spec: RevisionSpec
    let client: HTTPClient

    private static let longestAnswer = 256 << 20
    private static let deadline = TimeAmount.seconds(60)

    func ask(_ body: [UInt8]) async throws(Failure) -> [UInt8] {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/v2/models/\(spec.key.name)/infer")
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(ByteBuffer(bytes: body))
        let (status, bytes): (UInt, [UInt8])
        do {
            let response = try await client.execute(request, timeout: Self.deadline)
            let collected = try await response.body.collect(upTo: Self.longestAnswer)
            (status, bytes) = (response.status.code, Array(collected.readableBytesView))
        } catch {
            let why = (error as? HTTPClientError)?.shortDescription ?? "no connection"
            throw .candidateFailed(spec, "a request was not answered (\(why))")
        }
        guard status == 200 else {
            let said = String(decoding: bytes.prefix(300), as: UTF8.self)
            throw .candidateFailed(spec, "a request was answered \(status): \(said)")
        }
        return bytes
    }
}

extension Failure {
    /// A candidate that was started and is of no use, with its last words.
    static func candidateFailed(_ spec: RevisionSpec, _ why: String, _ lines: [String] = []) -> Failure {
        let said = lines.last.map { "; its last words: \(String($0.prefix(300)))" } ?? ""
        return Failure(
            .stall, reason: "CandidateFailed", message: "the candidate of \(spec.version) did not serve: \(why)\(said)")
    }
}

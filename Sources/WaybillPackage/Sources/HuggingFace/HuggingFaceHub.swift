import Foundation
import NIOHTTP1
package import WaybillCore

/// The parts of a hub's interface that are needed here.
package struct HuggingFaceHub: Sendable {
    package static let standard = WebAddress(scheme: .https, host: "huggingface.co")

    let transport: HTTPTransport
    private let endpoint: WebAddress

    init(_ transport: HTTPTransport, _ endpoint: WebAddress) {
        self.transport = transport
        self.endpoint = endpoint
    }

    static func address(_ text: String) throws(Failure) -> HuggingFaceAddress {
        do throws(InvalidInput) { return try HuggingFaceAddress(parsing: text) } catch {
            throw Failure(.stall, reason: "SourceUnreadable", message: error.message)
        }
    }

    /// Where the hub gives a file at a revision.
    func file(_ address: HuggingFaceAddress, at revision: String) -> WebAddress {
        let top = address.kind == .dataset ? "datasets/" : ""
        return place(
            "/\(top)\(address.repository)/resolve/\(Percent.encoded(revision))/\(Percent.encoded(address.path, keeping: "/"))"
        )
    }

    static func commit(of address: HuggingFaceAddress) throws(Failure) -> CommitID {
        do throws(InvalidInput) { return try address.requireCommit() } catch {
            throw Failure(.stall, reason: "SourceUnreadable", message: error.message)
        }
    }

    /// The commit that a branch or a tag is now.
    func commit(_ name: String, of address: HuggingFaceAddress) async throws(Failure) -> CommitID {
        let call = HTTPCall(
            "GET", place("/api/\(address.kind.rawValue)/\(address.repository)/revision/\(Percent.encoded(name))"))
        let answer = try await transport.send(call, limit: 32 << 20)
        guard answer.status == 200 else { throw answer.failure("GET", address.description) }
        struct Revision: Decodable { var sha: String }
        guard let sha = (try? JSONDecoder().decode(Revision.self, from: Data(answer.body)))?.sha,
            let commit = try? CommitID(parsing: sha)
        else { throw Self.unexpected(call, "names no commit") }
        return commit
    }

    /// What the hub knows of a file in LFS; nil for a file in git.
    func largeFile(_ address: HuggingFaceAddress, at commit: CommitID) async throws(Failure) -> Content? {
        var call = HTTPCall("HEAD", file(address, at: commit.description))
        call.followsRedirects = false
        var answer = try await transport.send(call)
        // A repository that was renamed is redirected on the hub itself, by a relative address.
        if [301, 302, 307, 308].contains(answer.status), let location = answer.head.header("location"),
            location.hasPrefix("/")
        {
            do throws(InvalidInput) { call.address = try call.address.resolving(location) } catch {
                throw Self.unexpected(call, "sends to an address that cannot be used: \(error.message)")
            }
            answer = try await transport.send(call)
        }
        guard (200...399).contains(answer.status) else { throw answer.failure("HEAD", address.description) }
        try Self.check(answer.head, address.description, commit, size: nil)
        guard let tag = answer.head.header("x-linked-etag"), let size = Self.number(answer.head.header("x-linked-size"))
        else {
            return nil
        }
        let hex = tag.hasPrefix("\"") && tag.hasSuffix("\"") ? String(tag.dropFirst().dropLast()) : tag
        return (try? Digest(parsing: "sha256:\(hex)")).map { Content(digest: $0, size: size) }
    }

    /// Compares what the hub says of a file with what was asked for, before a byte of it is taken.
    static func check(_ head: HTTPHead, _ name: String, _ commit: CommitID, size: Int64?) throws(Failure) {
        // What the hub itself said stands in its own answer, before those of the hosts that it redirects to.
        let all = head.redirects.map(\.headers) + [head.headers]
        func first(_ name: String) -> String? { all.lazy.compactMap { $0[name].first }.first }
        if let answered = first("x-repo-commit"), answered != commit.description {
            throw Failure(
                .stall, reason: "SourceAnswerUnexpected",
                message: "\(name): the hub answered with commit \(answered.quotedForMessage); is the endpoint a hub?")
        }
        if let size, let linked = number(first("x-linked-size")), linked != size {
            throw .otherSize(name, announced: linked, expected: size)
        }
    }

    private func place(_ target: String) -> WebAddress {
        endpoint.with(
            target: (endpoint.path.hasSuffix("/") ? String(endpoint.path.dropLast()) : endpoint.path) + target)
    }

    private static func number(_ text: String?) -> Int64? {
        guard let text, (1...18).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else {
            return nil
        }
        return Int64(text)
    }

    private static func unexpected(_ call: HTTPCall, _ what: String) -> Failure {
        Failure(
            .stall, reason: "SourceAnswerUnexpected",
            message:
                "\(call.method) \(call.address): the answer \(what); is 'sources.huggingFace' of waybill.yaml a hub?")
    }
}

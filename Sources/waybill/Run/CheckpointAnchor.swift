import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import WaybillCore
import WaybillGit
import WaybillLedger
import WaybillTrust

/// Where checkpoints leave the machine: `file:PATH`, `git:REF` of the fleet repository's remote, or an `http(s)` address.
enum CheckpointAnchor: Hashable, Sendable {
    case file(String)
    case git(String)
    case http(String)

    /// - Throws: `InvalidInput` that shows the forms.
    init(parsing text: String) throws(InvalidInput) {
        if let path = text.dropping("file:"), path.hasPrefix("/") {
            self = .file(path)
        } else if let reference = text.dropping("git:"), reference.hasPrefix("refs/"),
            !reference.hasPrefix("refs/heads/")
        {
            self = .git(reference)
        } else if text.hasPrefix("https://") || text.hasPrefix("http://") {
            self = .http(text)
        } else {
            throw InvalidInput(
                "\(text.quotedForMessage) is not an anchor; use file:/ABSOLUTE/PATH, git:refs/waybill/checkpoints "
                    + "(any reference outside refs/heads/) or an http(s) address")
        }
    }

    var isFile: Bool { if case .file = self { true } else { false } }

    /// Nil for a reference of the remote without the mirror that knows it.
    func sink(_ mirror: MirrorRepository?) -> (any CheckpointSink)? {
        switch self {
        case .file(let path): return FileSink(path: path)
        case .git(let reference):
            guard let mirror else { return nil }
            return ClosureSink(name: "git:\(reference)") { checkpoint throws(Failure) in
                _ = try await mirror.publish(
                    checkpoint.note, as: "checkpoint", to: reference,
                    message: "Checkpoint of \(checkpoint.checkpoint.size) entries", at: SystemClock().now())
            }
        case .http(let address):
            return ClosureSink(name: address) { checkpoint throws(Failure) in
                try await Self.post(checkpoint.note, to: address)
            }
        }
    }

    static func post(_ note: [UInt8], to address: String) async throws(Failure) {
        do {
            var request = HTTPClientRequest(url: address)
            request.method = .POST
            request.headers.add(name: "content-type", value: "text/plain; charset=utf-8")
            request.body = .bytes(note)
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
            guard (200..<300).contains(response.status.code) else {
                throw Failure(.retry, reason: "AnchorRefused", message: "\(address) answered \(response.status.code)")
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.retry, reason: "AnchorUnreachable", message: "\(address): \(error)")
        }
    }
}

extension String {
    /// What follows `prefix`; nil when the text does not begin with it.
    func dropping(_ prefix: String) -> String? { hasPrefix(prefix) ? String(dropFirst(prefix.utf8.count)) : nil }
}

import NIOHTTP1
import Synchronization
import WaybillCore

/// A file at an address.
struct WebFile: Sendable {
    /// For messages.
    var name: String
    var address: WebAddress
    var headers: HTTPHeaders = [:]
    /// Whether what the address gives may change, so that a part of it is only asked for with what the whole was (`If-Range`).
    var mayChange = true
    /// Looks at the head of a good answer before its body is taken.
    var check: @Sendable (HTTPHead) throws(Failure) -> Void = { _ in }
}

/// Reads files at addresses, whole or from an offset on.
///
/// **Guarantees.** Bytes given are those of one file from `offset` on, as far as HTTP can say: a server that ignores the range, answers
/// with another one, or has another file by now is refused with `ResumeRefused`. A server that gives smaller ranges than were asked for is
/// asked for the next ones. An announced length that is not the manifest's is refused before the body is read.
struct WebFiles: Sendable {
    private let transport: HTTPTransport
    private let tags = EntityTags()

    init(_ transport: HTTPTransport) { self.transport = transport }

    func read(
        _ file: WebFile, from offset: Int64, size: Int64,
        into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) {
        let progress = Mutex(offset)
        repeat {
            let start = progress.withLock { $0 }
            let answer = try await transport.stream(call(for: file, from: start)) { head throws(Failure) in
                try judge(head, file, from: start, size: size)
            } into: { bytes throws(Failure) in
                progress.withLock { $0 += Int64(bytes.count) }
                try sink(bytes)
            }
            guard answer.status == 200 || answer.status == 206 else { throw failure(answer, file) }
            let now = progress.withLock { $0 }
            if answer.status == 200 {
                guard now < size, answer.head.isUnframed else { return }
                throw Failure(
                    .retry, reason: "ConnectionLost",
                    message: "GET \(file.address): the connection ended after \(now) of \(size) bytes")
            }
            // An answer with no byte of what was asked for would be asked for forever.
            guard now > start || start >= size else { throw .resumeRefused(file.name, at: start) }
        } while progress.withLock { $0 } < size
    }

    /// What the file is now: it is read whole and hashed, and nothing is kept.
    func measure(_ file: WebFile) async throws(Failure) -> (digest: Digest, size: Int64) {
        let hash = RunningHash()
        let answer = try await transport.stream(call(for: file, from: 0)) { (head) throws(Failure) in
            guard head.status == 200 else { return false }
            try file.check(head)
            try Self.refusePacked(head, file)
            return true
        } into: { (bytes) throws(Failure) in
            hash.add(bytes)
        }
        guard answer.status == 200 else { throw failure(answer, file) }
        guard !answer.head.isUnframed else {
            throw Failure(
                .stall, reason: "SourceAnswerUnexpected",
                message:
                    "GET \(file.address): the server does not say how long the file is, so nobody can tell whether it came whole; write "
                    + "digest and size by hand")
        }
        return hash.measure
    }

    private func failure(_ answer: HTTPAnswer, _ file: WebFile) -> Failure {
        answer.failure("GET", file.name == file.address.text ? nil : file.name)
    }

    private func call(for file: WebFile, from offset: Int64) -> HTTPCall {
        var call = HTTPCall("GET", file.address, headers: file.headers)
        guard offset > 0 else { return call }
        call.headers.replaceOrAdd(name: "range", value: "bytes=\(offset)-")
        if file.mayChange, let tag = tags[file.address] { call.headers.replaceOrAdd(name: "if-range", value: tag) }
        return call
    }

    /// Whether the body is the file's.
    private func judge(_ head: HTTPHead, _ file: WebFile, from offset: Int64, size: Int64) throws(Failure) -> Bool {
        switch head.status {
        case 200 where offset == 0:
            if let length = head.length, length != size {
                throw .otherSize(file.name, announced: length, expected: size)
            }
        case 206:
            try judgePart(head, file, from: offset, size: size)
        case 200, 416:
            tags[file.address] = nil
            throw .resumeRefused(file.name, at: offset)
        case _: return false
        }
        try file.check(head)
        try Self.refusePacked(head, file)
        if file.mayChange { tags[file.address] = head.strongTag }
        return true
    }

    private static func refusePacked(_ head: HTTPHead, _ file: WebFile) throws(Failure) {
        // Stores of objects repeat what an upload was framed by, `aws-chunked`, which says nothing of how the bytes are given.
        let packed = head.headers[canonicalForm: "content-encoding"].map { $0.lowercased() }
            .filter { !["identity", "aws-chunked", ""].contains($0) }
        if !packed.isEmpty {
            let encoding = packed.joined(separator: ", ")
            throw Failure(
                .stall, reason: "SourceAnswerUnexpected",
                message:
                    "GET \(file.address): the file comes packed as \(encoding.quotedForMessage), although it was asked for as it is; set "
                    + "the server to leave such files as they are")
        }
    }

    private func judgePart(_ head: HTTPHead, _ file: WebFile, from offset: Int64, size: Int64) throws(Failure) {
        guard offset > 0, let part = head.contentRange, part.first == offset else {
            throw .resumeRefused(file.name, at: offset)
        }
        if let total = part.total, total != size { throw .otherSize(file.name, announced: total, expected: size) }
        guard part.last < size, head.length == nil || head.length == part.last - part.first + 1 else {
            throw .resumeRefused(file.name, at: offset)
        }
        if file.mayChange, let known = tags[file.address], let tag = head.strongTag, tag != known {
            tags[file.address] = nil
            throw .resumeRefused(file.name, at: offset)
        }
    }
}

/// What the files that are being fetched were when they began, by the servers' strong tags. Lost with the process: then a part is
/// asked for without, and the digest tells.
private final class EntityTags: Sendable {
    private let tags = Mutex<[WebAddress: String]>([:])
    private static let most = 1000

    subscript(address: WebAddress) -> String? {
        get { tags.withLock { $0[address] } }
        set {
            tags.withLock { tags in
                if tags.count >= Self.most { tags = [:] }
                tags[address] = newValue
            }
        }
    }
}

extension HTTPHead {
    /// The `ETag` that names exactly these bytes; nil for a weak or odd one.
    var strongTag: String? {
        guard let tag = header("etag"), tag.utf8.count <= 256, tag.utf8.count >= 2, tag.hasPrefix("\""),
            tag.hasSuffix("\"")
        else {
            return nil
        }
        return tag
    }

    /// Whether only the connection's end says where the body ends.
    var isUnframed: Bool {
        header("content-length") == nil
            && !headers[canonicalForm: "transfer-encoding"].contains { $0.lowercased() == "chunked" }
    }

    /// `bytes FIRST-LAST/TOTAL`
    var contentRange: (first: Int64, last: Int64, total: Int64?)? {
        guard let text = header("content-range"), text.utf8.count <= 64, text.lowercased().hasPrefix("bytes ") else {
            return nil
        }
        let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false).map(Self.number)
        guard ends.count == 2, let first = ends[0], let last = ends[1], first <= last else { return nil }
        if parts[1] == "*" { return (first, last, nil) }
        guard let total = Self.number(parts[1]), last < total else { return nil }
        return (first, last, total)
    }

    private static func number(_ text: Substring) -> Int64? {
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int64(text)
    }
}

import NIOHTTP1
import WaybillCore
import WaybillTrust

/// What a Git LFS server says of one object: where it is, and how to ask for it.
struct LFSAnswer {
    static let mediaType = "application/vnd.git-lfs+json"

    let address: WebAddress
    let headers: HTTPHeaders
    /// Whether the address needs nothing more than the headers.
    let isAuthenticated: Bool

    /// - Throws: `LargeFileMissing`, stalling, when the server does not have the object.
    init(_ body: [UInt8], pointer: LFSPointer, path: String, endpoint: WebAddress) throws(Failure) {
        func odd(_ what: String) -> Failure {
            Failure(
                .stall, reason: "LargeFileUnavailable",
                message: "\(path): the Git LFS server \(endpoint) \(what); ask its operator")
        }
        guard let value = Value(json: body), let objects = value["objects"]?.list,
            let object = objects.first(where: { $0["oid"]?.string == pointer.digest.hex })
        else { throw odd("gave an answer without the object that was asked for") }
        if let error = object["error"] { throw Self.refusal(error, path: path, endpoint: endpoint) }
        if let transfer = value["transfer"]?.string, transfer != "basic" {
            throw odd("wants a transfer that is not known (\(transfer.quotedForMessage))")
        }
        guard object["size"]?.integer == pointer.size else { throw odd("has the object with another size") }
        guard let download = object["actions"]?["download"], let link = download["href"]?.string else {
            throw odd("does not say where the object is")
        }
        do throws(InvalidInput) { address = try WebAddress(parsing: link) } catch {
            throw odd("names a place that cannot be used: \(error.message)")
        }
        isAuthenticated = object["authenticated"]?.bool ?? false
        guard let named = Self.headers(download["header"]?.object ?? [:]) else {
            throw odd("wants headers that a download must not have")
        }
        headers = named
    }

    /// Those that say who asks, and no others that could change what the request is.
    static func headers(_ named: Members) -> HTTPHeaders? {
        let refused: Set = [
            "host", "content-length", "transfer-encoding", "connection", "range", "if-range", "te", "upgrade",
        ]
        var headers = HTTPHeaders()
        guard named.count <= 20 else { return nil }
        for (name, value) in named.sorted(by: { $0.key < $1.key }) {
            guard let text = value.string, text.utf8.count <= 8192,
                text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }),
                (1...64).contains(name.utf8.count), name.utf8.allSatisfy(isNamePart),
                !refused.contains(name.lowercased())
            else { return nil }
            headers.add(name: name, value: text)
        }
        return headers
    }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 95
    }

    private static func refusal(_ error: Value, path: String, endpoint: WebAddress) -> Failure {
        let code = error["code"]?.integer ?? 0
        let words = error["message"]?.string.map { ": \($0.quotedForMessage)" } ?? ""
        if code == 404 || code == 410 {
            return Failure(
                .stall, reason: "LargeFileMissing",
                message:
                    "\(path): the Git LFS server \(endpoint) does not have the object of the pointer\(words); upload it with "
                    + "'git lfs push --all'")
        }
        return Failure(
            code >= 500 || code == 429 ? .retry : .stall, reason: "LargeFileUnavailable",
            message: "\(path): the Git LFS server \(endpoint) refuses the object with code \(code)\(words)")
    }
}

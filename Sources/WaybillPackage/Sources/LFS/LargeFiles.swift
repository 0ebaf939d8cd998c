import NIOHTTP1
package import WaybillCore
import WaybillTrust

/// The files that pointers of Git LFS in a repository stand for: from its server, by the batch API and its basic transfer; from the server that
/// its ssh host names; or from the objects of a repository on this machine.
package struct LargeFiles: Sendable {
    /// What the server is asked with.
    private let transport: HTTPTransport
    /// The repository's own.
    private let remote: RemoteAddress?
    /// The repository's own, sent to its host and no other.
    private let credential: HTTPCredential?
    /// The server, when the operator named it.
    private let server: WebAddress?
    private let hosts: (any LargeFileHosts)?

    package init(
        _ transport: HTTPTransport, remote: RemoteAddress?, credential: HTTPCredential? = nil,
        server: WebAddress? = nil, hosts: (any LargeFileHosts)? = nil
    ) {
        self.transport = transport
        self.remote = remote
        self.credential = credential
        self.server = server
        self.hosts = hosts
    }

    /// Reads what `pointer` stands for.
    ///
    /// - Parameter settings: the bytes of `.lfsconfig` of the pointer's commit.
    func reader(for pointer: LFSPointer, at path: String, settings: [UInt8]?) throws(Failure) -> any SourceReader {
        let place: LFSPlace
        do throws(InvalidInput) {
            if let server {
                place = .server(server)
            } else {
                place = try LFSEndpoint.place(settings: settings, remote: remote)
            }
        } catch { throw Failure(.stall, reason: "LargeFileUnavailable", message: "\(path): \(error.message)") }
        switch place {
        case .folder(let repository, let folder):
            // Who writes `.lfsconfig` may name no folder that sources may not read.
            if repository != remote { try hosts?.admit(repository) }
            return LFSFolder(folder: folder, pointer: pointer, path: path)
        case .server(let endpoint): return reader(endpoint, nil, pointer, path)
        case .host(let repository, let otherwise):
            return reader(otherwise, hosts.map { LFSHost(repository: repository, hosts: $0) }, pointer, path)
        }
    }

    private func reader(
        _ endpoint: WebAddress, _ host: LFSHost?, _ pointer: LFSPointer, _ path: String
    ) -> any SourceReader {
        LFSReader(
            transport: transport, files: WebFiles(transport),
            server: LFSAccess(
                endpoint: endpoint, headers: [:], credential: credential.flatMap { $0.isFor(endpoint) ? $0 : nil }),
            host: host, pointer: pointer, path: path)
    }
}

/// A server of Git LFS, and what opens it.
struct LFSAccess: Sendable {
    var endpoint: WebAddress
    var headers: HTTPHeaders
    var credential: HTTPCredential?

    /// The headers of a request to it.
    func opened(_ headers: HTTPHeaders = [:]) throws(Failure) -> HTTPHeaders {
        var headers = headers
        for (name, value) in self.headers { headers.replaceOrAdd(name: name, value: value) }
        if !headers.contains(name: "authorization"), let credential {
            headers.add(name: "authorization", value: try credential.header())
        }
        return headers
    }
}

/// The ssh host of a repository, which names its server for a while.
struct LFSHost: Sendable {
    let repository: RemoteAddress
    let hosts: any LargeFileHosts

    /// The server that it names; nil when it names none.
    func server() async throws(Failure) -> LFSAccess? {
        guard let answer = try await hosts.authenticate(repository) else { return nil }
        func odd(_ what: String) -> Failure {
            Failure(
                .stall, reason: "LargeFileUnavailable",
                message: "\(repository): git-lfs-authenticate \(what); ask the host's operator")
        }
        guard let value = Value(json: answer) else { throw odd("gave no JSON") }
        guard let link = value["href"]?.string, !link.isEmpty else { return nil }
        guard let headers = LFSAnswer.headers(value["header"]?.object ?? [:]) else {
            throw odd("wants headers that a download must not have")
        }
        do throws(InvalidInput) {
            let endpoint = try WebAddress(parsing: link.hasSuffix("/") ? String(link.dropLast()) : link)
            return LFSAccess(endpoint: endpoint, headers: headers, credential: nil)
        } catch { throw odd("names a place that cannot be used: \(error.message)") }
    }
}

/// Reads one object of a Git LFS server.
private struct LFSReader: SourceReader {
    let transport: HTTPTransport
    let files: WebFiles
    /// The server, when its host names none.
    let server: LFSAccess
    let host: LFSHost?
    let pointer: LFSPointer
    /// Of the pointer, for messages.
    let path: String

    func read(
        _ source: RemoteSource, from offset: Int64, size: Int64,
        into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) {
        let server = try await host?.server() ?? server
        let call = try batch(server)
        let answer = try await transport.send(call)
        guard answer.status == 200 else { throw answer.failure("POST", "asked for \(path.quotedForMessage)") }
        let action = try LFSAnswer(answer.body, pointer: pointer, path: path, endpoint: server.endpoint)
        try await transport.admit(action.address, namedBy: call)
        var headers = action.headers
        if !action.isAuthenticated, action.address.origin == server.endpoint.origin,
            !headers.contains(name: "authorization")
        {
            headers = try server.opened(headers)
        }
        // An object never changes: its name is its digest.
        try await files.read(
            WebFile(name: "'\(path)', kept by Git LFS", address: action.address, headers: headers, mayChange: false),
            from: offset, size: size, into: sink)
    }

    private func batch(_ server: LFSAccess) throws(Failure) -> HTTPCall {
        let headers = try server.opened(["accept": LFSAnswer.mediaType, "content-type": LFSAnswer.mediaType])
        let body: Value = [
            "operation": "download", "transfers": ["basic"], "hash_algo": "sha256",
            "objects": [["oid": .string(pointer.digest.hex), "size": .integer(pointer.size)]],
        ]
        let endpoint = server.endpoint
        return HTTPCall(
            "POST", endpoint.with(target: endpoint.path + "/objects/batch"), headers: headers,
            body: .bytes(body.jsonBytes))
    }
}

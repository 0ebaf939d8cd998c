import NIOHTTP1
import WaybillCore

/// Performs what `BlobUpload` decides, one request each.
struct UploadExchange {
    let client: RegistryClient
    let blob: any UploadContent
    let place: RegistryPlace
    /// Another repository of the registry that may have the blob.
    private(set) var mounting: String?
    let what: String
    let progress: @Sendable (Int64) -> Void
    private(set) var outcome = RegistryClient.Uploaded.held

    private let work = BlockingWork(label: "waybill.upload")
    /// The longest piece that a registry may want.
    private static let longestPiece: Int64 = 1 << 30

    init(
        client: RegistryClient, blob: any UploadContent, place: RegistryPlace, mounting: String?, what: String,
        progress: @escaping @Sendable (Int64) -> Void
    ) {
        (self.client, self.blob, self.place, self.mounting, self.what) = (client, blob, place, mounting, what)
        self.progress = progress
    }

    mutating func perform(_ action: BlobUpload.Action) async throws(Failure) -> BlobUpload.Event {
        switch action {
        case .look: return try await look()
        case .open: return try await open()
        case .send(let location, let from, let upTo): return try await send(location, from, upTo)
        case .sendWhole(let location):
            outcome = .sent
            return try await put(location, blob.body(from: 0, upTo: blob.size))
        case .finish(let location): return try await put(location, .none)
        case .ask(let location): return try await ask(location)
        case .end, .fail: return .held
        }
    }

    private func look() async throws(Failure) -> BlobUpload.Event {
        let answer = try await request("HEAD", place.address("blobs/\(blob.digest)"), access: .pull)
        switch answer.status {
        case 200: return .held
        case 404: return .absent
        case _: return other(answer)
        }
    }

    private mutating func open() async throws(Failure) -> BlobUpload.Event {
        if mounting != nil {
            // Only a hint: where it cannot be followed, the blob is sent.
            let event = try? await open(mounting: mounting)
            switch event {
            case .held, .opened: return event ?? .gone
            case .absent, .took, .refused, .gone, .lost, nil: mounting = nil
            }
        }
        return try await open(mounting: nil)
    }

    private mutating func open(mounting: String?) async throws(Failure) -> BlobUpload.Event {
        var target = "blobs/uploads/"
        if let mounting { target += "?mount=\(blob.digest)&from=\(mounting)" }
        let answer = try await request("POST", place.address(target), ["content-length": "0"])
        switch answer.status {
        case 201:
            outcome = .mounted
            return .held
        case 202:
            let wish = answer.head.header("oci-chunk-min-length").flatMap { Int64($0) } ?? 0
            return .opened(location: try location(answer), atLeast: min(max(wish, 0), Self.longestPiece))
        case _: return other(answer)
        }
    }

    private mutating func send(_ location: String, _ from: Int64, _ upTo: Int64) async throws(Failure)
        -> BlobUpload.Event
    {
        outcome = .sent
        let answer = try await request(
            "PATCH", try address(location),
            ["content-type": "application/octet-stream", "content-range": "\(from)-\(upTo - 1)"],
            blob.body(from: from, upTo: upTo), from: from)
        switch answer.status {
        case 202: return .took(upTo: try taken(answer) ?? upTo, location: try self.location(answer, else: location))
        case 404: return .gone
        case _: return other(answer)
        }
    }

    private func put(_ location: String, _ body: HTTPCall.Body) async throws(Failure) -> BlobUpload.Event {
        var address = try address(location)
        address.target += "\(address.target.contains("?") ? "&" : "?")digest=\(blob.digest)"
        var headers: HTTPHeaders = ["content-type": "application/octet-stream"]
        if body.count == 0 { headers.add(name: "content-length", value: "0") }
        let answer = try await request("PUT", address, headers, body)
        switch answer.status {
        case 200, 201, 204:
            if let own = answer.head.header("docker-content-digest").flatMap({ try? Digest(parsing: $0) }),
                own != blob.digest
            {
                throw RegistryFailure.unsound(what, "the registry has \(own) of it; the bytes were changed on the way")
            }
            return .held
        case 404: return .gone
        case _: return other(answer)
        }
    }

    private func ask(_ location: String) async throws(Failure) -> BlobUpload.Event {
        let answer = try await request("GET", try address(location))
        switch answer.status {
        case 200, 204: return .took(upTo: try taken(answer) ?? 0, location: try self.location(answer, else: location))
        case 400..<500 where answer.status != 429: return .gone
        case _: return other(answer)
        }
    }

    private func other(_ answer: HTTPAnswer) -> BlobUpload.Event {
        let failure = RegistryFailure.status(what, answer)
        return failure.disposition == .retry ? .lost(failure) : .refused(status: answer.status, failure)
    }

    private func request(
        _ method: String, _ address: WebAddress, _ headers: HTTPHeaders = [:], _ body: HTTPCall.Body = .none,
        from: Int64 = 0, access: RegistryAccess? = nil
    ) async throws(Failure) -> HTTPAnswer {
        let (client, isOwn) = (client, address.origin == place.origin.origin)
        if !isOwn { try await requireNoNearer(address) }
        let counter = UploadCounter(from, progress)
        return try await client.ask(place, access ?? .push(mounting: mounting)) { (key) throws(Failure) in
            var all = headers
            // What opens the registry is for the registry alone.
            if isOwn { all.add(contentsOf: key) }
            counter.restart()
            return try await client.http.send(
                HTTPCall(
                    method, address, headers: all, body: body, authorization: .none, followsRedirects: body.count == 0,
                    sent: { counter.add($0) }))
        }
    }

    private func requireNoNearer(_ address: WebAddress) async throws(Failure) {
        do throws(InvalidInput) {
            try await RegistryFailure.requireNoNearer(address, than: place, client.http.settings, work)
        } catch {
            throw RegistryFailure.unsound(what, "the registry sends the upload elsewhere: \(error.message)")
        }
    }

    private func address(_ location: String) throws(Failure) -> WebAddress {
        do throws(InvalidInput) { return try WebAddress(parsing: location) } catch {
            throw RegistryFailure.unsound(what, error.message)
        }
    }

    private func location(_ answer: HTTPAnswer, else old: String? = nil) throws(Failure) -> String {
        guard let text = answer.head.header("location") else {
            if let old { return old }
            throw RegistryFailure.unsound(what, "the registry opens an upload and does not say where")
        }
        do throws(InvalidInput) { return try answer.head.address.resolving(text).text } catch {
            throw RegistryFailure.unsound(
                what, "the registry opens an upload at no address that can be used: \(error.message)")
        }
    }

    /// The bytes that `Range: 0-N` counts; 0 for `0-0`, which registries write for nothing.
    private func taken(_ answer: HTTPAnswer) throws(Failure) -> Int64? {
        guard let text = answer.head.header("range") else { return nil }
        let range = text.hasPrefix("bytes=") ? text.dropFirst(6) : text[...]
        let parts = range.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "0", parts[1].utf8.count <= 18, let last = Int64(parts[1]), last >= 0 else {
            throw RegistryFailure.unsound(
                what, "the registry says that it has \(text.quotedForMessage), which is no range")
        }
        return last == 0 ? 0 : last + 1
    }
}

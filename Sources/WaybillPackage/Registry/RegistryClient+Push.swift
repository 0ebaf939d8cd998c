import NIOHTTP1
import WaybillCore
import WaybillTrust

extension RegistryClient {
    /// What became of a manifest that was put.
    struct PutManifest: Hashable, Sendable {
        /// The registry lists it as a referrer of its subject by itself.
        var listsReferrer: Bool
    }

    /// Puts a manifest under a tag, or under its digest; its blobs must be there. Safe to repeat.
    func put(_ bytes: [UInt8], type: String, as reference: ImageReference) async throws(Failure) -> PutManifest {
        let place = try place(reference)
        let digest = Digest(of: bytes)
        let address = place.address("manifests/\(reference.tag ?? digest.description)")
        let answer = try await ask(place, .push(mounting: nil)) { (headers) throws(Failure) in
            var headers = headers
            headers.add(name: "content-type", value: type)
            return try await http.send(
                HTTPCall("PUT", address, headers: headers, body: .bytes(bytes), authorization: .none))
        }
        guard answer.status == 201 || answer.status == 200 else {
            throw RegistryFailure.status("push the manifest \(reference)", answer)
        }
        if let own = answer.head.header("docker-content-digest").flatMap({ try? Digest(parsing: $0) }), own != digest {
            throw RegistryFailure.unsound("\(reference)", "the registry made \(own) of the manifest \(digest)")
        }
        return PutManifest(listsReferrer: answer.head.header("oci-subject") != nil)
    }

    /// What a blob's upload came to.
    enum Uploaded: Hashable, Sendable { case held, mounted, sent }

    /// Brings a blob to a repository unless it is there, from another repository of the registry if that has it.
    func upload(
        _ blob: any UploadContent, to place: RegistryPlace, mounting: String?, sessions: UploadSessions,
        progress: @escaping @Sendable (Int64) -> Void
    ) async throws(Failure) -> Uploaded {
        let what = "push \(place)@\(blob.digest)"
        let session = UploadSessions.Key(place, blob.digest)
        var upload = BlobUpload(size: blob.size, place: what, remembered: sessions.location(session), pieces: pieces)
        var exchange = UploadExchange(
            client: self, blob: blob, place: place, mounting: mounting, what: what, progress: progress)
        var action = BlobUpload.first
        while true {
            switch action {
            case .end:
                sessions.forget(session)
                progress(blob.size)
                return exchange.outcome
            case .fail(let failure):
                // What is worth another try may go on where it is.
                if failure.disposition == .stall { sessions.forget(session) }
                throw failure
            case .open, .send, .sendWhole, .finish, .ask, .look: break
            }
            if case .send(let location, let from, _) = action, from > 0 { sessions.remember(location, session) }
            if upload.lost > 0 { await Self.pause(upload.lost) }
            if Task.isCancelled { throw .cancelled }
            let event: BlobUpload.Event
            do throws(Failure) { event = try await exchange.perform(action) } catch {
                if Task.isCancelled { throw .cancelled }
                event = .lost(error)
            }
            action = upload.step(event)
        }
    }

    private static func pause(_ lost: Int) async {
        try? await Task.sleep(for: .milliseconds(100 << min(lost, 6)))
    }
}

/// Bytes that are brought to a registry.
protocol UploadContent: Sendable {
    var digest: Digest { get }
    var size: Int64 { get }
    func body(from start: Int64, upTo end: Int64) -> HTTPCall.Body
}

/// A file of the content store.
struct FileContent: UploadContent {
    let path: String
    let digest: Digest
    let size: Int64

    func body(from start: Int64, upTo end: Int64) -> HTTPCall.Body {
        end > start ? .file(path: path, offset: start, count: end - start) : .none
    }
}

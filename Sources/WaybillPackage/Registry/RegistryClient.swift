import NIOHTTP1
package import WaybillCore
import WaybillTrust

/// Speaks the OCI distribution protocol (1.1) with registries.
///
/// **Guarantees.** Bytes of manifests are compared with their digest before they are read, and are bounded. A blob that is fetched from another
/// host is asked for there without a credential. TLS everywhere, except with this machine and hosts that the operator named.
package struct RegistryClient: Sendable {
    let http: HTTPTransport
    private let keys: RegistryKeys
    /// How large blobs are cut.
    var pieces = BlobUpload.Pieces()

    package init(_ http: HTTPTransport, logins: DockerLogins) {
        self.http = http
        keys = RegistryKeys(http, logins)
    }

    /// A manifest as a registry has it.
    struct Found: Hashable, Sendable {
        var descriptor: Descriptor
        var bytes: [UInt8]
        var manifest: RegistryManifest
    }

    func place(_ reference: ImageReference) throws(Failure) -> RegistryPlace {
        try RegistryPlace(reference, http.settings)
    }

    /// The digest that a tag names now; with a digest, that one, when the registry has it.
    ///
    /// - Throws: `RegistryNotFound`, stalling, when the registry has no such tag.
    package func digest(of reference: ImageReference) async throws(Failure) -> Digest {
        try await manifest(reference).descriptor.digest
    }

    func manifest(_ reference: ImageReference) async throws(Failure) -> Found {
        if let found = try await manifestIfThere(reference) { return found }
        throw Failure(
            .stall, reason: "RegistryNotFound",
            message: "\(reference): the registry has no such manifest; look at the name, and whether it was pushed")
    }

    /// Nil when the registry has none.
    func manifestIfThere(_ reference: ImageReference) async throws(Failure) -> Found? {
        let place = try place(reference)
        let name = reference.digest?.description ?? reference.tag ?? "latest"
        let address = place.address("manifests/\(name)")
        let answer = try await ask(place, .pull) { (headers) throws(Failure) in
            var headers = headers
            headers.add(name: "accept", value: Self.manifestTypes)
            return try await http.send(
                HTTPCall("GET", address, headers: headers, authorization: .none), limit: RegistryManifest.limit)
        }
        if answer.status == 404 { return nil }
        guard answer.status == 200 else { throw RegistryFailure.status("get the manifest of \(reference)", answer) }
        let digest = Digest(of: answer.body)
        let expected =
            reference.digest ?? answer.head.header("docker-content-digest").flatMap { try? Digest(parsing: $0) }
        if let expected, expected != digest {
            throw RegistryFailure.unsound(
                "\(reference)",
                "the registry gave a manifest with the digest \(digest), expected \(expected); its bytes were changed there or on "
                    + "the way")
        }
        let type = answer.head.header("content-type").map { String($0.prefix { $0 != ";" }) }
        let manifest = try RegistryManifest(
            parsing: answer.body, mediaType: type.flatMap { Self.isGeneric($0) ? nil : $0 }, place: "\(reference)")
        let own = Value(json: answer.body)?["mediaType"]?.string
        return Found(
            descriptor: Descriptor(
                mediaType: own ?? type ?? ModelPack.manifestType, digest: digest, size: Int64(answer.body.count)),
            bytes: answer.body, manifest: manifest)
    }

    private static let manifestTypes = (RegistryManifest.artifactTypes + RegistryManifest.indexTypes)
        .joined(separator: ", ")

    private static func isGeneric(_ type: String) -> Bool {
        ["application/json", "text/plain", "application/octet-stream", ""].contains(type)
    }

    /// Gives the bytes of a blob from `offset` on to `sink`, which must bound them.
    ///
    /// - Throws: `ResumeRefused` (retry) when the registry cannot begin at `offset`.
    func blob(
        _ blob: Descriptor, in place: RegistryPlace, from offset: Int64,
        into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) {
        let what = "\(place)@\(blob.digest)"
        let answer = try await ask(place, .pull) { (headers) throws(Failure) in
            var headers = headers
            if offset > 0 { headers.add(name: "range", value: "bytes=\(offset)-") }
            let call = HTTPCall("GET", place.address("blobs/\(blob.digest)"), headers: headers, authorization: .none)
            return try await http.stream(
                call, takes: { (head) throws(Failure) in try Self.takes(head, blob, offset, what) }, into: sink)
        }
        if answer.status == 416 { throw Self.resumeRefused(what) }
        guard answer.status == 200 || answer.status == 206 else {
            throw RegistryFailure.status("get the blob \(what)", answer)
        }
    }

    private static func takes(_ head: HTTPHead, _ blob: Descriptor, _ offset: Int64, _ what: String) throws(Failure)
        -> Bool
    {
        guard head.status == 200 || head.status == 206 else { return false }
        if offset > 0 {
            let range = head.header("content-range") ?? ""
            guard head.status == 206, range.hasPrefix("bytes \(offset)-") else { throw resumeRefused(what) }
        }
        if let length = head.length, length != blob.size - offset {
            throw RegistryFailure.unsound(
                what,
                "the registry announces \(length) bytes, expected \(blob.size - offset); it has another blob, or is damaged"
            )
        }
        return true
    }

    private static func resumeRefused(_ what: String) -> Failure {
        Failure(.retry, reason: "ResumeRefused", message: "\(what): the registry gives no part of a blob")
    }

    /// Asks with what opened the registry last, and once more with an answer to its challenge.
    func ask(
        _ place: RegistryPlace, _ access: RegistryAccess,
        _ send: (HTTPHeaders) async throws(Failure) -> HTTPAnswer
    ) async throws(Failure) -> HTTPAnswer {
        let tried = await keys.header(place, access)
        let answer = try await send(Self.headers(tried))
        guard answer.status == 401 || answer.status == 403, answer.head.address.origin == place.origin.origin else {
            return answer
        }
        let words = RegistryFailure.words(of: answer)
        if answer.status == 401 {
            let challenge = Challenge.best(of: answer.head.headers["www-authenticate"])
            if let key = try await keys.answer(challenge, place, access, tried: tried) {
                let second = try await send(Self.headers(key))
                if second.status != 401, second.status != 403 { return second }
            }
        }
        throw RegistryFailure.unauthorized(place, access, await keys.knowsLogin(place), words)
    }

    private static func headers(_ key: String?) -> HTTPHeaders { key.map { ["authorization": $0] } ?? [:] }
}

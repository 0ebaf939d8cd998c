import NIOHTTP1
import WaybillCore
import WaybillTrust

extension RegistryClient {
    /// Referrers of one manifest past which they are refused.
    static let referrerLimit = 500

    /// What refers to `digest`: asked for at the registry's list of referrers, or, where it has none, read from the index that clients
    /// keep under the tag `sha256-HEX`.
    ///
    /// - Parameter type: only referrers of this artifact type; a registry that can leaves the others out by itself.
    func referrers(of digest: Digest, in reference: ImageReference, type: String? = nil) async throws(Failure)
        -> [Descriptor]
    {
        let place = try place(reference)
        let what = "\(place)@\(digest)"
        var address = place.address(
            "referrers/\(digest)" + (type.map { "?artifactType=\(Percent.encoded($0))" } ?? ""))
        var all: [Descriptor] = []
        for _ in 0..<Self.referrerLimit {
            let page = address
            let answer = try await ask(place, .pull) { (headers) throws(Failure) in
                try await http.send(
                    HTTPCall("GET", page, headers: headers, authorization: .none), limit: RegistryManifest.limit)
            }
            if answer.status == 404 || answer.status == 400 || answer.status == 405 {
                return Self.only(type, try await taggedReferrers(of: digest, in: reference))
            }
            guard answer.status == 200 else {
                throw RegistryFailure.status("list what refers to \(what)", answer)
            }
            // `OCI-Filters-Applied` is not asked after: what was left out already is not left out again.
            all += Self.only(type, try Self.listed(answer.body, "the referrers of \(what)"))
            guard let next = try Self.next(answer, place) else { return try Self.bounded(all, what) }
            all = try Self.bounded(all, what)
            address = next
        }
        throw RegistryFailure.unsound(what, "the list of what refers to it has more than \(Self.referrerLimit) pages")
    }

    private static func only(_ type: String?, _ referrers: [Descriptor]) -> [Descriptor] {
        guard let type else { return referrers }
        return referrers.filter { $0.artifactType == type }
    }

    private func taggedReferrers(of digest: Digest, in reference: ImageReference) async throws(Failure) -> [Descriptor]
    {
        guard let found = try await manifestIfThere(Self.tagged(digest, in: reference)),
            case .index(let manifests) = found.manifest
        else { return [] }
        return try Self.bounded(manifests, "\(reference.name)@\(digest)")
    }

    /// Lists `referrer` under the tag of its subject, as clients do for registries without a list of their own.
    ///
    /// Nothing keeps two clients apart there, so what was written is read again, and written again when it is not in.
    func tagReferrer(_ referrer: Descriptor, of digest: Digest, in reference: ImageReference) async throws(Failure) {
        let tag = Self.tagged(digest, in: reference)
        for _ in 0..<4 {
            var index: Value = [
                "schemaVersion": 2, "mediaType": .string(ImageIndex.mediaType), "manifests": [],
            ]
            if let found = try await manifestIfThere(tag) {
                guard case .index(let manifests) = found.manifest, let value = Value(json: found.bytes) else {
                    throw RegistryFailure.unsound("\(tag)", "expected an index of referrers under this tag")
                }
                if manifests.contains(where: { $0.digest == referrer.digest }) { return }
                index = value
            }
            // Whatever else other clients wrote there stays as it is.
            var members = index.object ?? [:]
            members["manifests"] = .list((index["manifests"]?.list ?? []) + [referrer.value])
            _ = try await put(Value.object(members).jsonBytes, type: ImageIndex.mediaType, as: tag)
        }
    }

    private static func tagged(_ digest: Digest, in reference: ImageReference) -> ImageReference {
        ImageReference(registry: reference.registry, repository: reference.repository, tag: "sha256-\(digest.hex)")
    }

    private static func listed(_ bytes: [UInt8], _ what: String) throws(Failure) -> [Descriptor] {
        guard
            case .index(let manifests) = try RegistryManifest(
                parsing: bytes, mediaType: ImageIndex.mediaType, place: what)
        else { return [] }
        return manifests
    }

    private static func bounded(_ referrers: [Descriptor], _ what: String) throws(Failure) -> [Descriptor] {
        guard referrers.count <= referrerLimit else {
            throw RegistryFailure.unsound(what, "more than \(referrerLimit) manifests refer to it")
        }
        return referrers
    }

    /// The page that `Link: <…>; rel="next"` names.
    private static func next(_ answer: HTTPAnswer, _ place: RegistryPlace) throws(Failure) -> WebAddress? {
        guard let link = answer.head.header("link"), link.contains(#"rel="next""#), link.hasPrefix("<"),
            let end = link.firstIndex(of: ">")
        else { return nil }
        let target = String(link[link.index(after: link.startIndex)..<end])
        guard let address = try? answer.head.address.resolving(target), address.origin == place.origin.origin else {
            throw RegistryFailure.unsound(
                "\(place)", "the next page of a list is somewhere else: \(target.quotedForMessage)")
        }
        return address
    }
}

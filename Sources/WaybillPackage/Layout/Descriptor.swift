package import WaybillCore

/// Names a blob: what it is, its digest and its size, as OCI writes it.
package struct Descriptor: Hashable, Sendable {
    package var mediaType: String
    package var artifactType: String?
    package var digest: Digest
    package var size: Int64
    package var annotations: [String: String]

    package init(
        mediaType: String, artifactType: String? = nil, digest: Digest, size: Int64, annotations: [String: String] = [:]
    ) {
        self.mediaType = mediaType
        self.artifactType = artifactType
        self.digest = digest
        self.size = size
        self.annotations = annotations
    }

    /// Nil when a member is missing or has another form; members that nobody here knows are dropped.
    package init?(_ value: Value) {
        guard let mediaType = value["mediaType"]?.string, let text = value["digest"]?.string,
            let digest = try? Digest(parsing: text), let size = value["size"]?.integer, size >= 0
        else { return nil }
        self.init(
            mediaType: mediaType, artifactType: value["artifactType"]?.string, digest: digest, size: size,
            annotations: (value["annotations"]?.object ?? [:]).compactMapValues(\.string))
    }

    package var value: Value {
        var members: Members = [
            "mediaType": .string(mediaType), "digest": .string(digest.description), "size": .integer(size),
        ]
        if let artifactType { members["artifactType"] = .string(artifactType) }
        if !annotations.isEmpty { members["annotations"] = .object(Members(annotations)) }
        return .object(members)
    }
}

import WaybillCore

/// The files of a bundle as one layer of an image that KServe mounts: a tar with `models/PATH` for each file. Never stored: its bytes are
/// made, from any place on, of heads in memory and of blobs.
struct KServeLayer: Hashable, Sendable {
    /// A run of the tar.
    enum Part: Hashable, Sendable {
        case bytes([UInt8])
        /// `count` bytes of a blob from `offset` on.
        case blob(Digest, offset: Int64, count: Int64)

        var count: Int64 {
            switch self {
            case .bytes(let bytes): Int64(bytes.count)
            case .blob(_, _, let count): count
            }
        }
    }

    static let folder = "models"

    let parts: [Part]
    let size: Int64

    /// The artifacts of `bundle`, not what Waybill adds to them.
    init(_ bundle: StoredBundle) throws(Failure) {
        let files = bundle.layers.filter { !$0.path.hasPrefix("\(BundleFile.ownFolder)/") }
            .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        if let raw = files.first(where: { !$0.mediaType.hasSuffix(".raw") }) {
            throw Failure(
                .stall, reason: "BundleUnsuited",
                message:
                    "\(raw.path.quotedForMessage) is packed as \(raw.mediaType.quotedForMessage); only a bundle with one file a layer "
                    + "becomes an image for KServe")
        }
        var parts: [Part] = []
        var folders: Set<String> = []
        for file in files {
            if let problem = CleanPath.problemOfRelative(file.path) {
                throw Failure(.stall, reason: "BundleUnsuited", message: problem)
            }
            let path = "\(Self.folder)/\(file.path)"
            for folder in Self.parents(of: path) where folders.insert(folder).inserted {
                parts.append(.bytes(TarHeader.folder(folder)))
            }
            parts.append(.bytes(TarHeader.file(path, size: file.size)))
            parts.append(.blob(file.digest, offset: 0, count: file.size))
            parts.append(.bytes([UInt8](repeating: 0, count: TarHeader.padding(after: file.size))))
        }
        parts.append(.bytes(TarHeader.end))
        self.parts = parts.filter { $0.count > 0 }
        size = parts.reduce(0) { $0 &+ $1.count }
    }

    /// What makes up the bytes from `start` up to `end`.
    func parts(from start: Int64, upTo end: Int64) -> [Part] {
        var place: Int64 = 0
        var found: [Part] = []
        for part in parts {
            defer { place += part.count }
            let (from, to) = (max(start, place) - place, min(end, place + part.count) - place)
            guard from < to else { continue }
            switch part {
            case .bytes(let bytes): found.append(.bytes(Array(bytes[Int(from)..<Int(to)])))
            case .blob(let digest, let offset, _):
                found.append(.blob(digest, offset: offset + from, count: to - from))
            }
        }
        return found
    }

    private static func parents(of path: String) -> [String] {
        let parts = path.split(separator: "/").dropLast()
        return parts.indices.map { parts[...$0].joined(separator: "/") }
    }
}

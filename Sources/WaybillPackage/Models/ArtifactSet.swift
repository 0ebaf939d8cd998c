import WaybillCore

/// A checked set of artifacts: clean paths, none twice, none inside another.
struct ArtifactSet: Hashable, Sendable {
    let artifacts: [Artifact]

    /// - Throws: `InvalidArtifact`, stalling, for a path that could leave the folder or collide.
    init(_ artifacts: [Artifact]) throws(Failure) {
        var seen: Set<String> = []
        var folders: Set<String> = []
        for artifact in artifacts {
            guard Self.isClean(artifact.path) else {
                throw Self.invalid(
                    "the artifact path \(artifact.path.quotedForMessage) is not a clean relative path; write one "
                        + "without '..', '.', '//' and control characters, as in 'model.joblib'")
            }
            guard seen.insert(artifact.path).inserted else {
                throw Self.invalid("two artifacts have the path \(artifact.path.quotedForMessage); give each its own")
            }
            folders.formUnion(Self.parents(of: artifact.path))
        }
        if let both = seen.intersection(folders).min() {
            throw Self.invalid("\(both.quotedForMessage) is an artifact and a folder of others; rename one")
        }
        self.artifacts = artifacts.sorted { $0.path < $1.path }
        self.folders = folders.sorted()
    }

    /// Folders that the files stand in, parents before children.
    let folders: [String]

    /// Depends on paths and digests only, in any order.
    static func key(for artifacts: [Artifact]) -> Digest {
        let lines = artifacts.map { "\($0.path)\u{0}\($0.digest)\n" }.sorted()
        return Digest(of: "waybill.artifacts/1\n\(lines.joined())".utf8)
    }

    private static func isClean(_ path: String) -> Bool {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return (1...1024).contains(path.utf8.count) && path.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
            && parts.allSatisfy {
                !$0.isEmpty && $0.count <= 255 && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8)
            }
    }

    private static func parents(of path: String) -> [String] {
        let parts = path.split(separator: "/")
        return (1..<max(parts.count, 1)).map { parts[..<$0].joined(separator: "/") }
    }

    private static func invalid(_ message: String) -> Failure {
        Failure(.stall, reason: "InvalidArtifact", message: message)
    }
}

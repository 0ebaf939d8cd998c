package import WaybillCore

/// A fleet repository in memory: the same files at every commit.
package struct MemoryTree: FleetTree {
    package var files: [String: [UInt8]]

    package init(_ files: [String: [UInt8]] = [:]) { self.files = files }

    package func changes(from base: CommitID?, to commit: CommitID, under path: String) async throws(Failure)
        -> (changes: [TreeChange], problems: [TreeProblem])
    {
        ([], [])
    }

    package func read(_ blobs: [BlobID], limit: Int) async throws(Failure) -> [[UInt8]] {
        var contents: [[UInt8]] = []
        for blob in blobs {
            let content = files.first { Self.blob($0.key) == blob }?.value ?? []
            guard content.count <= limit else {
                throw Failure(.stall, reason: "FileTooLarge", message: "\(blob) has \(content.count) bytes")
            }
            contents.append(content)
        }
        return contents
    }

    package func file(_ path: String, at commit: CommitID) async throws(Failure) -> TreeFile? {
        guard files[path] != nil, let blob = Self.blob(path) else { return nil }
        return TreeFile(path: path, blob: blob)
    }

    private static func blob(_ path: String) -> BlobID? {
        try? BlobID(parsing: String(Digest(of: path.utf8).hex.prefix(40)))
    }
}

import CLibgit2
package import WaybillCore

/// An object as git keeps it: `commit`, `tree` or `blob`, and its bytes.
package struct RawObject: Hashable, Sendable {
    package var kind: String
    package var content: [UInt8]
}

extension WorkingClone {
    /// The objects that lead from a commit's id to the file at `path`: the commit, the trees on the way, the file. Whoever hashes
    /// them has proven what the commit's file says; nil path: the commit alone.
    ///
    /// - Throws: `CommitNotFound`, `FileNotFound`, `FileTooLarge` for more than `limit` bytes.
    package func provingObjects(
        of path: String?, at commit: CommitID, limit: Int
    ) async throws(Failure) -> [RawObject] {
        let place = try path.map { path throws(Failure) in try FolderPath(path) }
        return try await reader.provingObjects(of: place, at: commit, limit: limit)
    }
}

extension TreeReader {
    fileprivate func provingObjects(
        of path: FolderPath?, at commit: CommitID, limit: Int
    ) throws(Failure) -> [RawObject] {
        try reading { store throws(Failure) in
            // Checked reading first: it names what is not there.
            let top = try store.tree(of: commit)
            var objects = [try store.raw(ObjectID(commit), limit: Self.objectLimit)]
            guard let path else { return objects }
            guard let file = try store.place(path, at: commit).file else {
                throw Failure(
                    .stall, reason: "FileNotFound",
                    message: "commit \(commit.short) has no file \(path.text.quotedForMessage)")
            }
            var id = top
            for part in path.components {
                objects.append(try store.raw(id, limit: Self.objectLimit))
                guard let next = try store.tree(id).first(where: { $0.name.elementsEqual(part.utf8) }) else { break }
                id = next.id
            }
            objects.append(try store.raw(file, limit: limit))
            return objects
        }
    }

    /// Bytes of a commit or a tree that goes into a pack.
    private static var objectLimit: Int { 4 << 20 }
}

extension ObjectStore {
    fileprivate func raw(_ id: ObjectID, limit: Int) throws(Failure) -> RawObject {
        let size: Int
        do throws(LibGit2Error) { size = try header(of: id).size } catch { throw Self.unreadable(id, error) }
        guard size <= limit else {
            throw Failure(.stall, reason: "FileTooLarge", message: "object \(id) has \(size) bytes, more than \(limit)")
        }
        do throws(LibGit2Error) {
            return try withContent(of: id) { type, bytes in
                RawObject(kind: git_object_type2string(type).map { String(cString: $0) } ?? "", content: Array(bytes))
            }
        } catch { throw Self.unreadable(id, error) }
    }

    private static func unreadable(_ id: ObjectID, _ error: LibGit2Error) -> Failure {
        Failure(.retry, reason: unreadableReason, message: "object \(id): \(error.message)")
    }
}

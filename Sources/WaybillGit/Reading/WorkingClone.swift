import CLibgit2
package import WaybillCore

/// A clone on this machine that belongs to the user, read and never written: for plans between two revisions.
///
/// Only committed content is seen. Unlike the mirror it is read with its loose objects, so give it clones that git itself made.
package final class WorkingClone: FleetTree {
    /// The folder of the repository as found: the work tree's top, or the bare repository.
    package let folder: String
    let reader: TreeReader
    private let files = FileStream(label: "waybill.git.clone.files")

    /// Opens the repository that `folder` lies in.
    /// - Throws: `RepositoryNotFound` or `RepositoryUnsupported`, both naming the folder.
    package init(containing folder: String) throws(Failure) {
        try LibGit2.start()
        self.folder = try Self.open(folder).place
        reader = TreeReader(label: "waybill.git.clone") { () throws(Failure) in try Self.open(folder).take() }
    }

    /// The commit that `name` means here: `main`, `HEAD~2`, `v1.4.0`, `origin/main`, a full or unambiguous short id.
    /// - Throws: `RevisionNotFound`, which says what to try.
    package func resolve(_ name: String) async throws(Failure) -> CommitID { try await reader.resolve(name) }

    /// Commits that references whose full names begin with `prefix` name here.
    package func references(below prefix: String) async throws(Failure) -> [String: CommitID] {
        try await whole { () async throws(Failure) in try await reader.references(below: prefix) }
    }

    package func changes(
        from base: CommitID?, to commit: CommitID, under path: String
    ) async throws(Failure) -> (changes: [TreeChange], problems: [TreeProblem]) {
        try await whole { () async throws(Failure) in
            try await reader.changes(from: base, to: commit, under: FolderPath(path))
        }
    }

    package func read(_ blobs: [BlobID], limit: Int) async throws(Failure) -> [[UInt8]] {
        try await whole { () async throws(Failure) in try await reader.read(blobs, limit: limit) }
    }

    package func stream(
        _ blob: BlobID, limit: Int64, into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) {
        try await whole { () async throws(Failure) in
            try await files.give(try await reader.locate(blob, limit: limit), from: 0, into: sink)
        }
    }

    package func file(_ path: String, at commit: CommitID) async throws(Failure) -> TreeFile? {
        try await whole { () async throws(Failure) in try await reader.file(FolderPath(path), at: commit) }
    }

    package func origin(of path: String, at commit: CommitID) async throws(Failure) -> CommitID? {
        try await whole { () async throws(Failure) in try await reader.origin(of: FolderPath(path), at: commit) }
    }

    /// Whether `ancestor` is `commit` or one of its ancestors; false when either is not in the clone.
    package func contains(_ ancestor: CommitID, in commit: CommitID) async throws(Failure) -> Bool {
        try await whole { () async throws(Failure) in try await reader.contains(ancestor, in: commit) }
    }

    package func summary(of commit: CommitID) async throws(Failure) -> CommitSummary {
        try await whole { () async throws(Failure) in try await reader.summary(of: commit) }
    }

    /// Runs a reading; a clone may be shallow, partial or damaged, and the user is told what to do about it.
    private func whole<Result: Sendable>(_ body: () async throws(Failure) -> Result) async throws(Failure) -> Result {
        do throws(Failure) {
            return try await body()
        } catch  where error.reason == ObjectStore.unreadableReason {
            throw Failure(
                .stall, reason: "CloneIncomplete",
                message: "the clone '\(folder)' lacks something (\(error.message)); fetch its history with "
                    + "`git fetch --unshallow`, or look at it with `git fsck`")
        }
    }

    private static func open(_ folder: String) throws(Failure) -> OpenClone {
        let error: LibGit2Error
        do throws(LibGit2Error) {
            return OpenClone(store: try ObjectStore(repositoryAt: folder, flags: GIT_REPOSITORY_OPEN_CROSS_FS))
        } catch let caught {
            error = caught
        }
        if error.isCode(GIT_ENOTFOUND) {
            throw Failure(
                .stall, reason: "RepositoryNotFound",
                message:
                    "\(folder.quotedForMessage) is not in a git repository; run it inside the fleet's clone, or make one "
                    + "with `git init`")
        }
        throw Failure(
            .stall, reason: "RepositoryUnsupported",
            message: "libgit2 \(LibGit2Features.version) cannot open the repository of \(folder.quotedForMessage) "
                + "(\(error.message)); repositories with SHA-256 ids or newer extensions need a plain clone: git clone --no-local"
        )
    }
}

/// A store and where its files are.
private struct OpenClone: ~Copyable {
    private let store: ObjectStore

    init(store: consuming ObjectStore) { self.store = store }

    var place: String {
        let path = git_repository_workdir(store.repository) ?? git_repository_path(store.repository)
        let text = path.map { String(cString: $0) } ?? ""
        return text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    consuming func take() -> ObjectStore { store }
}

extension TreeReader {
    fileprivate func resolve(_ name: String) throws(Failure) -> CommitID {
        try reading { store throws(Failure) in try store.resolve(name) }
    }

    fileprivate func references(below prefix: String) throws(Failure) -> [String: CommitID] {
        try reading { store throws(Failure) in
            var found: [String: CommitID] = [:]
            for name in try store.names() where name.hasPrefix(prefix) {
                do throws(Failure) { found[name] = try store.resolve(name) } catch  where error.disposition == .stall {}
            }
            return found
        }
    }
}

extension ObjectStore {
    /// Full names of all references.
    fileprivate func names() throws(Failure) -> [String] {
        var list = git_strarray()
        do throws(LibGit2Error) { try check(git_reference_list(&list, repository)) } catch {
            throw Failure(.stall, reason: "GitFailed", message: "the clone's references: \(error.message)")
        }
        defer { git_strarray_dispose(&list) }
        return (0..<list.count).compactMap { list.strings[$0].map { String(cString: $0) } }
    }

    fileprivate func resolve(_ name: String) throws(Failure) -> CommitID {
        var found: OpaquePointer?
        var peeled: OpaquePointer?
        // "^{commit}" takes an annotated tag to its commit, and refuses a tree or a blob.
        var code = name.utf8.contains(0) ? GIT_EINVALIDSPEC.rawValue : git_revparse_single(&found, repository, name)
        if code >= 0 { code = git_object_peel(&peeled, found, GIT_OBJECT_COMMIT) }
        defer {
            git_object_free(found)
            git_object_free(peeled)
        }
        guard code >= 0, let id = git_object_id(peeled) else { throw Self.unresolved(name, code) }
        return try CommitID(ObjectID(id.pointee))
    }

    private static func unresolved(_ name: String, _ code: Int32) -> Failure {
        let why =
            switch code {
            case GIT_EAMBIGUOUS.rawValue: "is ambiguous; write more of the id"
            case GIT_EPEEL.rawValue, GIT_EINVALIDSPEC.rawValue: "does not name a commit"
            default:
                "is not in this clone; fetch it first (`git fetch origin`), in CI with its history (`fetch-depth: 0`)"
            }
        return Failure(.stall, reason: "RevisionNotFound", message: "revision \(name.quotedForMessage) \(why)")
    }
}

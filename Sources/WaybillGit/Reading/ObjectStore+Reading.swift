import CLibgit2
import WaybillCore

/// What the engine may ask of a store, with libgit2's errors named where the operation is known.
extension ObjectStore {
    /// The largest tree object that is read, in bytes: about a million entries.
    private static let largestTreeObject = 64 << 20
    /// The largest commit object that is read, in bytes.
    private static let largestCommitObject = 4 << 20

    /// The entries of a tree, unchecked.
    func tree(_ id: ObjectID) throws(Failure) -> [TreeEntry] {
        try requireSize(of: id, atMost: Self.largestTreeObject, type: GIT_OBJECT_TREE, called: "tree")
        let entries: [TreeEntry]?
        do throws(LibGit2Error) {
            entries = try withContent(of: id) { _, bytes in TreeEntry.entries(of: bytes) }
        } catch {
            throw Self.unreadable("tree", id, error)
        }
        guard let entries else {
            throw Failure(
                .stall, reason: "TreeInvalid",
                message: "tree \(id) is not a git tree (a NUL or a wrong length in it); `git fsck` names what made it")
        }
        return entries
    }

    /// The top tree of a commit.
    func tree(of commit: CommitID) throws(Failure) -> ObjectID {
        let handle = try self.commit(commit)
        guard let id = git_commit_tree_id(handle.raw) else { throw Self.notThere(commit) }
        return ObjectID(id.pointee)
    }

    /// The bytes of a blob; its header is asked for the size before anything is read.
    func blob(_ id: BlobID, limit: Int) throws(Failure) -> [UInt8] {
        let object = ObjectID(id)
        let size: Int
        do throws(LibGit2Error) {
            size = try header(of: object).size
        } catch {
            throw Self.unreadable("blob", object, error)
        }
        guard size <= limit else { throw Self.tooLarge(id, size: Int64(size), limit: Int64(limit)) }
        do throws(LibGit2Error) {
            return try withContent(of: object) { _, bytes in Array(bytes) }
        } catch {
            throw Self.unreadable("blob", object, error)
        }
    }

    /// Whether `ancestor` is `commit` or one of its ancestors; false when either is not here.
    func contains(_ ancestor: CommitID, in commit: CommitID) throws(Failure) -> Bool {
        var older = ObjectID(ancestor).raw
        var newer = ObjectID(commit).raw
        guard contains(ObjectID(ancestor)), contains(ObjectID(commit)) else { return false }
        if ancestor == commit { return true }
        do throws(LibGit2Error) {
            return try check(git_graph_descendant_of(repository, &newer, &older)) == 1
        } catch {
            throw Self.unreadable("history of", ObjectID(commit), error)
        }
    }

    /// Commits that are walked back at most.
    private static let longestWalk = 5000

    /// The oldest of the commits in a row, along first parents, that have the same file at `path` as `commit`; nil when it is
    /// further away than anybody walks.
    func origin(of path: FolderPath, at commit: CommitID) throws(Failure) -> CommitID? {
        guard let wanted = try place(path, at: commit).file else { return nil }
        var found = commit
        var top = try tree(of: commit)
        for _ in 0..<Self.longestWalk {
            guard let parent = try parent(of: found), contains(ObjectID(parent)) else { return found }
            let next = try tree(of: parent)
            if next != top, try place(path, at: parent).file != wanted { return found }
            (found, top) = (parent, next)
        }
        return nil
    }

    private func parent(of id: CommitID) throws(Failure) -> CommitID? {
        let handle = try commit(id)
        guard let parent = git_commit_parent_id(handle.raw, 0) else { return nil }
        return try CommitID(ObjectID(parent.pointee))
    }

    func summary(of id: CommitID) throws(Failure) -> CommitSummary {
        let handle = try commit(id)
        let time = min(max(git_commit_time(handle.raw), 0), Self.lastSecond)
        return CommitSummary(
            id: id, author: Self.author(of: handle.raw),
            summary: Self.line(git_commit_summary(handle.raw)), time: Timestamp(milliseconds: time * 1000))
    }

    /// 9999-12-31T23:59:59Z: what RFC 3339 can write.
    private static let lastSecond: Int64 = 253_402_300_799

    private static func author(of commit: OpaquePointer) -> String {
        guard let author = git_commit_author(commit) else { return "" }
        return line(author.pointee.name) + " <" + line(author.pointee.email) + ">"
    }

    /// Text of a stranger for one line of a terminal: no control characters, at most 200 characters.
    private static func line(_ text: UnsafePointer<CChar>?) -> String {
        guard let text else { return "" }
        let shown = String(cString: text).unicodeScalars.filter { scalar in
            scalar.properties.generalCategory != .control && scalar.properties.generalCategory != .format
        }
        return String(String(String.UnicodeScalarView(shown)).prefix(200))
    }

    private func commit(_ id: CommitID) throws(Failure) -> CommitHandle {
        guard contains(ObjectID(id)) else { throw Self.notThere(id) }
        try requireSize(of: ObjectID(id), atMost: Self.largestCommitObject, type: GIT_OBJECT_COMMIT, called: "commit")
        do throws(LibGit2Error) {
            return try CommitHandle(ObjectID(id), in: self)
        } catch {
            throw Self.unreadable("commit", ObjectID(id), error)
        }
    }

    private func requireSize(
        of id: ObjectID, atMost limit: Int, type: git_object_t, called name: String
    ) throws(Failure) {
        let header: (type: git_object_t, size: Int)
        do throws(LibGit2Error) {
            header = try self.header(of: id)
        } catch {
            throw Self.unreadable(name, id, error)
        }
        guard header.type == type else {
            throw Failure(.stall, reason: "TreeInvalid", message: "object \(id) is not a \(name)")
        }
        guard header.size <= limit else {
            throw Failure(
                .stall, reason: "TreeTooLarge",
                message: "\(name) \(id) has \(header.size) bytes; at most \(limit) are read")
        }
    }

    private static func notThere(_ commit: CommitID) -> Failure {
        Failure(
            .stall, reason: "CommitNotFound",
            message: "commit \(commit) is not in this repository; fetch the branch that has it")
    }

    /// The reason of a failure to read what must be there; each repository has its own words for it.
    static let unreadableReason = "ObjectUnreadable"

    /// An object that must be here cannot be read: the store itself is damaged.
    private static func unreadable(_ name: String, _ id: ObjectID, _ error: LibGit2Error) -> Failure {
        Failure(.retry, reason: unreadableReason, message: "cannot read \(name) \(id): \(error.message)")
    }
}

/// The one owner of a parsed commit.
struct CommitHandle: ~Copyable {
    let raw: OpaquePointer

    init(_ id: ObjectID, in store: borrowing ObjectStore) throws(LibGit2Error) {
        var oid = id.raw
        var opened: OpaquePointer?
        try check(git_commit_lookup(&opened, store.repository, &oid))
        guard let opened else { throw LibGit2Error(code: -1) }
        raw = opened
    }

    deinit { git_commit_free(raw) }
}

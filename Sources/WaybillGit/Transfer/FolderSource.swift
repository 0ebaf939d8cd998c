import CLibgit2
import WaybillCore

/// A remote in a folder of this machine.
///
/// libgit2's own local transport packs every branch of the remote whatever was asked for; this one packs the branch.
struct FolderSource: ~Copyable {
    private let path: String
    private let session: RemoteSession
    private let store: ObjectStore

    init(path: String, session: RemoteSession) throws(Failure) {
        do throws(LibGit2Error) {
            store = try ObjectStore(repositoryAt: path, flags: GIT_REPOSITORY_OPEN_NO_SEARCH)
        } catch {
            throw session.failure(error)
        }
        self.path = path
        self.session = session
    }

    /// The commit that the watched branch names.
    func branchHead() throws(Failure) -> ObjectID {
        var oid = git_oid()
        let code = git_reference_name_to_id(&oid, store.repository, session.remote.reference)
        if code == 0 { return ObjectID(oid) }
        let error = LibGit2Error(code: code)
        guard error.isCode(GIT_ENOTFOUND) else { throw session.failure(error) }
        throw session.branchNotFound(among: try names())
    }

    /// Packs one commit with all its files, without the commits before it.
    func pack(only commit: ObjectID, into repository: borrowing ScratchRepository) throws(Failure) {
        guard store.contains(commit) else { throw session.commitNotFound(commit) }
        do throws(LibGit2Error) {
            var oid = commit.raw
            let pack = try PackBuilder(in: store.repository)
            try check(git_packbuilder_insert_commit(pack.raw, &oid))
            try pack.write(to: repository.path + "/objects/pack", session: session)
        } catch {
            throw session.failure(error)
        }
    }

    /// The commit that a reference names, through tags that stand for it; nil when there is no such reference.
    func commit(of reference: String) throws(Failure) -> ObjectID? {
        var found: OpaquePointer?
        var peeled: OpaquePointer?
        var code = git_reference_lookup(&found, store.repository, reference)
        if code >= 0 { code = git_reference_peel(&peeled, found, GIT_OBJECT_COMMIT) }
        defer {
            git_reference_free(found)
            git_object_free(peeled)
        }
        if code >= 0, let id = git_object_id(peeled) { return ObjectID(id.pointee) }
        let error = LibGit2Error(code: code)
        if error.isCode(GIT_ENOTFOUND) || error.isCode(GIT_EINVALIDSPEC) || error.isCode(GIT_EPEEL) { return nil }
        throw session.failure(error)
    }

    func names() throws(Failure) -> [String] {
        var list = git_strarray()
        do throws(LibGit2Error) {
            try check(git_reference_list(&list, store.repository))
        } catch {
            throw session.failure(error)
        }
        defer { git_strarray_dispose(&list) }
        return (0..<list.count).compactMap { list.strings[$0].map { String(cString: $0) } }
    }

    /// Packs what `head` reaches and `known` does not into the pack folder of `repository`.
    func pack(_ head: ObjectID, hiding known: [ObjectID], into repository: borrowing ScratchRepository) throws(Failure)
    {
        do throws(LibGit2Error) {
            let walk = try RevisionWalk(in: store)
            try walk.push(head)
            for id in known where store.contains(id) { try walk.hide(id) }
            let pack = try PackBuilder(in: store.repository)
            try check(git_packbuilder_insert_walk(pack.raw, walk.raw))
            try pack.write(to: repository.path + "/objects/pack", session: session)
        } catch {
            throw session.failure(error)
        }
    }
}

/// The one owner of a walk over commits.
struct RevisionWalk: ~Copyable {
    let raw: OpaquePointer

    init(in store: borrowing ObjectStore) throws(LibGit2Error) {
        var made: OpaquePointer?
        try check(git_revwalk_new(&made, store.repository))
        guard let made else { throw LibGit2Error(code: -1) }
        raw = made
    }

    deinit { git_revwalk_free(raw) }

    func push(_ id: ObjectID) throws(LibGit2Error) {
        var oid = id.raw
        try check(git_revwalk_push(raw, &oid))
    }

    func hide(_ id: ObjectID) throws(LibGit2Error) {
        var oid = id.raw
        try check(git_revwalk_hide(raw, &oid))
    }
}

/// The one owner of a pack that is being put together.
struct PackBuilder: ~Copyable {
    let raw: OpaquePointer

    init(in repository: OpaquePointer) throws(LibGit2Error) {
        var made: OpaquePointer?
        try check(git_packbuilder_new(&made, repository))
        guard let made else { throw LibGit2Error(code: -1) }
        raw = made
    }

    deinit { git_packbuilder_free(raw) }

    /// Writes pack and index; every object is hashed again on the way. The session may stop it at its byte limit.
    ///
    /// `git_packbuilder_write` of 1.5.1 counts received bytes from memory it never set, so the indexer is fed here.
    func write(to folder: String, session: RemoteSession?) throws(LibGit2Error) {
        var indexer: OpaquePointer?
        try check(git_indexer_new(&indexer, folder, 0, nil, nil))
        defer { git_indexer_free(indexer) }
        var sink = PackSink(indexer: indexer, session: session)
        try check(
            withUnsafeMutablePointer(to: &sink) { sink in
                git_packbuilder_foreach(
                    raw,
                    { bytes, count, payload in
                        guard let payload else { return GIT_EUSER.rawValue }
                        return payload.assumingMemoryBound(to: PackSink.self).pointee.take(bytes, count)
                    }, sink)
            })
        try check(git_indexer_commit(indexer, &sink.progress))
    }
}

/// Where a pack's bytes go while it is made.
private struct PackSink {
    let indexer: OpaquePointer?
    let session: RemoteSession?
    var progress = git_indexer_progress()
    private var count = 0

    init(indexer: OpaquePointer?, session: RemoteSession?) {
        self.indexer = indexer
        self.session = session
    }

    /// A negative code stops the making.
    mutating func take(_ bytes: UnsafeMutableRawPointer?, _ size: Int) -> Int32 {
        count += size
        let code = session?.note(received: count) ?? 0
        return code < 0 ? code : git_indexer_append(indexer, bytes, size, &progress)
    }
}

import CLibgit2
import FoundationEssentials
import WaybillCore

/// Adds a commit of one file to a reference of the remote, by a push that never rewinds it.
///
/// The reference's history is kept in a repository of its own, apart from the mirror: what was pushed before, and
/// what another controller pushed meanwhile, becomes the parent of the new commit.
struct Publish {
    private let session: RemoteSession
    private let publication: HelperRequest.Publication

    init(session: RemoteSession, _ publication: HelperRequest.Publication) {
        self.session = session
        self.publication = publication
    }

    func commit() throws(Failure) -> CommitID {
        let repository = try openRepository()
        let parent = try currentTip(in: repository)
        let commit: ObjectID
        do throws(LibGit2Error) {
            commit = try write(on: parent, in: repository)
            try repository.point(publication.reference, at: commit)
        } catch {
            throw ScratchRepository.unusable(repository.path, error)
        }
        let remote = try RemoteHandle(in: repository.raw, session: session, direction: GIT_DIRECTION_PUSH)
        try remote.push(publication.reference, session)
        if let refused = session.pushRefusal {
            throw Failure(
                .retry, reason: "PushRejected",
                message:
                    "\(session.address): the remote refused '\(publication.reference)' (\(refused.quotedForMessage)); allow "
                    + "this key or token to push there")
        }
        try? Consolidation(repository: repository.path, scratch: session.request.scratch).runIfDue()
        return try CommitID(commit)
    }

    private func openRepository() throws(Failure) -> ScratchRepository {
        if let opened = try? ScratchRepository(openAt: publication.repository) { return opened }
        return try ScratchRepository(at: publication.repository, sharing: nil)
    }

    /// What the reference names at the remote now, with its history here; nil when there is no such reference.
    private func currentTip(in repository: borrowing ScratchRepository) throws(Failure) -> ObjectID? {
        let remote = try RemoteHandle(in: repository.raw, session: session, direction: GIT_DIRECTION_FETCH)
        let tip: ObjectID?
        do throws(LibGit2Error) {
            tip = try remote.references()[publication.reference]
        } catch {
            throw session.failure(error)
        }
        guard let tip, repository.reference(publication.reference) != tip else { return tip }
        try remote.download([publication.reference], session)
        return tip
    }

    private func write(on parent: ObjectID?, in repository: borrowing ScratchRepository) throws(LibGit2Error)
        -> ObjectID
    {
        var blob = git_oid()
        try check(
            publication.content.withUnsafeBytes {
                git_blob_create_from_buffer(&blob, repository.raw, $0.baseAddress, $0.count)
            })
        var builder: OpaquePointer?
        var tree = git_oid()
        try check(git_treebuilder_new(&builder, repository.raw, nil))
        defer { git_treebuilder_free(builder) }
        try check(git_treebuilder_insert(nil, builder, publication.file, &blob, GIT_FILEMODE_BLOB))
        try check(git_treebuilder_write(&tree, builder))
        let who = "waybill <waybill@localhost> \(publication.time) +0000"
        var lines = ["tree \(ObjectID(tree))"]
        if let parent { lines.append("parent \(parent)") }
        lines += ["author \(who)", "committer \(who)", "", publication.message, ""]
        return try Self.writeCommit(lines.joined(separator: "\n"), in: repository)
    }

    private static func writeCommit(
        _ text: String, in repository: borrowing ScratchRepository
    ) throws(LibGit2Error) -> ObjectID {
        var database: OpaquePointer?
        try check(git_repository_odb(&database, repository.raw))
        defer { git_odb_free(database) }
        var commit = git_oid()
        try check(git_odb_write(&commit, database, text, text.utf8.count, GIT_OBJECT_COMMIT))
        return ObjectID(commit)
    }
}

extension RemoteHandle {
    fileprivate func push(_ reference: String, _ session: RemoteSession) throws(Failure) {
        var options = git_push_options()
        git_push_options_init(&options, UInt32(GIT_PUSH_OPTIONS_VERSION))
        options.callbacks = session.callbacks()
        options.proxy_opts.type = GIT_PROXY_AUTO
        options.follow_redirects = GIT_REMOTE_REDIRECT_NONE
        let code = (reference + ":" + reference).withCString { text -> Int32 in
            var specifications: [UnsafeMutablePointer<CChar>?] = [UnsafeMutablePointer(mutating: text)]
            return specifications.withUnsafeMutableBufferPointer { buffer in
                var list = git_strarray(strings: buffer.baseAddress, count: 1)
                return git_remote_push(raw, &list, &options)
            }
        }
        do throws(LibGit2Error) {
            try check(code)
        } catch {
            throw session.failure(error)
        }
    }
}

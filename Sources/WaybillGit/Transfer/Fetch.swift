import CLibgit2
import Glibc
import WaybillCore

/// Brings the watched branch into the mirror, through a quarantine.
///
/// *Flow*: receive into an empty repository that reads through to the mirror → walk what is new and see that it is all there →
/// rename the packs into the mirror → point the mirror's branch at the commit.
///
/// *Guarantees*: killed anywhere, the mirror holds only whole packs of verified objects, and its branch names a
/// commit that is all there; a lock that is left on it ends with the next fetch. A mirror that cannot be read is replaced
/// as a whole by a rename.
///
/// *Assumptions*: one fetch at a time into one mirror; scratch and mirror are on one file system.
struct Fetch {
    let session: RemoteSession
    let mirror: MirrorFolder

    init(session: RemoteSession, mirror: String) {
        self.session = session
        self.mirror = MirrorFolder(path: mirror)
    }

    func commit() throws(Failure) -> CommitID {
        let tips = mirror.soundTips()
        let quarantine = try ScratchRepository(
            at: session.request.scratch + "/incoming.git", sharing: tips == nil ? nil : mirror.path)
        do throws(LibGit2Error) {
            // The remote is told what is here by the references of the repository that asks.
            for (name, id) in tips ?? [:] { try quarantine.point(name, at: id) }
        } catch {
            throw ScratchRepository.unusable(quarantine.path, error)
        }
        let head = try receive(into: quarantine, known: Array((tips ?? [:]).values))
        if tips?[session.remote.reference] != head {
            var verification = try Verification(
                quarantine: quarantine.path, mirror: tips == nil ? nil : mirror.path, session: session)
            try verification.verify(head)
            try mirror.admit(
                head, as: session.remote.reference, from: quarantine, replacing: tips == nil, session.request.scratch)
        }
        return try CommitID(head)
    }

    /// Receives what the branch has and the mirror has not.
    private func receive(into quarantine: borrowing ScratchRepository, known: [ObjectID]) throws(Failure) -> ObjectID {
        if case .folder(let path) = session.remote.address {
            let source = try FolderSource(path: path, session: session)
            let head = try source.branchHead()
            if !known.contains(head) { try source.pack(head, hiding: known, into: quarantine) }
            return head
        }
        let remote = try RemoteHandle(in: quarantine.raw, session: session, direction: GIT_DIRECTION_FETCH)
        let head = try remote.branchHead(session)
        if !known.contains(head) { try remote.download([session.remote.reference], session) }
        return head
    }
}

extension MirrorFolder {
    /// Takes what a quarantine holds, all of it verified, and points `reference` at `head`.
    func admit(
        _ head: ObjectID, as reference: String, from quarantine: borrowing ScratchRepository, replacing: Bool,
        _ scratch: String
    ) throws(Failure) {
        do {
            if replacing {
                try quarantine.point(reference, at: head)
                try replace(with: quarantine.path, discardingTo: scratch + "/discarded.git")
            } else {
                try takePacks(from: quarantine.path)
                try ScratchRepository(openAt: path).point(reference, at: head)
            }
        } catch {
            if FreeSpace.isExhausted(at: path) { throw FreeSpace.failure(at: path) }
            let words = (error as? LibGit2Error)?.message ?? "\(error)"
            throw Failure(.retry, reason: "GitHelperFailed", message: "cannot write the mirror '\(path)': \(words)")
        }
        // A mirror of many small packs reads slowly, and that is all: a failure here is no failure of the fetch.
        try? Consolidation(repository: path, scratch: scratch).runIfDue()
    }
}

extension RemoteHandle {
    /// Receives what `wanted` reach and the repository has not. References of the repository stay as they are.
    ///
    /// - Parameter wanted: references, patterns of them, or the id of a commit where the remote allows that.
    func download(_ wanted: [String], _ session: RemoteSession) throws(Failure) {
        var options = git_fetch_options()
        git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION))
        options.callbacks = session.callbacks()
        options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
        options.update_fetchhead = 0
        options.proxy_opts.type = GIT_PROXY_AUTO
        options.follow_redirects = GIT_REMOTE_REDIRECT_NONE
        var specifications = wanted.map { strdup($0) }
        defer { for text in specifications { free(text) } }
        let code = specifications.withUnsafeMutableBufferPointer { buffer in
            var list = git_strarray(strings: buffer.baseAddress, count: buffer.count)
            return git_remote_download(raw, &list, &options)
        }
        do throws(LibGit2Error) {
            try check(code)
        } catch {
            throw session.failure(error)
        }
    }
}

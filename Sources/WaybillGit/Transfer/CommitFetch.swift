import CLibgit2
import WaybillCore

/// Brings one commit of a repository into a mirror, through a quarantine as `Fetch` does.
///
/// A server tells which commits it gives: what a branch or tag names, always; others by their id when it says so; else all its branches
/// and tags are received and looked through. Their history comes along, since libgit2 1.5 knows no shallow fetch; from a folder only the
/// commit comes.
struct CommitFetch {
    let session: RemoteSession
    let mirror: MirrorFolder
    let wanted: ObjectID

    init(session: RemoteSession, mirror: String, commit: String) throws(Failure) {
        guard let wanted = ObjectID(parsing: commit) else {
            throw Failure(.stall, reason: "CommitNotFound", message: "\(commit.quotedForMessage) is no commit's id")
        }
        self.session = session
        self.mirror = MirrorFolder(path: mirror)
        self.wanted = wanted
    }

    /// References of the mirror, one for each commit that it was asked for.
    static func reference(to commit: String) -> String { "refs/waybill/commits/\(commit)" }

    func commit() throws(Failure) -> CommitID {
        let tips = mirror.soundTips()
        if let tips, tips.values.contains(wanted) { return try CommitID(wanted) }
        let quarantine = try ScratchRepository(
            at: session.request.scratch + "/incoming.git", sharing: tips == nil ? nil : mirror.path)
        do throws(LibGit2Error) {
            for (name, id) in tips ?? [:] { try quarantine.point(name, at: id) }
        } catch {
            throw ScratchRepository.unusable(quarantine.path, error)
        }
        var isFolder = false
        if case .folder(let path) = session.remote.address {
            isFolder = true
            try FolderSource(path: path, session: session).pack(only: wanted, into: quarantine)
        } else {
            try receive(into: quarantine)
        }
        var verification = try Verification(
            quarantine: quarantine.path, mirror: tips == nil ? nil : mirror.path, withHistory: !isFolder,
            session: session)
        try verification.verify(wanted)
        try mirror.admit(
            wanted, as: Self.reference(to: wanted.description), from: quarantine, replacing: tips == nil,
            session.request.scratch)
        return try CommitID(wanted)
    }

    private func receive(into quarantine: borrowing ScratchRepository) throws(Failure) {
        if try receiveDirectly(into: quarantine) { return }
        let remote = try RemoteHandle(in: quarantine.raw, session: session, direction: GIT_DIRECTION_FETCH)
        try remote.download(["refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*"], session)
        var oid = wanted.raw
        var database: OpaquePointer?
        let isHere = git_repository_odb(&database, quarantine.raw) >= 0 && git_odb_exists(database, &oid) == 1
        git_odb_free(database)
        guard isHere else { throw session.commitNotFound(wanted) }
    }

    /// By a reference that names it, or by its id; false when the server gives it by neither.
    private func receiveDirectly(into quarantine: borrowing ScratchRepository) throws(Failure) -> Bool {
        let remote = try RemoteHandle(in: quarantine.raw, session: session, direction: GIT_DIRECTION_FETCH)
        let references: [String: ObjectID]
        do throws(LibGit2Error) { references = try remote.references() } catch { throw session.failure(error) }
        let named = references.filter { $0.value == wanted && !$0.key.hasSuffix("^{}") && $0.key.hasPrefix("refs/") }
        if let name = named.keys.min() {
            try remote.download([name], session)
            return true
        }
        do throws(Failure) {
            try remote.download([wanted.description], session)
            return true
        } catch {
            // Too much, no access: the answer will not be another one. All else may only mean that it does not give single commits.
            if let refusal = session.refusal { throw refusal }
            return false
        }
    }
}

/// Names the commit of a branch or tag without a transfer.
struct NameLookup {
    let session: RemoteSession
    let name: String

    func commit() throws(Failure) -> CommitID {
        let places = [name, "refs/heads/\(name)", "refs/tags/\(name)"].filter { $0.hasPrefix("refs/") || $0 == "HEAD" }
        var found: [String: ObjectID] = [:]
        if case .folder(let path) = session.remote.address {
            let source = try FolderSource(path: path, session: session)
            for place in places { found[place] = try source.commit(of: place) }
        } else {
            let repository = try ScratchRepository(at: session.request.scratch + "/empty.git", sharing: nil)
            let remote = try RemoteHandle(in: repository.raw, session: session, direction: GIT_DIRECTION_FETCH)
            let references: [String: ObjectID]
            do throws(LibGit2Error) { references = try remote.references() } catch { throw session.failure(error) }
            for place in places { found[place] = references[place + "^{}"] ?? references[place] }
        }
        let commits = Set(found.values)
        guard let commit = commits.first else {
            throw Failure(
                .stall, reason: "NameNotFound",
                message: "\(session.address): there is no branch or tag \(name.quotedForMessage); check its spelling")
        }
        guard commits.count == 1 else {
            throw Failure(
                .stall, reason: "NameAmbiguous",
                message:
                    "\(session.address): \(name.quotedForMessage) is a branch and a tag, of different commits; write "
                    + "'refs/heads/\(name)' or 'refs/tags/\(name)'")
        }
        return try CommitID(commit)
    }
}

extension RemoteSession {
    /// The remote answers, and has no such commit.
    func commitNotFound(_ commit: ObjectID) -> Failure {
        Failure(
            .stall, reason: "CommitNotFound",
            message:
                "\(address): it has no commit \(commit), or no branch and no tag that reaches it; push it there, or "
                + "name another one")
    }
}

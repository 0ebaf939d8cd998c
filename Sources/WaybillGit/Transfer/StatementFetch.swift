import CLibgit2
import WaybillCore

/// Brings what the remote's refs below one prefix name into the mirror, through a quarantine as `Fetch` does, and removes from the
/// mirror those that the remote no longer has.
///
/// *Guarantees*: a ref that cannot be taken keeps no other one out, and is named in the failure that follows once all others are there.
/// The mirror's branch is not touched.
/// *Assumptions*: the branch was fetched before; without a mirror nothing is done.
struct StatementFetch {
    let session: RemoteSession
    let mirror: MirrorFolder
    let prefix: String

    init(session: RemoteSession, mirror: String, prefix: String) {
        self.session = session
        self.mirror = MirrorFolder(path: mirror)
        self.prefix = prefix
    }

    /// Refs that are followed at most, in the order of their names.
    private static let mostRefs = 1000

    /// - Returns: the commit that the watched branch names.
    func commit() throws(Failure) -> CommitID {
        let (head, all) = try listed()
        guard let tips = mirror.soundTips() else { return try CommitID(head) }
        let wanted = all.filter { $0.key.hasPrefix(prefix) && !$0.key.hasSuffix("^{}") }
        let followed = wanted.sorted { $0.key < $1.key }.prefix(Self.mostRefs)
        let new = followed.filter { tips[$0.key] != $0.value }
        let gone = tips.keys.filter { $0.hasPrefix(prefix) && wanted[$0] == nil }
        try remove(gone.sorted())
        guard !new.isEmpty else { return try CommitID(head) }
        // Together when all are sound, as they are nearly always; else each for itself.
        do throws(Failure) {
            try take(Array(new), tips)
        } catch let together where new.count > 1 {
            _ = together
            var refused: [(name: String, failure: Failure)] = []
            for (place, one) in new.enumerated() {
                do throws(Failure) { try take([one], tips, number: place + 1) } catch {
                    refused.append((one.key, error))
                }
            }
            if let first = refused.first {
                throw Failure(
                    .retry, reason: "RefRefused",
                    message:
                        "\(refused.count) of \(new.count) new refs cannot be taken: \(first.name.quotedForMessage): "
                        + first.failure.message)
            }
        }
        return try CommitID(head)
    }

    private func listed() throws(Failure) -> (head: ObjectID, references: [String: ObjectID]) {
        if case .folder(let path) = session.remote.address {
            let source = try FolderSource(path: path, session: session)
            return (try source.branchHead(), try source.references(below: prefix))
        }
        let repository = try ScratchRepository(at: session.request.scratch + "/empty.git", sharing: nil)
        let remote = try RemoteHandle(in: repository.raw, session: session, direction: GIT_DIRECTION_FETCH)
        let head = try remote.branchHead(session)
        do throws(LibGit2Error) { return (head, try remote.references()) } catch { throw session.failure(error) }
    }

    private func take(
        _ references: [(key: String, value: ObjectID)], _ tips: [String: ObjectID], number: Int = 0
    ) throws(Failure) {
        let quarantine = try ScratchRepository(
            at: session.request.scratch + "/incoming-\(number).git", sharing: mirror.path)
        do throws(LibGit2Error) {
            for (name, id) in tips { try quarantine.point(name, at: id) }
        } catch {
            throw ScratchRepository.unusable(quarantine.path, error)
        }
        if case .folder(let path) = session.remote.address {
            let source = try FolderSource(path: path, session: session)
            for (_, id) in references { try source.pack(id, hiding: Array(tips.values), into: quarantine) }
        } else {
            let remote = try RemoteHandle(in: quarantine.raw, session: session, direction: GIT_DIRECTION_FETCH)
            try remote.download(references.map(\.key), session)
        }
        var verification = try Verification(quarantine: quarantine.path, mirror: mirror.path, session: session)
        for (_, id) in references { try verification.verify(id) }
        do {
            try mirror.takePacks(from: quarantine.path)
            let opened = try ScratchRepository(openAt: mirror.path)
            for (name, id) in references { try opened.point(name, at: id) }
        } catch {
            let words = (error as? LibGit2Error)?.message ?? "\(error)"
            throw Failure(
                .retry, reason: "GitHelperFailed", message: "cannot write the mirror '\(mirror.path)': \(words)")
        }
    }

    private func remove(_ names: [String]) throws(Failure) {
        guard !names.isEmpty else { return }
        do throws(LibGit2Error) {
            let opened = try ScratchRepository(openAt: mirror.path)
            for name in names { try check(git_reference_remove(opened.raw, name)) }
        } catch {
            throw ScratchRepository.unusable(mirror.path, error)
        }
    }
}

extension FolderSource {
    /// The references of the remote whose names begin with `prefix`.
    fileprivate func references(below prefix: String) throws(Failure) -> [String: ObjectID] {
        var found: [String: ObjectID] = [:]
        for name in try names() where name.hasPrefix(prefix) { found[name] = try commit(of: name) }
        return found
    }
}

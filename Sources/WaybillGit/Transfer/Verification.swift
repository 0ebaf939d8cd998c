import CLibgit2
import WaybillCore

/// Sees that all that a received commit reaches is there and is what it is said to be.
///
/// libgit2 hashes each object of a pack while it indexes it, so no content can be wrong; but it does not look whether
/// objects are missing. The walk ends at what the mirror has: everything in the mirror is complete.
struct Verification: ~Copyable {
    private let received: ObjectStore
    private let mirror: ObjectStore?
    private let session: RemoteSession
    /// Whether the commits before the wanted one must be there, too.
    private let withHistory: Bool
    private var seen: Set<ObjectID> = []
    private var pending: [(id: ObjectID, type: git_object_t)] = []

    init(quarantine: String, mirror: String?, withHistory: Bool = true, session: RemoteSession) throws(Failure) {
        let opened = try Self.open(quarantine)
        let known: ObjectStore?
        if let mirror { known = try Self.open(mirror) } else { known = nil }
        received = opened
        self.mirror = known
        self.withHistory = withHistory
        self.session = session
    }

    private static func open(_ folder: String) throws(Failure) -> ObjectStore {
        do throws(LibGit2Error) {
            return try ObjectStore(packsOf: folder)
        } catch {
            throw ScratchRepository.unusable(folder, error)
        }
    }

    /// Walks from `head` on. Memory grows with what is new, never with nesting.
    mutating func verify(_ head: ObjectID) throws(Failure) {
        add(head, GIT_OBJECT_COMMIT)
        while let (id, type) = pending.popLast() {
            if mirror?.contains(id) ?? false { continue }
            try requireType(type, of: id)
            if type == GIT_OBJECT_COMMIT { try openCommit(id) }
            if type == GIT_OBJECT_TREE {
                for entry in try received.tree(id) { add(entry) }
            }
        }
    }

    private mutating func add(_ id: ObjectID, _ type: git_object_t) {
        if seen.insert(id).inserted { pending.append((id, type)) }
    }

    private mutating func add(_ entry: TreeEntry) {
        switch entry.kind {
        case .file, .symbolicLink: add(entry.id, GIT_OBJECT_BLOB)
        case .folder: add(entry.id, GIT_OBJECT_TREE)
        // A submodule's commit is in another repository; what a mode unknown to git means, nobody reads.
        case .submodule, .unknown: break
        }
    }

    private mutating func openCommit(_ id: ObjectID) throws(Failure) {
        let parts: (tree: ObjectID, parents: [ObjectID])
        do throws(LibGit2Error) {
            parts = try received.commitParts(of: id)
        } catch {
            throw broken("sent commit \(id), which cannot be read: \(error.message)")
        }
        add(parts.tree, GIT_OBJECT_TREE)
        for parent in parts.parents where withHistory { add(parent, GIT_OBJECT_COMMIT) }
    }

    private func requireType(_ type: git_object_t, of id: ObjectID) throws(Failure) {
        let name = String(cString: git_object_type2string(type))
        let found: git_object_t
        do throws(LibGit2Error) {
            found = try received.header(of: id).type
        } catch {
            throw broken("did not send \(name) \(id), which its branch needs (it is damaged, or a shallow clone)")
        }
        guard found == type else {
            throw broken(
                "sent \(String(cString: git_object_type2string(found))) \(id) where its branch needs a \(name)")
        }
    }

    private func broken(_ what: String) -> Failure {
        Failure(
            .stall, reason: "RemoteIncomplete",
            message: "\(session.address): the remote \(what); run `git fsck` there. Nothing of this fetch was kept")
    }
}

extension ObjectStore {
    /// What a commit names.
    fileprivate func commitParts(of id: ObjectID) throws(LibGit2Error) -> (tree: ObjectID, parents: [ObjectID]) {
        let commit = try CommitHandle(id, in: self)
        guard let tree = git_commit_tree_id(commit.raw) else { throw LibGit2Error(code: -1) }
        let parents = (0..<git_commit_parentcount(commit.raw)).compactMap { index in
            git_commit_parent_id(commit.raw, index).map { ObjectID($0.pointee) }
        }
        return (ObjectID(tree.pointee), parents)
    }
}

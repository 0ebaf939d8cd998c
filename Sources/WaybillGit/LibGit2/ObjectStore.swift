import CLibgit2
import WaybillCore

/// The one owner of an open object database and of the repository handle that looks into it.
///
/// Not safe to use from two threads at once: it lives inside one actor, or inside one synchronous frame.
struct ObjectStore: ~Copyable {
    let database: OpaquePointer
    let repository: OpaquePointer
    /// The folder of its packs.
    let packs: String

    /// Opens the packs under `folder/objects` and nothing else.
    ///
    /// A mirror holds only packs that came through a verified fetch. Loose objects are not looked at on purpose: libgit2
    /// hangs on a truncated one and runs out of memory on one whose header lies.
    init(packsOf folder: String) throws(LibGit2Error) {
        var opened: OpaquePointer?
        try check(git_odb_new(&opened))
        guard let database = opened else { throw LibGit2Error(code: -1) }
        var backend: OpaquePointer?
        var wrapped: OpaquePointer?
        do throws(LibGit2Error) {
            try check(git_odb_backend_pack(&backend, folder + "/objects"))
            try check(git_odb_add_backend(database, backend, 1))
            try check(git_repository_wrap_odb(&wrapped, database))
        } catch {
            git_odb_free(database)
            throw error
        }
        guard let repository = wrapped else {
            git_odb_free(database)
            throw LibGit2Error(code: -1)
        }
        self.database = database
        self.repository = repository
        packs = folder + "/objects/pack"
    }

    /// Opens a whole repository: its packs, loose objects, alternates and references.
    init(repositoryAt path: String, flags: git_repository_open_flag_t) throws(LibGit2Error) {
        var opened: OpaquePointer?
        try check(git_repository_open_ext(&opened, path, flags.rawValue, nil))
        guard let repository = opened else { throw LibGit2Error(code: -1) }
        var found: OpaquePointer?
        do throws(LibGit2Error) {
            try check(git_repository_odb(&found, repository))
        } catch {
            git_repository_free(repository)
            throw error
        }
        guard let database = found else {
            git_repository_free(repository)
            throw LibGit2Error(code: -1)
        }
        self.database = database
        self.repository = repository
        packs = (git_repository_commondir(repository).map { String(cString: $0) } ?? path + "/") + "objects/pack"
    }

    deinit {
        git_repository_free(repository)
        git_odb_free(database)
    }

    func contains(_ id: ObjectID) -> Bool {
        var raw = id.raw
        return git_odb_exists(database, &raw) == 1
    }

    /// Type and size as the object's header states them; reads no content.
    func header(of id: ObjectID) throws(LibGit2Error) -> (type: git_object_t, size: Int) {
        var raw = id.raw
        var size = 0
        var type = GIT_OBJECT_INVALID
        try check(git_odb_read_header(&size, &type, database, &raw))
        return (type, size)
    }

    /// The object's content, hashed and compared with its id by libgit2 on the way.
    func withContent<Result>(
        of id: ObjectID, _ body: (git_object_t, UnsafeRawBufferPointer) -> Result
    ) throws(LibGit2Error) -> Result {
        var raw = id.raw
        var opened: OpaquePointer?
        try check(git_odb_read(&opened, database, &raw))
        guard let object = opened else { throw LibGit2Error(code: -1) }
        defer { git_odb_object_free(object) }
        let bytes = UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object))
        return body(git_odb_object_type(object), bytes)
    }
}

import CLibgit2
import FoundationEssentials
import Glibc
import WaybillCore

/// A bare repository of libgit2, made or opened at a folder; freed with its owner.
struct ScratchRepository: ~Copyable {
    let raw: OpaquePointer
    let path: String

    /// Makes a bare repository at `path` that reads through to the objects of the repository at `other`.
    init(at path: String, sharing other: String?) throws(Failure) {
        var made: OpaquePointer?
        let code = git_repository_init(&made, path, 1)
        guard code == 0, let made else { throw Self.unusable(path, LibGit2Error(code: code)) }
        let alternates = Data(((other ?? "") + "/objects\n").utf8)
        let isReady =
            other == nil
            || FileManager.default.createFile(atPath: path + "/objects/info/alternates", contents: alternates)
        guard isReady else {
            git_repository_free(made)
            throw Failure(.retry, reason: "GitHelperFailed", message: "cannot write '\(path)/objects/info/alternates'")
        }
        raw = made
        self.path = path
    }

    /// Opens the bare repository at `path`, which Waybill made.
    init(openAt path: String) throws(LibGit2Error) {
        var opened: OpaquePointer?
        try check(git_repository_open_bare(&opened, path))
        guard let opened else { throw LibGit2Error(code: -1) }
        raw = opened
        self.path = path
    }

    deinit { git_repository_free(raw) }

    /// Every reference that names an object directly.
    func references() throws(LibGit2Error) -> [String: ObjectID] {
        var names = git_strarray()
        try check(git_reference_list(&names, raw))
        defer { git_strarray_dispose(&names) }
        var found: [String: ObjectID] = [:]
        for index in 0..<names.count {
            guard let name = names.strings[index] else { continue }
            if let id = reference(String(cString: name)) { found[String(cString: name)] = id }
        }
        return found
    }

    func reference(_ name: String) -> ObjectID? {
        var oid = git_oid()
        return git_reference_name_to_id(&oid, raw, name) == 0 ? ObjectID(oid) : nil
    }

    /// Points a reference at an object that is here, whatever it named before. Nobody else may write to the repository: a
    /// reference that is locked was left so by a helper that was killed, and would be locked for ever.
    func point(_ name: String, at id: ObjectID) throws(LibGit2Error) {
        unlink(path + "/" + name + ".lock")
        var oid = id.raw
        var made: OpaquePointer?
        try check(git_reference_create(&made, raw, name, &oid, 1, nil))
        git_reference_free(made)
    }

    static func unusable(_ path: String, _ error: LibGit2Error) -> Failure {
        FreeSpace.isExhausted(at: path)
            ? FreeSpace.failure(at: path)
            : Failure(.retry, reason: "GitHelperFailed", message: "cannot write '\(path)': \(error.message)")
    }
}

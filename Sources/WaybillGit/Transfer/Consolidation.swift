import CLibgit2
import FoundationEssentials
import Glibc

/// Puts a repository's small packs and loose objects together into one pack, so that thousands of fetches do not
/// leave thousands of files. Big packs stay as they are: the work done again stays small.
struct Consolidation {
    let repository: String
    let scratch: String

    /// Small packs, and loose objects, that are left alone.
    private static let toleratedPacks = 40
    private static let toleratedObjects = 600
    /// A pack of this many bytes is not small.
    private static let smallPack = 16 << 20

    func runIfDue() throws {
        let packs = smallPacks()
        let loose = looseObjects()
        guard packs.count > Self.toleratedPacks || loose.count > Self.toleratedObjects else { return }
        let made = scratch + "/packed"
        try FileManager.default.createDirectory(atPath: made + "/objects/pack", withIntermediateDirectories: true)
        try write(objects(ofPacks: packs) + loose.map(\.id), to: made + "/objects/pack")
        let new = try FileManager.default.contentsOfDirectory(atPath: made + "/objects/pack")
        try MirrorFolder(path: repository).takePacks(from: made)
        // What is removed now is in the new pack, which is durable. A reader that meets the gap opens its packs anew.
        for pack in packs where !new.contains(pack + ".idx") {
            for ending in [".idx", ".pack"] { unlink(repository + "/objects/pack/" + pack + ending) }
        }
        for object in loose { unlink(object.path) }
    }

    private func write(_ objects: [ObjectID], to folder: String) throws(LibGit2Error) {
        let source = try ObjectStore(repositoryAt: repository, flags: GIT_REPOSITORY_OPEN_BARE)
        let pack = try PackBuilder(in: source.repository)
        for object in objects {
            var oid = object.raw
            try check(git_packbuilder_insert(pack.raw, &oid, nil))
        }
        try pack.write(to: folder, session: nil)
    }

    /// Names without their endings.
    private func smallPacks() -> [String] {
        let folder = repository + "/objects/pack/"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".idx") }.map { String($0.dropLast(4)) }.filter { name in
            var facts = stat()
            return stat(folder + name + ".pack", &facts) == 0 && facts.st_size < Self.smallPack
        }
    }

    private func objects(ofPacks packs: [String]) throws(LibGit2Error) -> [ObjectID] {
        var opened: OpaquePointer?
        try check(git_odb_new(&opened))
        guard let database = opened else { throw LibGit2Error(code: -1) }
        defer { git_odb_free(database) }
        for pack in packs {
            var backend: OpaquePointer?
            try check(git_odb_backend_one_pack(&backend, repository + "/objects/pack/" + pack + ".idx"))
            try check(git_odb_add_backend(database, backend, 1))
        }
        var found: [ObjectID] = []
        try check(
            withUnsafeMutablePointer(to: &found) { found in
                git_odb_foreach(
                    database,
                    { id, payload in
                        guard let id, let payload else { return 0 }
                        payload.assumingMemoryBound(to: [ObjectID].self).pointee.append(ObjectID(id.pointee))
                        return 0
                    }, found)
            })
        return found
    }

    private func looseObjects() -> [(id: ObjectID, path: String)] {
        let folder = repository + "/objects/"
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return folders.filter { $0.utf8.count == 2 }.flatMap { first -> [(id: ObjectID, path: String)] in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder + first)) ?? []
            return names.compactMap { name in
                ObjectID(parsing: first + name).map { ($0, folder + first + "/" + name) }
            }
        }
    }
}

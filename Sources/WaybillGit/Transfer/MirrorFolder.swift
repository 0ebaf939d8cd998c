import CLibgit2
import FoundationEssentials
import Glibc

/// The mirror's folder: a bare repository of packs and one branch.
struct MirrorFolder: Sendable {
    let path: String

    /// A file of this name in the mirror says that an object could not be read: the next fetch replaces it all.
    private var brokenMark: String { path + "/waybill-broken" }

    /// What each branch of the mirror names; nil when there is no mirror, or none that can be relied on.
    func soundTips() -> [String: ObjectID]? {
        guard access(brokenMark, F_OK) != 0, let repository = try? ScratchRepository(openAt: path),
            let tips = try? repository.references(), !tips.isEmpty, let store = try? ObjectStore(packsOf: path)
        else { return nil }
        for id in tips.values {
            guard let header = try? store.header(of: id), header.type == GIT_OBJECT_COMMIT else { return nil }
        }
        return tips
    }

    /// Remembers, also across a restart, that this mirror cannot be relied on.
    func markBroken() {
        _ = FileManager.default.createFile(atPath: brokenMark, contents: nil)
    }

    /// Takes another repository's packs by renaming them. An index comes after its pack: libgit2 looks for indexes.
    func takePacks(from other: String) throws(SystemError) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: other + "/objects/pack")) ?? []
        for ending in [".pack", ".idx"] {
            for name in names where name.hasPrefix("pack-") && name.hasSuffix(ending) {
                guard rename(other + "/objects/pack/" + name, path + "/objects/pack/" + name) == 0 else { throw .last }
            }
        }
        try Self.sync(path + "/objects/pack")
    }

    /// Puts the repository at `other` in this one's place.
    func replace(with other: String, discardingTo discarded: String) throws(SystemError) {
        if access(path, F_OK) == 0 {
            guard rename(path, discarded) == 0 else { throw .last }
        }
        guard rename(other, path) == 0 else { throw .last }
        try Self.sync(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
    }

    /// Makes a folder's entries durable.
    static func sync(_ folder: String) throws(SystemError) {
        let opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw .last }
        let descriptor = Descriptor(opened)
        guard fsync(descriptor.raw) == 0 else { throw .last }
    }
}

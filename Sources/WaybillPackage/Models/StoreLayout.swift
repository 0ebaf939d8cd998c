import WaybillCore

/// Where things stand below the store's root, by the key of an artifact set.
///
///     sets/KEY/      the files, 0444, in folders that every user may enter
///     work/KEY/      a copy under way; what a crash left is removed before the next
///     index/KEY      what each file looked like when it was last hashed
///     locks/KEY      held while the set is staged or removed
struct StoreLayout: Hashable, Sendable {
    let root: String

    var sets: String { "\(root)/sets" }
    var work: String { "\(root)/work" }
    var index: String { "\(root)/index" }
    var locks: String { "\(root)/locks" }

    /// Digests of the files of every set that is here.
    func heldDigests() throws(Failure) -> Set<Digest> {
        do throws(SystemError) {
            var digests: Set<Digest> = []
            for name in try entries(of: sets) {
                let files = FolderIndex(path: "\(index)/\(name)").load().values
                digests.formUnion(files.compactMap { try? Digest(parsing: $0.digest) })
            }
            return digests
        } catch { throw .disk(error) }
    }

    /// Makes the folders. Another user may enter the sets, and nothing else.
    func make() throws(Failure) {
        do throws(SystemError) {
            try makeFolder(root, mode: 0o711)
            try makeFolder(sets, mode: 0o711)
            for path in [work, index, locks] { try makeFolder(path, mode: 0o700) }
        } catch { throw .disk(error) }
    }
}

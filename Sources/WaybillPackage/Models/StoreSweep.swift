import Glibc
import WaybillCore

/// Removes what no key needs that is kept: sets, records, leftovers of crashes, and locks that nobody holds.
struct StoreSweep {
    let layout: StoreLayout
    let content: ContentStore

    /// Keys of which more than a lock is there and that `isKept` does not keep.
    func keys(isKept: (String) -> Bool) throws(SystemError) -> [String] {
        try keys(in: [layout.sets, layout.work, layout.index]).filter { !isKept($0) }
    }

    /// Removes the sets of `keys` and all that crashes left; returns the keys that are gone.
    func run(_ keys: Set<String>) throws(SystemError) -> [String] {
        var gone: [String] = []
        for key in try self.keys(in: [layout.sets, layout.work, layout.index, layout.locks])
        where try sweep(key, isUnneeded: keys.contains(key)) {
            gone.append(key)
        }
        return gone
    }

    private func keys(in folders: [String]) throws(SystemError) -> [String] {
        var keys: Set<String> = []
        for folder in folders { keys.formUnion(try entries(of: folder).map { String($0.prefix { $0 != "." }) }) }
        return keys.sorted()
    }

    /// True when it removed an unneeded set.
    private func sweep(_ key: String, isUnneeded: Bool) throws(SystemError) -> Bool {
        guard let lock = try FileLock.take("\(layout.locks)/\(key)") else { return false }
        defer { withExtendedLifetime(lock) {} }
        for name in try entries(of: layout.work) where name.hasPrefix(key) { try removeTree("\(layout.work)/\(name)") }
        let isThere = try fileStatus("\(layout.sets)/\(key)") != nil
        guard isUnneeded || !isThere else { return false }
        let files = FolderIndex(path: "\(layout.index)/\(key)").load().values.compactMap { file in
            (try? Digest(parsing: file.digest)).map { (path: file.path, digest: $0) }
        }
        for name in try entries(of: layout.index) where name.hasPrefix(key) {
            try removeTree("\(layout.index)/\(name)")
        }
        try StagedFolder(path: "\(layout.sets)/\(key)", content: content).remove(files: files)
        lock.removeFile()
        return isUnneeded
    }
}

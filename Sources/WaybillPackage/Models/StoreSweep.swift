import Glibc
import WaybillCore

/// Removes what no kept key needs: sets, records, leftovers of crashes, and locks that nobody holds.
struct StoreSweep {
    let layout: StoreLayout
    let content: ContentStore
    let kept: Set<String>

    func run() throws(SystemError) {
        var keys: Set<String> = []
        for folder in [layout.sets, layout.work, layout.index, layout.locks] {
            keys.formUnion(try entries(of: folder).map { String($0.prefix { $0 != "." }) })
        }
        for key in keys.sorted() { try sweep(key) }
    }

    private func sweep(_ key: String) throws(SystemError) {
        guard let lock = try FileLock.take("\(layout.locks)/\(key)") else { return }
        defer { withExtendedLifetime(lock) {} }
        for name in try entries(of: layout.work) where name.hasPrefix(key) { try removeTree("\(layout.work)/\(name)") }
        guard !kept.contains(key) else { return }
        let files = FolderIndex(path: "\(layout.index)/\(key)").load().values.compactMap { file in
            (try? Digest(parsing: file.digest)).map { (path: file.path, digest: $0) }
        }
        for name in try entries(of: layout.index) where name.hasPrefix(key) {
            try removeTree("\(layout.index)/\(name)")
        }
        try StagedFolder(path: "\(layout.sets)/\(key)", content: content).remove(files: files)
        lock.removeFile()
    }
}

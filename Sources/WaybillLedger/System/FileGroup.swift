import Glibc

/// Puts many files in their places at the price of few syncs: all are written under temporary names, then each is synced and
/// renamed, then each folder is synced once.
///
/// What was put is there, for a reader and after a crash, when `settle` returns; before that the old file stands or the whole new one.
/// Belongs to one thread at a time.
final class FileGroup {
    private final class Written {
        let file: OpenFile
        let temporary: String
        let path: String

        init(_ path: String, _ bytes: [UInt8], mode: mode_t) throws(SystemError) {
            self.path = path
            temporary = path + FileSystem.temporarySuffix
            file = try OpenFile(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
            try file.write(bytes, at: 0)
        }
    }

    private final class Folder {
        let file: OpenFile
        init(_ path: String) throws(SystemError) { file = try OpenFile(path, O_RDONLY | O_DIRECTORY) }
    }

    private var written: [Written] = []
    /// Open from before the first write in them until their names are durable: closed in between, one could lose an error.
    private var folders: [String: Folder] = [:]

    /// Files that are open at most.
    private static let limit = 64

    /// Puts `bytes` at `path` by the next `settle`; a group that is full settles itself.
    func put(_ bytes: [UInt8], at path: String, mode: mode_t) throws(SystemError) {
        if written.count == Self.limit { try settle() }
        let parent = FileSystem.parent(of: path)
        if folders[parent] == nil { folders[parent] = try Folder(parent) }
        written.append(try Written(path, bytes, mode: mode))
    }

    /// - Throws: and has then forgotten the group; what it holds is put again by whoever starts over.
    func settle() throws(SystemError) {
        let (files, places) = (written, folders)
        (written, folders) = ([], [:])
        for file in files {
            try file.file.syncAll()
            try FileSystem.rename(file.temporary, to: file.path)
        }
        for place in places.values { try place.file.syncAll() }
    }
}

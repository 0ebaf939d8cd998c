import WaybillCore

/// A file of a commit that is about to be read.
enum FileBytes: Sendable {
    /// In pieces.
    case packed(PackedBlob)
    /// Held whole: git keeps it as its difference to another file, or apart from its packs.
    case whole([UInt8])

    /// Bytes past which a file is not held whole.
    static let wholeLimit = 256 << 20
}

extension TreeReader {
    /// Finds the file at `path`, which must be reached without links.
    func locate(_ path: FolderPath, at commit: CommitID, limit: Int64) throws(Failure) -> FileBytes {
        try reading { store throws(Failure) in try store.locate(try store.file(path, at: commit), limit: limit) }
    }

    func locate(_ blob: BlobID, limit: Int64) throws(Failure) -> FileBytes {
        try reading { store throws(Failure) in try store.locate(blob, limit: limit) }
    }
}

extension ObjectStore {
    /// - Throws: `FileTooLarge`, stalling, for more than `limit` bytes, and for more than is held where it cannot be read in pieces.
    fileprivate func locate(_ id: BlobID, limit: Int64) throws(Failure) -> FileBytes {
        if let packed = PackedBlob.find(ObjectID(id), inPacksOf: packs) {
            guard packed.size <= limit else { throw Self.tooLarge(id, size: packed.size, limit: limit) }
            return .packed(packed)
        }
        do throws(Failure) {
            return .whole(try blob(id, limit: Int(min(limit, Int64(FileBytes.wholeLimit)))))
        } catch {
            guard error.reason == "FileTooLarge", let size = (try? header(of: ObjectID(id)))?.size, size <= limit else {
                throw error
            }
            throw Failure(
                .stall, reason: "FileIntricate",
                message:
                    "blob \(id) has \(size) bytes and is kept as its difference to another file, which has to be put together in "
                    + "memory, for at most \(FileBytes.wholeLimit) bytes; write 'FILE -delta' for it into .gitattributes and pack the "
                    + "repository again ('git repack -adF'), or keep it outside of git")
        }
    }
}

/// Gives files in pieces to whoever writes them, on a thread of its own, so that nobody waits who reads small ones.
actor FileStream {
    private let executor: BlockingExecutor
    private static let piece = 1 << 20

    init(label: String) { executor = BlockingExecutor(label: label) }

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    func give(
        _ bytes: FileBytes, from offset: Int64, into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        switch bytes {
        case .packed(let blob): try blob.read(from: offset, into: sink)
        case .whole(let bytes):
            var at = Int(min(offset, Int64(bytes.count)))
            while at < bytes.count {
                let end = min(at + Self.piece, bytes.count)
                let given = bytes[at..<end].withUnsafeBytes { piece in
                    Result { () throws(Failure) in try sink(piece) }
                }
                try given.get()
                at = end
            }
        }
    }
}

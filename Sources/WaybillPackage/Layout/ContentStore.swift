import Glibc
package import WaybillCore

/// Every byte that Waybill packages, once, by its digest: an OCI image layout on this machine, shared by every process that uses the
/// same root.
///
/// **Guarantees.** A blob is whole or absent, after any crash: bytes arrive beside the layout, are hashed on the way, compared, made
/// durable, made read-only and moved into place in one step. The index is replaced in one step, under a lock. The same digest never
/// arrives twice at once, nor again once held. Memory stays at a buffer for each blob under way, whatever its size.
///
/// **Assumptions.** Nobody but this user (and root) writes below `root`. A blob may share its file with the folders that serve it
/// (`place`), so a change of that file is a change of the blob: its inode, size and times are compared with those of its last hashing
/// before it is believed, and it is hashed again when they differ.
package struct ContentStore: Sendable {
    static let blobMode: UInt32 = 0o444

    let layout: ContentLayout
    let work = BlockingWork(label: "waybill.content")

    /// Told of bytes that are refused, right before they are removed.
    var refused: (@Sendable (Refusal) -> Void)?

    /// Bytes that are not those of a blob that was to come.
    struct Refusal: Sendable {
        let digest: Digest
        /// Where they are for another moment.
        let path: String
        /// What they are, all of them; nil when the source had more, or broke off.
        let content: Content?
    }

    /// `root` is an absolute path; made when it is first needed.
    package init(root: String) { layout = ContentLayout(root: root) }

    /// What is known of a blob.
    enum Holding: Hashable, Sendable {
        case absent
        /// Its bytes are those of its digest.
        case sound(size: Int64)
        /// Its bytes are others.
        case rotten(found: Digest)
    }

    /// A rotten blob that was moved aside.
    package struct Quarantined: Hashable, Sendable {
        package let digest: Digest
        package let found: Digest
        package let path: String
    }

    /// Looks at the blob; reads it only when its file is not as it was when it was last hashed, or when `rehash` asks for it.
    /// `hashed` is told the bytes of each piece that is read.
    func examine(
        _ digest: Digest, rehash: Bool = false, _ cancellation: Cancellation, hashed: (Int) -> Void = { _ in }
    ) throws(Failure) -> Holding {
        let path = layout.blob(digest)
        do throws(SystemError) {
            guard let status = try fileStatus(path) else { return .absent }
            let now = StoredFile(path: "", digest: digest, status: status)
            if !rehash, status.isRegularFile, now == layout.record(digest).load()[""] {
                return .sound(size: now.size)
            }
        } catch { throw .disk(error) }
        let found = try FileCopy.digest(ofEntry: path, cancellation, hashed: hashed)
        guard found == digest else { return .rotten(found: found) }
        return .sound(size: try remember(digest))
    }

    /// Brings the blob here unless it is held: `write` fills the partial file and says what it wrote, nil when that was too much;
    /// `judge` throws when it is not what was meant. Gives a rotten blob that had to make place.
    ///
    /// Needs the layout's folders. Nothing is left of a blob that was refused; what a failure that says `retry` left of a
    /// `resumable` one stays for the next try.
    func bring(
        _ digest: Digest, size: Int64, resumable: Bool = false,
        judge: @escaping @Sendable (Content?) throws(Failure) -> Void,
        write: (PartialBlob) async throws(Failure) -> Content?
    ) async throws(Failure) -> Quarantined? {
        let lock = try await lock(digest)
        defer {
            lock.removeFile()
            withExtendedLifetime(lock) {}
        }
        let holding = try await work.run { (cancellation) throws(Failure) in try examine(digest, cancellation) }
        if case .sound = holding { return nil }
        var quarantined: Quarantined?
        if case .rotten(let found) = holding { quarantined = try setAside(digest, found: found) }
        let partial = try PartialBlob(path: layout.partial(digest), limit: size)
        var content: Content?
        do throws(Failure) {
            if !resumable { try partial.restart() }
            content = try await write(partial)
            try judge(content)
            try await work.run { (_) throws(Failure) in try publish(partial, as: digest) }
        } catch {
            // A full disk gets back what was written: there may be no room to go on for long.
            if !resumable || error.disposition == .stall || error.reason == "DiskFull" {
                refused?(Refusal(digest: digest, path: partial.path, content: content))
                partial.discard()
            }
            throw error
        }
        return quarantined
    }

    /// Holds bytes that are in memory.
    @discardableResult
    package func put(_ bytes: [UInt8]) async throws(Failure) -> Digest {
        let digest = Digest(of: bytes)
        _ = try await bring(digest, size: Int64(bytes.count), judge: { _ in }) { (partial) throws(Failure) in
            do throws(SystemError) {
                try FileCopy.write(bytes, to: partial.descriptor, path: partial.path)
            } catch { throw .disk(error) }
            return Content(digest: digest, size: Int64(bytes.count))
        }
        return digest
    }

    /// The bytes of a small blob, hashed as they are read; nil when it is not held or they are others.
    package func bytes(of digest: Digest, limit: Int = 4 << 20) async throws(Failure) -> [UInt8]? {
        try await work.run { [layout] (_) throws(Failure) in
            guard let bytes = try DurableFile.read(layout.blob(digest), limit: limit) else { return nil }
            return Digest(of: bytes) == digest ? bytes : nil
        }
    }

    /// Bytes of `artifacts` that are here, with those under way, and of all of them; equal files count once.
    package func held(_ artifacts: [Artifact]) -> (done: Int64, total: Int64) {
        let sizes = Dictionary(artifacts.map { ($0.digest, max($0.size, 0)) }, uniquingKeysWith: { first, _ in first })
        var (done, total): (Int64, Int64) = (0, 0)
        for (digest, size) in sizes {
            total = total.addingReportingOverflow(size).partialValue
            if (try? fileStatus(layout.blob(digest))) ?? nil != nil {
                done &+= size
            } else if let partial = (try? fileStatus(layout.partial(digest))) ?? nil {
                done &+= min(Int64(partial.st_size), size)
            }
        }
        return (done, total)
    }

    /// Bytes of `digests` that are not here yet, by the sizes given.
    func missing(_ sizes: [Digest: Int64]) throws(Failure) -> Int64 {
        var bytes: Int64 = 0
        for (digest, size) in sizes {
            do throws(SystemError) {
                if try fileStatus(layout.blob(digest)) == nil {
                    bytes = bytes.addingReportingOverflow(size).partialValue
                }
            } catch { throw .disk(error) }
        }
        return bytes
    }

    /// Moves a blob out of the layout, so that it is fetched again.
    func setAside(_ digest: Digest, found: Digest) throws(Failure) -> Quarantined {
        let place = "\(layout.quarantine)/\(digest.hex).\(found.short)"
        do throws(SystemError) {
            try call("move", layout.blob(digest), rename(layout.blob(digest), place))
            try syncFolder(layout.blobs)
            unlink(layout.record(digest).path)
        } catch { throw .disk(error) }
        return Quarantined(digest: digest, found: found, path: place)
    }

    /// Writes down what the blob looks like now, just hashed, and gives its size.
    @discardableResult
    func remember(_ digest: Digest) throws(Failure) -> Int64 {
        do throws(SystemError) {
            let path = layout.blob(digest)
            if let status = try fileStatus(path), status.permissions != Self.blobMode {
                try call("set the mode of", path, chmod(path, Self.blobMode))
            }
            guard let status = try fileStatus(path) else {
                throw SystemError(operation: "look at", path: path, code: ENOENT)
            }
            let file = StoredFile(path: "", digest: digest, status: status)
            try? layout.record(digest).save([file])
            return file.size
        } catch { throw .disk(error) }
    }

    private func publish(_ partial: PartialBlob, as digest: Digest) throws(Failure) {
        do throws(SystemError) {
            try call("set the mode of", partial.path, fchmod(partial.descriptor, Self.blobMode))
            try call("sync", partial.path, fsync(partial.descriptor))
            try call("move", partial.path, rename(partial.path, layout.blob(digest)))
            try syncFolder(layout.blobs)
        } catch { throw .disk(error) }
        try remember(digest)
    }

    func lock(_ digest: Digest) async throws(Failure) -> FileLock { try await lock(at: layout.lock(digest)) }

    /// Keeps blobs from being removed while it is held. Any number may hold it.
    func use() async throws(Failure) -> FileLock { try await lock(at: layout.useLock, shared: true) }

    private func lock(at path: String, shared: Bool = false) async throws(Failure) -> FileLock {
        do {
            return try await FileLock.wait(for: path, shared: shared)
        } catch let error as SystemError {
            throw .disk(error)
        } catch {
            throw .cancelled
        }
    }
}

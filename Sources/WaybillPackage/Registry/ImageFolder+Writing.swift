import Glibc
import NIOCore
import WaybillCore
import WaybillTrust

extension ImageFolder {
    private var blobs: String { "\(path)/blobs/sha256" }
    private var index: String { "\(path)/index.json" }
    private var marker: String { "\(path)/oci-layout" }

    /// Makes an empty layout where there is nothing.
    /// - Throws: `FolderInUse`, stalling, for a folder with something else in it.
    func make() throws(Failure) {
        do throws(SystemError) {
            try makeFolder(path, mode: 0o755)
            let isLayout = try fileStatus(marker) != nil
            let isEmpty = try entries(of: path).isEmpty
            guard isLayout || isEmpty else { throw inUse }
            try makeFolder("\(path)/blobs", mode: 0o755)
            try makeFolder(blobs, mode: 0o755)
            if try fileStatus(index) == nil {
                try DurableFile.replace(index, with: ImageIndex().bytes, mode: 0o644, scratch: path)
            }
            if !isLayout { try DurableFile.replace(marker, with: ContentLayout.marker, mode: 0o644, scratch: path) }
        } catch {
            guard error == inUse || error.code == ENOTDIR else { throw .disk(error) }
            throw Failure(
                .stall, reason: "FolderInUse",
                message:
                    "\(path) is there and is no OCI image layout; name an empty folder, or one that is yet to be made")
        }
        let layout = try DurableFile.read(marker, limit: 4096) ?? []
        guard Value(json: layout)?["imageLayoutVersion"]?.string == "1.0.0" else {
            throw Failure(
                .stall, reason: "FolderInUse", message: "\(marker) is not that of an OCI image layout of version 1.0.0")
        }
    }

    /// The store has a layout of its own, which only its own locks keep whole.
    func refuse(below store: String) throws(Failure) {
        func real(_ path: String) -> String {
            var rest: [Substring] = []
            var head = path[...]
            while !head.isEmpty {
                if let found = realpath(String(head), nil) {
                    defer { free(found) }
                    return ([String(cString: found)] + rest.map(String.init)).joined(separator: "/")
                }
                let slash = head.lastIndex(of: "/") ?? head.startIndex
                rest.insert(head[slash...].dropFirst(), at: 0)
                head = head[..<slash]
            }
            return path
        }
        let (folder, store) = (real(path), real(store))
        guard folder != store, !folder.hasPrefix("\(store)/") else {
            throw Failure(
                .stall, reason: "FolderInUse",
                message: "\(path) is in Waybill's own content store; name a folder outside of \(store)")
        }
    }

    private var inUse: SystemError { SystemError(operation: "make a layout in", path: path, code: EEXIST) }

    /// Puts a blob, whole and durable; false when it was there.
    func put(_ blob: any UploadContent, progress: (Int64) -> Void = { _ in }) async throws(Failure) -> Bool {
        let place = "\(blobs)/\(blob.digest.hex)"
        let work = BlockingWork(label: "waybill.image")
        let isThere = try await work.run { (cancellation) throws(Failure) in
            try FileCopy.content(ofEntry: place, limit: blob.size, cancellation)
                == Content(digest: blob.digest, size: blob.size)
        }
        if isThere { return false }
        let partial = try PartialBlob(path: "\(path)/.\(blob.digest.hex).partial", limit: blob.size)
        do throws(Failure) {
            try partial.restart()
            try await fill(partial, with: blob, progress)
            try await work.run { [path, blobs] (_) throws(Failure) in
                do throws(SystemError) {
                    try call("set the mode of", partial.path, fchmod(partial.descriptor, 0o644))
                    try call("sync", partial.path, fsync(partial.descriptor))
                    try call("rename", partial.path, rename(partial.path, place))
                    try syncFolder(blobs)
                    try syncFolder(path)
                } catch { throw .disk(error) }
            }
        } catch {
            partial.discard()
            throw error
        }
        return true
    }

    private func fill(
        _ partial: PartialBlob, with blob: any UploadContent, _ progress: (Int64) -> Void
    ) async throws(Failure) {
        let unsound = Failure(
            .retry, reason: "ImageUnsound",
            message: "\(blob.digest) for \(path): other bytes came than were promised; was the store changed meanwhile?"
        )
        var done: Int64 = 0
        func append(_ bytes: [UInt8]) throws(Failure) {
            let appended = bytes.withUnsafeBytes { bytes in
                Result { () throws(Failure) in try partial.append(bytes, tooLarge: unsound) }
            }
            try appended.get()
            done += Int64(bytes.count)
            progress(done)
        }
        switch blob.body(from: 0, upTo: blob.size) {
        case .none: break
        case .bytes(let bytes): try append(bytes)
        case .made(_, let maker):
            let maker = maker()
            while let piece = try await maker.next() {
                if Task.isCancelled { throw .cancelled }
                try append(Array(piece.readableBytesView))
            }
        case .file: throw unsound
        }
        guard partial.content == Content(digest: blob.digest, size: blob.size) else { throw unsound }
    }

    /// Gives the manifest a name; what had it before loses it, and whatever else stands in the index stays as it is.
    func name(_ manifest: Descriptor, _ tag: String) throws(Failure) {
        do {
            let lock = try FileLock.hold("\(path)/.index.lock")
            defer { lock.removeFile() }
            guard let value = Value(json: try DurableFile.read(index, limit: ImageIndex.limit) ?? []),
                var members = value.object, let listed = value["manifests"]?.list
            else {
                throw Failure(.stall, reason: "FolderInUse", message: "\(index) is no index of an OCI image layout")
            }
            var named = manifest
            named.annotations[ImageIndex.nameAnnotation] = tag
            let others = listed.filter { $0["annotations"]?[ImageIndex.nameAnnotation]?.string != tag }
            members["manifests"] = .list(others + [named.value])
            try DurableFile.replace(index, with: Value.object(members).jsonBytes, mode: 0o644, scratch: path)
        } catch let error as SystemError {
            throw .disk(error)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.retry, reason: "StoreUnavailable", message: "\(error)")
        }
    }
}

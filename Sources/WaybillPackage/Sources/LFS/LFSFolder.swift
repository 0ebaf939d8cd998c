import Glibc
import WaybillCore

/// Reads an object of a repository on this machine, where git-lfs keeps it: `lfs/objects/ab/cd/OID` of a bare repository, the same below `.git`
/// of a working one.
struct LFSFolder: SourceReader {
    let folder: String
    let pointer: LFSPointer
    /// Of the pointer, for messages.
    let path: String

    private static let piece = 1 << 20

    /// Where the object may be, the likelier place first.
    private var places: [String] {
        let hex = pointer.digest.hex
        let object = "lfs/objects/\(hex.prefix(2))/\(hex.dropFirst(2).prefix(2))/\(hex)"
        return ["\(folder)/.git/\(object)", "\(folder)/\(object)"]
    }

    func read(
        _ source: RemoteSource, from offset: Int64, size: Int64,
        into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) {
        let work = BlockingWork(label: "waybill.lfs")
        let (place, descriptor) = try await work.run { (_) throws(Failure) in try open() }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.isRegularFile else { throw missing }
        guard Int64(status.st_size) == size else {
            throw .otherSize("\(place), the object of \(path)", announced: Int64(status.st_size), expected: size)
        }
        var done = offset
        while done < size {
            let (start, length) = (done, Int(min(Int64(Self.piece), size - done)))
            let bytes = try await work.run { (_) throws(Failure) in
                try Self.read(descriptor, place, at: start, length)
            }
            // Cut short meanwhile: what came is compared with the pointer.
            if bytes.isEmpty { return }
            let given = bytes.withUnsafeBytes { bytes in Result { () throws(Failure) in try sink(bytes) } }
            try given.get()
            done += Int64(bytes.count)
        }
    }

    private func open() throws(Failure) -> (String, Int32) {
        for place in places {
            let descriptor = Glibc.open(place, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
            if descriptor >= 0 { return (place, descriptor) }
            let error = SystemError(operation: "open", path: place, code: errno)
            guard error.isMissing else { throw .unreadable(error) }
        }
        throw missing
    }

    private var missing: Failure {
        Failure(
            .stall, reason: "LargeFileMissing",
            message:
                "\(path): the repository \(folder) does not have the object of the pointer (\(places[1])); upload it with "
                + "'git lfs push --all', or name a server as 'lfs.url' in \(LFSEndpoint.settingsFile) or as 'sources.lfs' in waybill.yaml"
        )
    }

    private static func read(_ descriptor: Int32, _ place: String, at offset: Int64, _ length: Int) throws(Failure)
        -> [UInt8]
    {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            var got = -1
            repeat {
                got = pread(descriptor, buffer.baseAddress, length, off_t(offset))
            } while got < 0 && errno == EINTR
            if got < 0 { failure = errno }
            count = max(got, 0)
        }
        guard failure == 0 else { throw .unreadable(SystemError(operation: "read", path: place, code: failure)) }
        return bytes
    }
}

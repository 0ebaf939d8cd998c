import Glibc
import WaybillCore

/// A file of this machine that a manifest names, open for reading.
struct LocalSource: ~Copyable {
    private let descriptor: Int32
    private let path: String

    /// - Parameter refusing: folders whose files are never a source.
    init(_ artifact: Artifact, at path: String, refusing: [String]) throws(Failure) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw Self.unavailable(artifact, SystemError(operation: "open", path: path, code: errno))
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.isRegularFile else {
            throw Failure(
                .stall, reason: "ArtifactUnavailable",
                message: "\(path) is not a regular file; name a file as the source of '\(artifact.path)'")
        }
        try Self.refuse(descriptor, path: path, below: refusing)
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Copies the file into `partial`; what came of it is for the caller to judge. Nil when it has more than `limit` bytes.
    func copy(into partial: PartialBlob, limit: Int64, _ cancellation: Cancellation) throws(Failure) -> Content? {
        let copy = FileCopy(source: descriptor, sourcePath: path, cancellation: cancellation)
        return try copy.copy(to: partial.descriptor, path: partial.path, limit: limit)
    }

    /// A manifest must not be a way to read the controller's own secrets: where the file really is counts, not how it was named.
    private static func refuse(_ descriptor: Int32, path: String, below folders: [String]) throws(Failure) {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let length = readlink("/proc/self/fd/\(descriptor)", &buffer, Int(PATH_MAX))
        let real = String(decoding: buffer[..<max(length, 0)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard length > 0, !folders.contains(where: { real == $0 || real.hasPrefix("\($0)/") }) else {
            throw Failure(
                .stall, reason: "ArtifactRefused",
                message: "\(path) leads into the controller's own state folder; keep model files elsewhere")
        }
    }

    private static func unavailable(_ artifact: Artifact, _ error: SystemError) -> Failure {
        guard error.isMissing else { return .unreadable(error) }
        return Failure(
            .retry, reason: "ArtifactMissing",
            message:
                "\(error.path), the source of '\(artifact.path)', is not there; put the file back, mount its disk, or "
                + "name another source")
    }
}

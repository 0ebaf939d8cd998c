import Glibc
import WaybillCore

/// A file of this machine that a manifest names, open for reading.
struct LocalSource: ~Copyable {
    private let descriptor: Int32
    private let path: String

    /// - Parameters:
    ///   - refusing: folders whose files are never a source.
    ///   - allowing: folders that it must be below; nil: any.
    init(_ artifact: Artifact, at path: String, refusing: [String], allowing: [String]? = nil) throws(Failure) {
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
        let real = Self.realPath(descriptor)
        try Self.refuse(real, path: path, below: refusing)
        if let allowing { try Self.require(real, path: path, below: allowing) }
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Copies the file into `partial`; what came of it is for the caller to judge. Nil when it has more than `limit` bytes.
    func copy(into partial: PartialBlob, limit: Int64, _ cancellation: Cancellation) throws(Failure) -> Content? {
        let copy = FileCopy(source: descriptor, sourcePath: path, cancellation: cancellation)
        return try copy.copy(to: partial.descriptor, path: partial.path, limit: limit)
    }

    /// Where the file really is, through every link of its name; empty when that cannot be told.
    private static func realPath(_ descriptor: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let length = readlink("/proc/self/fd/\(descriptor)", &buffer, Int(PATH_MAX))
        return String(decoding: buffer[..<max(length, 0)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whoever writes manifests may name no file outside of the folders that the operator chose.
    private static func require(_ real: String, path: String, below folders: [String]) throws(Failure) {
        guard !real.isEmpty, folders.contains(where: { $0 == "/" || real.hasPrefix("\($0)/") }) else {
            let place = real == path ? "is" : "leads to '\(real)', which is"
            throw Failure(
                .stall, reason: "ArtifactRefused",
                message: "\(path) \(place) in none of the folders that 'file:' sources may be in "
                    + "(\(folders.joined(separator: ", "))); move the file there, or add its folder to 'sources.fileRoots'"
            )
        }
    }

    /// A manifest must not be a way to read the controller's own secrets: where the file really is counts, not how it was named.
    private static func refuse(_ real: String, path: String, below folders: [String]) throws(Failure) {
        guard !real.isEmpty, !folders.contains(where: { real == $0 || real.hasPrefix("\($0)/") }) else {
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

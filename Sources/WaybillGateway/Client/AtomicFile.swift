import Foundation
import Glibc
import WaybillCore

/// Replaces a file so that a reader, or a machine that comes back from a power cut, sees the old one or the new one whole.
enum AtomicFile {
    static func write(_ bytes: Data, to path: String) throws(Failure) {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("open", temporary) }
        let isWritten =
            bytes.withUnsafeBytes { Descriptor.writeAll($0, to: descriptor) } && fsync(descriptor) == 0
        let problem = isWritten ? nil : failure("write", temporary)
        close(descriptor)
        if let problem {
            unlink(temporary)
            throw problem
        }
        guard rename(temporary, path) == 0 else { throw failure("rename", temporary) }
        try syncFolder(of: path)
    }

    private static func syncFolder(of path: String) throws(Failure) {
        let folder = (path as NSString).deletingLastPathComponent
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("sync", folder) }
    }

    private static func failure(_ act: String, _ path: String) -> Failure {
        Failure(
            .retry, reason: "RouteTableNotWritten",
            message: "cannot \(act) \(path): \(String(cString: strerror(errno)))")
    }
}

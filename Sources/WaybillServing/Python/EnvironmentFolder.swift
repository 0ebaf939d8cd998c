import Foundation
import Glibc
import WaybillCore

/// One environment on disk. A venv has its own path inside it, so it is built where it stays; the mark, written last, is what
/// makes it one.
struct EnvironmentFolder {
    /// What the mark says.
    struct Mark: Codable, Hashable, Sendable {
        let python: String
        let lockDigest: String
        let interpreter: String
        let version: String
    }

    let path: String

    private var markPath: String { "\(path)/waybill-environment.json" }

    /// Nil for half an environment, and for one whose interpreter is gone.
    var mark: Mark? {
        guard access("\(path)/bin/python", X_OK) == 0, let data = FileManager.default.contents(atPath: markPath) else {
            return nil
        }
        return try? JSONDecoder().decode(Mark.self, from: data)
    }

    /// Makes it an environment. Its files must be durable by now.
    func complete(_ mark: Mark) throws(Failure) {
        guard let data = try? JSONEncoder().encode(mark) else { return }
        let temporary = "\(markPath).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw EnvironmentFailure.disk("make", temporary) }
        defer { close(descriptor) }
        let bytes = [UInt8](data)
        guard write(descriptor, bytes, bytes.count) == bytes.count, fchmod(descriptor, 0o644) == 0,
            fsync(descriptor) == 0
        else { throw EnvironmentFailure.disk("write", temporary) }
        guard rename(temporary, markPath) == 0 else { throw EnvironmentFailure.disk("rename", temporary) }
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw EnvironmentFailure.disk("open", path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw EnvironmentFailure.disk("sync", path) }
    }

    /// Takes it away: first the mark, so that a crash leaves no half that looks whole.
    func remove() throws(Failure) {
        unlink(markPath)
        guard access(path, F_OK) == 0 else { return }
        do { try FileManager.default.removeItem(atPath: path) } catch {
            throw Failure(
                .retry, reason: "StoreUnavailable", message: "cannot remove \(path): \(error.localizedDescription)")
        }
    }

    /// Names of what is in a folder, in order.
    static func names(in path: String) throws(Failure) -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: path).sorted() } catch {
            throw Failure(
                .retry, reason: "StoreUnavailable", message: "cannot list \(path): \(error.localizedDescription)")
        }
    }

    /// Makes an empty folder that every user may enter, whatever the process's mask.
    func make() throws(Failure) { try Self.make(path, mode: 0o755) }

    static func make(_ path: String, mode: mode_t) throws(Failure) {
        if mkdir(path, mode) != 0 {
            if errno == EEXIST { return }
            guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
                throw EnvironmentFailure.disk("make folder", path)
            }
            try make(String(path[..<slash]), mode: 0o711)
            guard mkdir(path, mode) == 0 || errno == EEXIST else { throw EnvironmentFailure.disk("make folder", path) }
        }
        guard chmod(path, mode) == 0 else { throw EnvironmentFailure.disk("set the mode of", path) }
    }
}

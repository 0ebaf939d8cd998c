import Foundation
import Glibc
import WaybillCore
import WaybillServing

/// The folder of one run's candidates. Its lock says that the run goes on; without it what is in there is a crash's and is swept.
struct CandidateFolder: ~Copyable {
    /// In the folder of all runs.
    let name: String
    private let root: String
    private let descriptor: CInt

    /// Makes one.
    /// - Throws: `StateFolderUnusable`, stalling.
    init(in folder: StateFolder) throws(Failure) {
        let (root, name) = (folder.candidates, DecisionID.random().description)
        try Self.make(root)
        // The lock is there before the folder: a sweep that sees the folder sees that it is in use.
        let path = "\(root)/\(name).lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.unusable(path, String(cString: strerror(errno))) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw Self.unusable(path, String(cString: strerror(errno)))
        }
        do throws(Failure) { try Self.make("\(root)/\(name)") } catch {
            unlink(path)
            close(descriptor)
            throw error
        }
        (self.root, self.name, self.descriptor) = (root, name, descriptor)
    }

    private static func make(_ folder: String) throws(Failure) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
        } catch { throw unusable(folder, error.localizedDescription) }
        // Candidates pass through and list nothing, whatever the process's mask.
        guard chmod(folder, 0o711) == 0 else { throw unusable(folder, String(cString: strerror(errno))) }
    }

    deinit {
        // A replica that could not be ended keeps its folder, for the next sweep.
        if rmdir("\(root)/\(name)") == 0 { unlink("\(root)/\(name).lock") }
        close(descriptor)
    }

    /// Names of folders whose run is over.
    static func abandoned(in folder: StateFolder) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.candidates)) ?? []
        return names.filter { !$0.hasSuffix(".lock") }.sorted().filter { name in
            let lock = open("\(folder.candidates)/\(name).lock", O_RDWR | O_CLOEXEC | O_NOFOLLOW)
            guard lock >= 0 else { return errno == ENOENT }
            defer { close(lock) }
            return flock(lock, LOCK_EX | LOCK_NB) == 0
        }
    }

    /// Removes a folder whose replicas are gone.
    static func remove(_ name: String, in folder: StateFolder) {
        if rmdir("\(folder.candidates)/\(name)") == 0 { unlink("\(folder.candidates)/\(name).lock") }
    }

    private static func unusable(_ path: String, _ why: String) -> Failure {
        Failure(.stall, reason: "StateFolderUnusable", message: "cannot make \(path): \(why)")
    }
}

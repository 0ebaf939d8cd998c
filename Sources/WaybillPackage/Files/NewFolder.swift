import CLinux
import Glibc
import WaybillCore

/// A folder that comes to be with everything in it, or not at all.
///
/// *Flow*: it is filled beside its place, made durable, and moved there in one step.
/// *Guarantees*: whoever is killed on the way leaves `destination` as it was. What a killed one left beside it is removed by the next
/// that fills the same place: it holds a lock on it, which the kernel lets go of.
/// *Caveats*: an empty folder that is at `destination` is replaced by another one with its mode.
final class NewFolder {
    let destination: String
    /// Where it is filled.
    let place: String
    private let descriptor: Int32
    private let mode: mode_t

    /// `destination` is an absolute path, at which is nothing or an empty folder.
    ///
    /// - Throws: `FolderTaken`, stalling, when something else is there.
    init(at destination: String) throws(Failure) {
        let end = destination.lastIndex(of: "/") ?? destination.startIndex
        let (parent, name) = (String(destination[..<end]), destination[end...].drop { $0 == "/" })
        self.destination = destination
        place = "\(parent)/.\(name).unpacking"
        mode = try Self.mode(of: destination)
        do throws(SystemError) { descriptor = try Self.open(place) } catch {
            guard error.code == EWOULDBLOCK else { throw .disk(error) }
            throw Failure(
                .retry, reason: "FolderTaken",
                message: "\(destination) is being filled by another process; wait until it is done")
        }
        do throws(SystemError) {
            for name in try entries(of: place) { try removeTree("\(place)/\(name)") }
        } catch {
            close(descriptor)
            throw .disk(error)
        }
    }

    deinit { close(descriptor) }

    /// Makes everything in it durable and moves it into place.
    func publish() throws(Failure) {
        do throws(SystemError) {
            try call("set the mode of", place, fchmod(descriptor, mode))
            try call("sync", place, waybill_sync_file_system(descriptor))
            try call("move \(place) to", destination, rename(place, destination))
            try syncFolder(String(destination[..<(destination.lastIndex(of: "/") ?? destination.startIndex)]) + "/")
        } catch { throw .disk(error) }
    }

    /// Leaves nothing behind.
    func abandon() { try? removeTree(place) }

    /// That of the empty folder at `path`, or the usual one.
    private static func mode(of path: String) throws(Failure) -> mode_t {
        func taken(_ why: String) -> Failure {
            Failure(
                .stall, reason: "FolderTaken", message: "\(path) \(why); name a folder that is empty, or not there yet")
        }
        let (status, here, inside): (stat?, stat?, [String])
        do throws(SystemError) {
            (status, here) = (try fileStatus(path), try fileStatus("."))
            inside = status?.isFolder == true ? try entries(of: path) : []
        } catch { throw .disk(error) }
        guard let status else { return 0o755 }
        guard status.isFolder else { throw taken("is there and is no folder") }
        guard inside.isEmpty else { throw taken("has something in it already") }
        guard status.st_ino != here?.st_ino || status.st_dev != here?.st_dev else {
            throw taken("is the working folder, which would be replaced by another one")
        }
        return status.permissions
    }

    /// The folder at `path`, made if it is not there, with a lock on it.
    private static func open(_ path: String) throws(SystemError) -> Int32 {
        while true {
            if mkdir(path, 0o700) != 0, errno != EEXIST {
                throw SystemError(operation: "make", path: path, code: errno)
            }
            let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if descriptor < 0, errno == ENOENT { continue }
            try call("open", path, descriptor)
            do throws(SystemError) {
                try call("lock", path, flock(descriptor, LOCK_EX | LOCK_NB))
                var held = stat()
                try call("look at", path, fstat(descriptor, &held))
                // Another user's folder would let them change what is written into it.
                guard held.st_uid == geteuid() else { throw SystemError(operation: "use", path: path, code: EPERM) }
                if let named = try fileStatus(path), named.st_ino == held.st_ino, named.st_dev == held.st_dev {
                    return descriptor
                }
            } catch {
                close(descriptor)
                throw error
            }
            close(descriptor)
        }
    }
}

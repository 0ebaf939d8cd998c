import Dispatch
import Foundation
import Glibc
import WaybillCore

/// Reads the route table whenever its file is replaced, and keeps the last good one.
///
/// The folder is watched by inotify; where that cannot be had, and against lost events, the file's identity is compared
/// every 200 ms. Parsing happens on a queue of its own, never on a loop.
///
/// `@unchecked Sendable`: everything that changes is touched on `queue` only.
final class TableWatch: @unchecked Sendable {
    /// What a look at the file gave.
    enum Finding {
        case table(RouteTable)
        /// In words; the table in force stays.
        case problem(String)
    }

    private struct FileIdentity: Equatable {
        var inode: UInt64
        var size: Int64
        var seconds: Int
        var nanoseconds: Int
    }

    private let path: String
    private let limit: Int
    private let found: @Sendable (Finding) -> Void
    private let queue = DispatchQueue(label: "waybill.gateway.table")
    private var last: FileIdentity?
    private var hasLooked = false
    private var sources: [any DispatchSourceProtocol] = []

    /// - Parameter found: called on the watch's own queue, in order.
    init(path: String, limit: Int, found: @escaping @Sendable (Finding) -> Void) {
        self.path = path
        self.limit = limit
        self.found = found
    }

    /// Looks once before it returns, so that a gateway that starts with a table serves it from its first request on.
    func start() {
        queue.sync {
            watchFolder()
            look()
            let timer = DispatchSource.makeTimerSource(queue: queue)
            timer.schedule(
                deadline: .now() + .milliseconds(200), repeating: .milliseconds(200), leeway: .milliseconds(20))
            timer.setEventHandler { [weak self] in self?.look() }
            timer.activate()
            sources.append(timer)
        }
    }

    func stop() {
        queue.sync {
            for source in sources { source.cancel() }
            sources.removeAll()
        }
    }

    private func watchFolder() {
        let descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard descriptor >= 0 else { return }
        let folder = (path as NSString).deletingLastPathComponent
        guard inotify_add_watch(descriptor, folder, UInt32(IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE)) >= 0 else {
            close(descriptor)
            return
        }
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setEventHandler { [weak self] in
            // Which file it was does not matter: a look costs one stat.
            var bytes = [UInt8](repeating: 0, count: 4096)
            while Glibc.read(descriptor, &bytes, bytes.count) > 0 {}
            self?.look()
        }
        source.setCancelHandler { close(descriptor) }
        source.activate()
        sources.append(source)
    }

    private func look() {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if last != nil || !hasLooked { found(.problem("\(path): \(String(cString: strerror(errno)))")) }
            (last, hasLooked) = (nil, true)
            return
        }
        let identity = FileIdentity(
            inode: UInt64(status.st_ino), size: Int64(status.st_size), seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec)
        guard identity != last else { return }
        (last, hasLooked) = (identity, true)
        do {
            found(.table(try RouteTable(checking: try read())))
        } catch {
            found(.problem("\(path): \(error.message)"))
        }
    }

    private func read() throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            // The file is not at fault where descriptors have run out, so the next look tries again.
            last = nil
            throw RouteTable.refused(reason)
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            let bytes = try handle.read(upToCount: limit + 1) ?? Data()
            guard bytes.count <= limit else { throw RouteTable.refused("it is larger than \(limit) bytes") }
            return Array(bytes)
        } catch let failure as Failure {
            throw failure
        } catch {
            last = nil
            throw RouteTable.refused("it cannot be read")
        }
    }
}

import CLinux
import Glibc

/// The mounts of a namespace of one's own: hides folders and files, shows chosen ones again.
struct MountView {
    let spec: StartSpec

    /// From now on mounts made here are seen by nobody else. False where that is not allowed.
    static func detach() -> Bool { mount("none", "/", nil, UInt(MS_REC) | UInt(MS_PRIVATE), nil) == 0 }

    func cover(_ paths: [String]) throws(Refusal) {
        var held: [(item: StartSpec.Exposure, descriptor: Int32, isFolder: Bool)] = []
        defer { for entry in held { close(entry.descriptor) } }
        for item in spec.exposed.sorted(by: { $0.path.utf8.count < $1.path.utf8.count }) {
            let descriptor = open(item.path, O_PATH | O_CLOEXEC)
            guard descriptor >= 0 else { throw failed("open \(item.path)") }
            held.append((item, descriptor, Self.isFolder(item.path)))
        }
        let covered = Self.outermost(paths.filter { access($0, F_OK) == 0 })
        for path in covered { try hide(path) }
        for entry in held {
            if covered.contains(where: { entry.item.path.utf8.starts(with: "\($0)/".utf8) }) {
                try makePlace(entry.item.path, isFolder: entry.isFolder)
            }
            try show(entry.item, from: entry.descriptor)
        }
        for path in covered where Self.isFolder(path) { try makeReadOnly(path) }
        try coverSharedMemory()
    }

    /// `paths` without those inside another of them.
    private static func outermost(_ paths: [String]) -> [String] {
        let unique = Set(paths)
        return unique.filter { path in !unique.contains { path.utf8.starts(with: "\($0)/".utf8) } }.sorted()
    }

    private func hide(_ path: String) throws(Refusal) {
        let isFolder = Self.isFolder(path)
        let flags = UInt(MS_NOSUID) | UInt(MS_NODEV)
        let code =
            isFolder
            ? mount("tmpfs", path, "tmpfs", flags, "mode=0755,size=1m,nr_inodes=4096")
            : mount("/dev/null", path, nil, UInt(MS_BIND), nil)
        guard code == 0 else { throw failed("cover \(path)") }
    }

    /// Makes the folders down to `path`, and the place itself, in the folder that covers it.
    private func makePlace(_ path: String, isFolder: Bool) throws(Refusal) {
        var place = ""
        let parts = path.utf8.split(separator: UInt8(ascii: "/")).map { String(decoding: Array($0), as: UTF8.self) }
        for (index, part) in parts.enumerated() {
            place += "/" + part
            guard access(place, F_OK) != 0 else { continue }
            if index == parts.count - 1, !isFolder {
                let descriptor = open(place, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
                guard descriptor >= 0 else { throw failed("make \(place)") }
                close(descriptor)
            } else {
                guard mkdir(place, 0o755) == 0, chmod(place, 0o755) == 0 else { throw failed("make \(place)") }
            }
        }
    }

    private func show(_ item: StartSpec.Exposure, from descriptor: Int32) throws(Refusal) {
        guard mount("/proc/self/fd/\(descriptor)", item.path, nil, UInt(MS_BIND) | UInt(MS_REC), nil) == 0 else {
            throw failed("show \(item.path)")
        }
        if !item.isWritable { try makeReadOnly(item.path) }
    }

    /// Keeps the flags that the mount has: a user namespace may not take them away.
    private func makeReadOnly(_ path: String) throws(Refusal) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw failed("look at the mount of \(path)") }
        let kept =
            UInt(status.f_flag)
            & (UInt(MS_NOSUID) | UInt(MS_NODEV) | UInt(MS_NOEXEC) | UInt(MS_NOATIME) | UInt(MS_NODIRATIME))
        let relative = UInt(status.f_flag) & 4096 == 0 ? 0 : UInt(MS_RELATIME)
        let flags = UInt(MS_REMOUNT) | UInt(MS_BIND) | UInt(MS_RDONLY) | kept | relative
        guard mount("none", path, nil, flags, nil) == 0 else { throw failed("make \(path) read-only") }
    }

    /// Shared memory is a way to other replicas of the same user.
    private func coverSharedMemory() throws(Refusal) {
        guard access("/dev/shm", F_OK) == 0 else { return }
        guard mount("tmpfs", "/dev/shm", "tmpfs", UInt(MS_NOSUID) | UInt(MS_NODEV), "mode=1777") == 0 else {
            throw failed("cover /dev/shm")
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        fileStatus(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    }

    private func failed(_ what: String) -> Refusal {
        .system("SandboxUnavailable", "the sandbox cannot be made: \(what)")
    }
}

import CLinux
import Glibc

/// Removes a folder that a program of ours could write to: whatever it left there, nothing outside is touched.
enum RemovedTree {
    /// Names are kept as the bytes that they are. Deeper folders are moved up first, so that depth costs neither stack nor descriptors.
    private static let depthLimit = 32

    static func remove(_ path: String) {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let (parent, name) = (String(path[..<slash]), String(path[slash...].dropFirst()))
        let above = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard above >= 0 else { return }
        defer { close(above) }
        var moved = 0
        // Each round ends a layer of at most `depthLimit` folders; what was moved up is at the top of the next one.
        var before = -1
        while moved > before {
            before = moved
            remove(Array(name.utf8CString), in: above, top: nil, depth: 0, &moved)
        }
    }

    private static func remove(_ name: [CChar], in above: Int32, top: Int32?, depth: Int, _ moved: inout Int) {
        if unlinkat(above, name, 0) == 0 || errno == ENOENT { return }
        let folder = openFolder(name, in: above)
        guard folder >= 0 else { return }
        defer { close(folder) }
        for child in names(in: folder) {
            if let top, depth >= depthLimit {
                moved += 1
                if unlinkat(folder, child, 0) == 0 || renameat(folder, child, top, ".moved-\(moved)") == 0 { continue }
            }
            remove(child, in: folder, top: top ?? folder, depth: depth + 1, &moved)
        }
        unlinkat(above, name, AT_REMOVEDIR)
    }

    /// Never through a link; a folder without rights for its owner is given them.
    private static func openFolder(_ name: [CChar], in above: Int32) -> Int32 {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let folder = openat(above, name, flags)
        if folder >= 0 || errno != EACCES { return folder }
        let place = openat(above, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard place >= 0 else { return -1 }
        defer { close(place) }
        chmod("/proc/self/fd/\(place)", 0o700)
        return openat(above, name, flags)
    }

    private static func names(in folder: Int32) -> [[CChar]] {
        guard let entries = fdopendir(dup(folder)) else { return [] }
        defer { closedir(entries) }
        rewinddir(entries)
        var names: [[CChar]] = []
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
            }
            if name != [46, 0], name != [46, 46, 0] { names.append(name) }
        }
        return names
    }
}

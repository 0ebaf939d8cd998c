import Glibc

/// A hidden place that could not be covered: that the replica's user cannot use it is proved as that user.
struct Uncovered {
    var path: String
    /// A folder that everybody may pass through; what is in it has places of its own.
    var isPassedThrough: Bool

    /// What lies in hidden folders beside the ways to what is exposed, down to what is closed as a whole. What replicas share
    /// is left out.
    static func places(of spec: StartSpec, for uid: UInt32) -> [Uncovered] {
        let exposed = spec.exposed.map(\.path)
        func look(_ path: String) -> [Uncovered] {
            if exposed.contains(path) { return [] }
            let isWay = exposed.contains { $0.utf8.starts(with: "\(path)/".utf8) }
            guard isWay || isPassable(path, uid), let names = names(in: path) else {
                return [Uncovered(path: path, isPassedThrough: false)]
            }
            let own = isWay ? [] : [Uncovered(path: path, isPassedThrough: true)]
            return spec.shared.contains(path) ? own : own + names.flatMap { look("\(path)/\($0)") }
        }
        return spec.hidden.flatMap(look)
    }

    func refuseIfOpen() throws(Refusal) {
        let isOpen = access(path, R_OK) == 0 || access(path, W_OK) == 0 || (!isPassedThrough && access(path, X_OK) == 0)
        guard isOpen else { return }
        throw Refusal(
            "SandboxUnavailable",
            "no mount namespace can be made here, and the replica's user could read \(path); "
                + "take the rights of others from it (chmod o-rwx) or allow mount namespaces")
    }

    /// Whether `path` is a folder, itself and no link, that `uid` may pass through and not list.
    private static func isPassable(_ path: String, _ uid: UInt32) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return false }
        return rights(of: uid, in: status) & 0o5 == 0o1
    }

    private static func names(in path: String) -> [String]? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var found: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { found.append(name) }
        }
        return found
    }
}

/// What the mode says that `uid`, whose group has the same number, may do: read 4, write 2, pass through 1.
func rights(of uid: UInt32, in status: stat) -> UInt32 {
    let shift: UInt32 = status.st_uid == uid ? 6 : status.st_gid == uid ? 3 : 0
    return status.st_mode >> shift & 0o7
}

import Glibc
import WaybillCore

/// Room on the disk of a folder. A model must not fill the disk that the ledger is on, so some is always left.
struct DiskSpace {
    /// Bytes that stay free.
    static let reserve: Int64 = 64 << 20

    let path: String

    /// - Throws: `DiskFull` when fewer than `bytes` and the reserve are free.
    func require(_ bytes: Int64) throws(Failure) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else {
            throw .disk(SystemError(operation: "ask the free space of", path: path, code: errno))
        }
        let free = Int64(status.f_bavail) * Int64(status.f_frsize)
        guard free >= Self.reserve, free - Self.reserve >= bytes else {
            throw Failure(
                .retry, reason: "DiskFull",
                message: "\(path) has \(free / 1_000_000) MB free, and \(bytes / 1_000_000) MB of model files with "
                    + "\(Self.reserve / 1_000_000) MB to spare do not fit; free some space, or move the state folder to a larger disk"
            )
        }
    }
}

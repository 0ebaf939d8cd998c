import Foundation
import WaybillCore

/// Removes one environment that nobody needs, or what a crash left of one. One that is being built just now is left alone.
struct EnvironmentSweep {
    let root: String
    let key: String

    private var folder: EnvironmentFolder { EnvironmentFolder(path: "\(root)/environments/\(key)") }

    /// Keys of which a folder or a lock is there.
    static func keys(below root: String) -> [String] {
        let names = ["environments", "locks"].flatMap {
            (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\($0)")) ?? []
        }
        return Set(names).sorted()
    }

    /// Nil for what is not whole.
    var mark: EnvironmentFolder.Mark? { folder.mark }

    /// False when somebody builds it.
    func run() throws(Failure) -> Bool {
        guard let lock = try BuildLock.take("\(root)/locks/\(key)") else { return false }
        try folder.remove()
        try? FileManager.default.removeItem(atPath: "\(root)/logs/\(key).log")
        lock.removeFile()
        return true
    }
}

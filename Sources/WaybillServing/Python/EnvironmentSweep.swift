import Foundation
import WaybillCore

/// Removes one environment that nobody needs, or what a crash left of one. One that is being built just now is left alone.
struct EnvironmentSweep {
    let root: String
    let key: String
    /// Whether the log of a failed build may still be read.
    let keepsLog: Bool

    static func keys(below root: String) -> [String] {
        let names = ["environments", "locks"].flatMap {
            (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\($0)")) ?? []
        }
        return Set(names).sorted()
    }

    func run(isKept: (EnvironmentFolder.Mark) -> Bool) throws(Failure) {
        let folder = EnvironmentFolder(path: "\(root)/environments/\(key)")
        guard let lock = try BuildLock.take("\(root)/locks/\(key)") else { return }
        if let mark = folder.mark, isKept(mark) { return }
        try folder.remove()
        if keepsLog { return }
        try? FileManager.default.removeItem(atPath: "\(root)/logs/\(key).log")
        lock.removeFile()
    }
}

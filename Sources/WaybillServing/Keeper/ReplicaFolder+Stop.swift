import CLinux
import Glibc
import WaybillCore

extension ReplicaFolder {
    /// Asks the keeper to end the replica; the keeper alone signals it. Safe to repeat: the first reason stays.
    ///
    /// The file tells a keeper that is just coming up, and observers; the pipe wakes one that is there. False when
    /// neither could be done though a keeper lives.
    func askToStop(reason: String) -> Bool {
        let line = String(reason.unicodeScalars.prefix(400).map { $0.value < 32 ? " " : Character($0) })
        var isWritten = isAskedToStop
        if !isWritten { isWritten = (try? Disk.write(Array("\(line)\n".utf8), to: "\(path)/stop")) != nil }
        let control = open("\(path)/control", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)
        guard control >= 0 else { return isWritten || !isLocked() }
        defer { close(control) }
        return Disk.writeToPipe(Array("stop \(line)\n".utf8), control)
    }
}

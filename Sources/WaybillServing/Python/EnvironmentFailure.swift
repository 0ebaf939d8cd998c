import Glibc
import WaybillCore

/// The words of failed builds.
enum EnvironmentFailure {
    /// Of the system call that just failed.
    static func disk(_ operation: String, _ path: String, code: Int32 = errno) -> Failure {
        let isFull = code == ENOSPC || code == EDQUOT
        return Failure(
            .retry, reason: isFull ? "DiskFull" : "StoreUnavailable",
            message:
                "cannot \(operation) \(path): \(String(cString: strerror(code)))\(isFull ? "; free some space" : "")")
    }

    static func lockMissing(_ environment: LockedEnvironment, at commit: CommitID) -> Failure {
        Failure(
            .stall, reason: "LockMissing",
            message: "commit \(commit.short) has no file '\(environment.lock)'; commit the lock that the runtime names")
    }

    static func lockChanged(_ environment: LockedEnvironment, found: Digest, at commit: CommitID) -> Failure {
        Failure(
            .stall, reason: "LockMismatch",
            message:
                "'\(environment.lock)' at commit \(commit.short) has the digest \(found), expected \(environment.lockDigest)"
        )
    }

    static func incomplete(_ missing: [String], lock: String) -> Failure {
        Failure(
            .stall, reason: "LockIncomplete",
            message:
                "\(lock) leaves out packages that others ask for: \(missing.joined(separator: "; ")). Nothing but the lock is "
                + "installed: add them by exact version, or write '# waybill:omit NAME' where it is meant")
    }

    static func step(_ name: String, _ end: ChildCommand.End, lock: String, log: BuildLog) -> Failure {
        let how =
            switch end {
            case .code(let code): "ended with code \(code)"
            case .signal(let signal): "was ended by signal \(signal)"
            case .deadline: "did not end in time and was killed"
            }
        let (disposition, reason, hint) = diagnosis(log.found)
        let lines = log.lastLines.map { "\n  \($0)" }.joined()
        return Failure(
            disposition, reason: reason,
            message:
                "the Python environment of \(lock) could not be built: \(name) \(how)\(hint). All of its output is in "
                + "\(log.path); the last lines:\(lines)")
    }

    /// Words of pip that tell whether trying again can help. Pip has no other way to say so.
    static let telltales = [
        noSpace, wrongHash, unknownVersion, emptyIndex, unreachable,
    ]

    private static let noSpace = "No space left on device"
    private static let wrongHash = "DO NOT MATCH THE HASHES"
    private static let unknownVersion = "No matching distribution found"
    private static let emptyIndex = "(from versions: none)"
    private static let unreachable = "Retrying ("

    private static func diagnosis(_ found: Set<String>) -> (Disposition, reason: String, hint: String) {
        if found.contains(noSpace) { return (.retry, "DiskFull", ", since the disk is full; free some space") }
        if found.contains(wrongHash) {
            return (.stall, "LockMismatch", ", since a package is not the one that was locked")
        }
        if found.contains(unknownVersion), !found.contains(unreachable) {
            let hint =
                ", since the index has no wheel of that version for this Python; a package that must be built from "
                + "source, which runs its code, wants '--no-binary NAME' in the lock"
            // A package with no versions at all may be an index that is down; a missing version is for a person.
            return (found.contains(emptyIndex) ? .retry : .stall, "LockUnsatisfiable", hint)
        }
        return (.retry, "EnvironmentBuildFailed", "")
    }
}

import Glibc
import WaybillCore

/// A system call that failed: which, on what, and why.
struct SystemError: Error, Hashable, CustomStringConvertible {
    let call: String
    let path: String
    let code: Int32

    init(_ call: String, _ path: String, code: Int32 = errno) {
        self.call = call
        self.path = path
        self.code = code
    }

    var reason: String { String(cString: strerror(code)) }
    var description: String { "\(call) \(path): \(reason)" }
}

/// The ledger's failures as the engine sees them. The reasons are stable.
extension Failure {
    /// A call failed; it may succeed once the cause is gone. Until then nothing is appended.
    static func ledgerUnavailable(_ error: SystemError) -> Failure {
        let remedy =
            switch error.code {
            case ENOSPC, EDQUOT: "free some space"
            case EROFS, EACCES, EPERM: "make the folder writable for the controller's user"
            default: "look at the disk and the system's log"
            }
        return Failure(
            .retry, reason: "LedgerUnavailable",
            message: "ledger: \(error); nothing is changed until it works: \(remedy)")
    }

    /// The ledger's own bytes, or the place where they stand, are not as they were left.
    static func ledgerDamaged(_ what: String) -> Failure {
        Failure(
            .stall, reason: "LedgerDamaged",
            message:
                "ledger: \(what); keep a copy of the folder, look at it with 'waybill audit verify', restore the journal"
        )
    }

    /// The journal ends before, or contradicts, a checkpoint that was given away.
    static func ledgerRolledBack(_ what: String) -> Failure {
        Failure(
            .stall, reason: "LedgerRolledBack",
            message: "ledger: \(what); going on would sign a second history: restore the newest copy of the journal")
    }

    /// The published form cannot be brought up to date. Appends go on.
    static func publicationFailed(_ what: String) -> Failure {
        Failure(
            .retry, reason: "PublicationFailed",
            message:
                "published log: \(what); the journal is whole: mend the folder, or remove 'log' to have it written anew"
        )
    }

    static func ledgerIdentity(_ what: String) -> Failure {
        Failure(.stall, reason: "LedgerIdentityChanged", message: "ledger: \(what)")
    }

    /// An event that the format cannot hold or that contradicts itself; a mistake of the program.
    static func eventInvalid(_ what: String) -> Failure {
        Failure(.stall, reason: "EventInvalid", message: "ledger: an event was refused: \(what)")
    }
}

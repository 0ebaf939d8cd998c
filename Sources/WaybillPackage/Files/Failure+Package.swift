import WaybillCore

extension Failure {
    static let cancelled = Failure(.retry, reason: "Cancelled", message: "stopped before it was done")

    /// A failed act on the store's own disk.
    static func disk(_ error: SystemError) -> Failure {
        if error.isDiskFull {
            return Failure(
                .retry, reason: "DiskFull",
                message:
                    "\(error.message); nothing was kept. Free some space, or move the state folder to a larger disk")
        }
        return Failure(.retry, reason: "StoreUnavailable", message: error.message)
    }

    /// A source that could not be read.
    static func unreadable(_ error: SystemError) -> Failure {
        Failure(
            .retry, reason: "ArtifactUnavailable",
            message: "\(error.message); the controller's user must be able to read it")
    }
}

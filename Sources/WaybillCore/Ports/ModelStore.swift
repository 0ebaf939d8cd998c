/// Verified copies of model files on this machine, keyed by content.
package protocol ModelStore: Sendable {
    /// The folder that holds, or will hold, exactly `artifacts`; a function of their paths and digests.
    func folder(for artifacts: [Artifact]) -> String
    /// Whether the folder is there and still has the bytes it was made of, and whether the version that `manifest` describes has its
    /// bundle. Hashes again what changed in inode, size or times.
    func check(_ artifacts: [Artifact], of manifest: ModelVersion?) async throws(Failure) -> Preparation
    /// Copies, verifies and looks into what is missing or altered; all or nothing. Safe to repeat; equal requests share the work.
    ///
    /// `manifest` is what the files are said to be, where that is known.
    func stage(
        _ artifacts: [Artifact], of version: VersionID, manifest: ModelVersion?, at commit: CommitID, ticket: Ticket
    ) async throws(Failure)
    /// How far staging or packaging `artifacts` is; nil when neither is under way.
    func progress(of artifacts: [Artifact]) -> PackagingProgress?
    /// Makes the bundle of a version whose files are staged, and records its digest. Safe to repeat: equal content gives an equal
    /// bundle.
    func package(_ version: ModelVersion, at commit: CommitID, ticket: Ticket) async throws(Failure)
    /// Keys of sets, whole or left by a crash, that are of no artifact set in `keeping` and whose folder `folders` does not name.
    func unneeded(keeping: Set<[Artifact]>, folders: Set<String>) async throws(Failure) -> [String]
    /// Removes the sets of `keys`; returns those that are gone. One that is being staged just now is left alone.
    func remove(_ keys: [String], ticket: Ticket) async throws(Failure) -> [String]
}

/// Python environments on this machine, one for each digest of lock and interpreter.
package protocol EnvironmentStore: Sendable {
    /// Where the environment's `bin/python` is, or will be, once built.
    func folder(for environment: LockedEnvironment) async throws(Failure) -> String
    func isBuilt(_ environment: LockedEnvironment) async throws(Failure) -> Bool
    /// Builds it from the lock's bytes at `commit`. Safe to repeat, also from two processes; never leaves half of one.
    func build(_ environment: LockedEnvironment, at commit: CommitID, ticket: Ticket) async throws(Failure)
    /// Keys of environments, whole or half built, that are in none of `keeping` and whose folder `folders` does not name.
    func unneeded(keeping: Set<LockedEnvironment>, folders: Set<String>) async throws(Failure) -> [String]
    /// Removes the environments of `keys`; returns those that are gone. One that is being built just now is left alone.
    func remove(_ keys: [String], ticket: Ticket) async throws(Failure) -> [String]
}

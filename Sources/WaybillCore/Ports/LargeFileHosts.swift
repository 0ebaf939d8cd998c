/// Where the Git LFS server of a repository is, when only its own host or folder can say.
package protocol LargeFileHosts: Sendable {
    /// What the program `git-lfs-authenticate` of an ssh repository's host says of downloads: JSON, not yet read. Nil when the host has no
    /// such program.
    ///
    /// - Throws: what a lost connection causes says `retry`; a host that is not known, or refuses us, says `stall`.
    func authenticate(_ repository: RemoteAddress) async throws(Failure) -> [UInt8]?

    /// - Throws: `SourceRefused`, stalling, for a repository that sources may not read.
    func admit(_ repository: RemoteAddress) throws(Failure)
}

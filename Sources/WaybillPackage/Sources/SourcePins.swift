package import WaybillCore

/// Resolves names that may mean other bytes tomorrow, once, so that what they mean today can be written beside them.
package protocol NameResolver: Sendable {
    /// `text` with what it means now written beside it; nil when it is pinned already.
    /// - Throws: what is wrong with it, or that it names nothing.
    func pinned(_ text: String) async throws(Failure) -> String?
}

/// Says what a source gives now: for manifests that are being written, which have no digest yet.
package protocol SourceMeasure: Sendable {
    func measure(_ source: RemoteSource) async throws(Failure) -> (digest: Digest, size: Int64)
}

/// What can be asked of sources while a manifest is written, by scheme.
package struct SourcePins: Sendable {
    /// Where code comes from.
    package let repositories: any RepositoryFiles
    package let names: [RemoteSource.Scheme: any NameResolver]
    package let measures: [RemoteSource.Scheme: any SourceMeasure]

    package init(
        repositories: any RepositoryFiles, names: [RemoteSource.Scheme: any NameResolver],
        measures: [RemoteSource.Scheme: any SourceMeasure]
    ) {
        self.repositories = repositories
        self.names = names
        self.measures = measures
    }
}

/// Names branches' and tags' commits, and measures files of repositories.
package struct GitPins: NameResolver, SourceMeasure {
    private let files: any RepositoryFiles

    package init(_ files: any RepositoryFiles) { self.files = files }

    package func pinned(_ text: String) async throws(Failure) -> String? {
        let address: GitAddress
        do throws(InvalidInput) { address = try GitAddress(parsing: text) } catch {
            throw Failure(.stall, reason: "SourceInvalid", message: error.message)
        }
        guard address.commit == nil, let name = address.name else { return nil }
        return address.pinned(to: try await files.resolve(name, of: address.repository))
    }

    package func measure(_ source: RemoteSource) async throws(Failure) -> (digest: Digest, size: Int64) {
        let address: GitAddress
        let commit: CommitID
        do throws(InvalidInput) {
            address = try GitAddress(parsing: source.text)
            commit = try address.requireCommit()
        } catch { throw Failure(.stall, reason: "SourceInvalid", message: error.message) }
        let hash = RunningHash()
        try await files.stream(
            address.path, at: commit, of: address.repository, from: 0, limit: GitReader.limit
        ) { (bytes) throws(Failure) in hash.add(bytes) }
        return hash.measure
    }
}

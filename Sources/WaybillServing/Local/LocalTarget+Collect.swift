package import WaybillCore

extension LocalTarget {
    /// Every folder of a replica counts, that of an ended one too: what its revision needs is not taken away under it.
    package func unneeded(keeping: [RevisionSpec]) async throws(Failure) -> [CachedItem] {
        let folders = try await offloaded { () throws(Failure) in try self.foldersInUse() }
        let sets = try await models.unneeded(keeping: Set(keeping.map(\.artifacts)), folders: folders)
        let locked = try await environments.unneeded(keeping: Set(keeping.compactMap(\.environment)), folders: folders)
        return sets.map { CachedItem(.modelFiles, key: $0) } + locked.map { CachedItem(.environment, key: $0) }
    }

    package func collect(_ items: [CachedItem], ticket: Ticket) async throws(Failure) -> [CachedItem] {
        func keys(_ kind: CachedItem.Kind) -> [String] { items.filter { $0.kind == kind }.map(\.key) }
        let sets = try await models.remove(keys(.modelFiles), ticket: ticket)
        let locked = try await environments.remove(keys(.environment), ticket: ticket)
        return sets.map { CachedItem(.modelFiles, key: $0) } + locked.map { CachedItem(.environment, key: $0) }
    }

    /// The folders that replicas read.
    /// - Throws: when what a replica reads is not known, so that nothing may be removed.
    private func foldersInUse() throws(Failure) -> Set<String> {
        var used: Set<String> = []
        for folder in folders() {
            do throws(Failure) {
                used.formUnion(try folder.readFolders())
            } catch {
                if folder.exists { throw error }
            }
        }
        return used
    }
}

import WaybillCore

extension FleetReader {
    /// Cards and locks of versions: all that a changed version names, and those of others where they changed. Only git's ids
    /// are looked up, and only the folders that changed are walked.
    func texts(
        from base: CommitID?, at commit: CommitID, _ changes: [Fleet.Change], _ known: Known
    ) async throws(Failure) -> [String: Fleet.Text] {
        var wanted: Set<String> = []
        for resource in changes.lazy.compactMap(\.file).flatMap(\.parsed.resources) {
            if case .modelVersion(let version) = resource.spec { wanted.formUnion(version.textPaths) }
        }
        var found: [String: Fleet.Text] = [:]
        let others = known.texts.keys.filter { !wanted.contains($0) }
        for (folder, paths) in Dictionary(grouping: others, by: Self.topFolder) {
            guard let folder, let base else {
                wanted.formUnion(paths)
                continue
            }
            let named = Set(paths)
            for change in try await tree.changes(from: base, to: commit, under: folder).changes
            where named.contains(change.path) {
                found[change.path] = Fleet.Text(blob: change.after)
            }
        }
        for path in wanted { found[path] = Fleet.Text(blob: try await tree.file(path, at: commit)?.blob) }
        return found
    }

    /// Nil for a file at the top.
    private static func topFolder(_ path: String) -> String? {
        path.firstIndex(of: "/").map { String(path[..<$0]) }
    }
}

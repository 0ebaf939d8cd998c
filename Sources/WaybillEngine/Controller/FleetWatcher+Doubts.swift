import WaybillCore

// Loss of information never deletes: where a start cannot tell where a deployment went, it is not taken for gone.
extension FleetWatcher {
    /// Finds what serves though nothing that was loaded names it.
    ///
    /// - Parameters:
    ///   - removed: what the last accepted commit removed.
    ///   - isHistoryWhole: all commits were there that lead to the state; otherwise a last good state may be an older one.
    func doubt(_ removed: Set<DeploymentKey>, isHistoryWhole: Bool) async {
        guard let state = await source.current(), !state.brokenFiles.isEmpty else {
            doubted = []
            return
        }
        doubted = population.keys.subtracting(removed).subtracting(state.deployments.keys).subtracting(state.held.keys)
        if !isHistoryWhole { doubted.formUnion(state.held.keys) }
    }

    /// Doubted deployments as held by every broken file; none once no file is broken.
    func heldByDoubt(_ state: DesiredState) -> [DeploymentKey: [Diagnostic]] {
        guard !state.brokenFiles.isEmpty else { return [:] }
        let reasons = state.diagnostics.filter { state.brokenFiles.contains($0.location.path) }
        let open = doubted.subtracting(state.deployments.keys).subtracting(state.held.keys)
        return Dictionary(uniqueKeysWithValues: open.map { ($0, reasons) })
    }

    /// The change, and what it tells of doubted deployments: named ones are held no longer, and once no file is broken
    /// the others are known to be gone.
    func settlingDoubts(_ change: DesiredDelta) async -> DesiredDelta {
        guard !doubted.isEmpty, let state = await source.current() else { return change }
        var change = change
        for key in doubted where state.held[key] == nil {
            if let desired = state.deployments[key] {
                change.changed[key] = desired
                change.released.insert(key)
            } else if state.brokenFiles.isEmpty {
                change.removed.insert(key)
            }
        }
        return change
    }
}

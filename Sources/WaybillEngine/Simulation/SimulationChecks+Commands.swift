import WaybillCore

// A command that was answered with a failure has no effect, then or later.
extension Simulation {
    /// Whoever is paused is paused by the ledger, and nobody else is.
    mutating func checkPauses(_ core: EngineCore) {
        guard core.pending == nil else { return }
        for key in keys {
            let (remembered, written) = (
                core.facts.keys[key]?.isPaused ?? false, ledger.facts.keys[key]?.isPaused ?? false
            )
            if remembered != written { violation("\(key) is paused: \(remembered), by the ledger: \(written)") }
        }
    }

    /// The commit gate hears only of words that are written down.
    mutating func check(reconsiders commit: CommitID) {
        let isWritten = ledger.entries.contains {
            $0.type == .operatorCommand && $0.body["command"] == "accept" && $0.subject == commit.hex
        }
        if !isWritten { violation("\(commit.short) is judged again though no acceptance of it is in the ledger") }
    }

    mutating func checkRefusals() {
        let refused = Set(checks.refused.map { "command \($0)" })
        for event in ledger.entries where event.type == .operatorCommand {
            if let reason = event.body["reason"]?.string, refused.contains(reason) {
                violation("\(reason) was refused, and is in the ledger")
            }
        }
    }
}

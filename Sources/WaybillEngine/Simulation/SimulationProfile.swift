/// Which faults a simulation has, drawn from its seed: seeds without a kind of fault allow stricter checks.
struct SimulationProfile: Hashable, Sendable {
    /// Replicas die, fail their probes, vanish; artifacts are altered.
    var replicasFail: Bool
    var effectsFail: Bool
    var crashes: Bool
    var ledgerFails: Bool
    var gatewayFails: Bool
    var clockJumps: Bool
    var triggersAreLost: Bool
    /// Prepares and starts that never succeed for one setting.
    var hasBadRevision: Bool
    /// Environments ask checklists, which commits tighten and loosen.
    var hasChecklists: Bool
    /// Production is frozen for ten minutes.
    var hasFreeze: Bool
    /// Revisions earn their traffic by steps. No draw of the others' chance, so that seeds without it are as they were.
    var hasRollouts = false
    var deployments: Int
    /// Mean time between faults, milliseconds.
    var pace: Int64

    init(_ chance: inout SeededChance) {
        replicasFail = chance.unit() < 0.6
        effectsFail = chance.unit() < 0.8
        crashes = chance.unit() < 0.7
        ledgerFails = chance.unit() < 0.4
        gatewayFails = chance.unit() < 0.4
        clockJumps = chance.unit() < 0.4
        triggersAreLost = chance.unit() < 0.5
        hasBadRevision = chance.unit() < 0.3
        hasChecklists = chance.unit() < 0.6
        hasFreeze = chance.unit() < 0.4
        deployments = Int.random(in: 1...6, using: &chance)
        pace = Int64.random(in: 500...20_000, using: &chance)
    }
}

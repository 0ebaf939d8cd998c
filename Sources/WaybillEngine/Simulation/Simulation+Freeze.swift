import WaybillCore

// Production is frozen for a while: no commit that comes then begins anything there.
extension Simulation {
    /// By true time, which is the controller's as long as no clock jumps.
    private static let frozen: Range<Int64> = 180_000..<780_000

    private var freeze: Freeze? {
        guard profile.hasFreeze, !profile.clockJumps else { return nil }
        // Windows are of whole minutes; the true one may be up to a minute earlier.
        let (from, until) = (Self.frozen.lowerBound + Self.startTime, Self.frozen.upperBound + Self.startTime)
        return Freeze(
            .dates(from: LocalTime(minutes: from / 60_000), until: LocalTime(minutes: until / 60_000)),
            reason: "a move", author: "ada")
    }

    /// What is asked for beside checklists, before the commit that asks for it.
    mutating func tellRules() {
        guard let freeze else { return }
        let production = keys.map(\.environment).first { $0.text == "production" }
        guard let production else { return }
        send(.words(ApprovalBoard(promotions: [production: PromotionRules(freezes: [freeze])])))
    }

    /// A plan for another revision, made while nothing may begin, is for a commit from before, or goes back on somebody's word.
    mutating func checkFreeze(_ note: Event, _ key: DeploymentKey, _ to: String) {
        guard let freeze, key.environment.text == "production", to != checks.planned[key]?.last ?? Change.absent,
            case .frozen = freeze.state(at: note.time, .onlyUTC),
            let commit = note.body["commit"]?.string,
            let taken = ledger.entries.last(where: { $0.type == .commitAccepted && $0.subject == commit })?.time,
            case .frozen = freeze.state(at: taken, .onlyUTC)
        else { return }
        let standIn = ledger.facts.keys[key]?.standIn?.revision
        if standIn != to, ledger.facts.keys[key]?.isPaused != true {
            violation("\(key) goes on to \(to) at \(note.time), while it is frozen, by a commit of \(taken)")
        }
    }
}

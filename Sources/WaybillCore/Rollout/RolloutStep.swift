/// One step by which a revision earns the traffic of the one that serves.
package enum RolloutStep: Hashable, Codable, Sendable {
    /// Whole percent of the traffic for the new revision; reached once its replicas are ready and the gateway splits so.
    case weight(Int)
    /// How long it stays as it is, counted while gateway and new revision are whole.
    case pause(Duration)
    /// It stays as it is until a person says that it goes on.
    case pauseUntilResumed
    /// It goes on once what the new revision answers has been found within bounds.
    case analysis(AnalysisStep)
    /// How long what served before stays whole beside the new revision, which has all traffic by then.
    case keepOld(Duration)

    /// As a person says it: `10 % of the traffic`, `pause of 10m`.
    package var words: String {
        switch self {
        case .weight(0): "all replicas ready, no traffic"
        case .weight(let share): "\(share) % of the traffic"
        case .pause(let time): "pause of \(time.manifestText)"
        case .pauseUntilResumed: "pause until 'waybill rollout advance'"
        case .analysis(let analysis): analysis.words
        case .keepOld(let time): "the old revision is kept for \(time.manifestText)"
        }
    }

    /// For events: `{"weight": 10}`, `{"pause": "10m"}`, `{"pause": "until resumed"}`, `{"analysis": {…}}`, `{"keepOld": "5m"}`.
    package var value: Value {
        switch self {
        case .weight(let share): .object(["weight": .integer(Int64(share))])
        case .pause(let time): .object(["pause": .string(time.manifestText)])
        case .pauseUntilResumed: .object(["pause": .string(Self.untilResumed)])
        case .analysis(let analysis): .object(["analysis": analysis.value])
        case .keepOld(let time): .object(["keepOld": .string(time.manifestText)])
        }
    }

    /// Nil for what `value` does not give.
    package init?(_ value: Value) {
        if let share = value["weight"]?.integer {
            guard (0...100).contains(share) else { return nil }
            self = .weight(Int(share))
        } else if let pause = value["pause"]?.string {
            guard pause != Self.untilResumed else {
                self = .pauseUntilResumed
                return
            }
            guard let time = try? Duration(parsing: pause) else { return nil }
            self = .pause(time)
        } else if let analysis = value["analysis"] {
            guard let step = AnalysisStep(analysis) else { return nil }
            self = .analysis(step)
        } else if let kept = value["keepOld"]?.string, let time = try? Duration(parsing: kept) {
            self = .keepOld(time)
        } else {
            return nil
        }
    }

    private static let untilResumed = "until resumed"
}

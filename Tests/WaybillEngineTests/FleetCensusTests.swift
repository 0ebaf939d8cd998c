import Testing
import WaybillCore
import WaybillEngine

struct FleetCensusTests {
    private static let all = (0..<6).compactMap { index -> DeploymentKey? in
        try? DeploymentKey(parsing: "\(["staging", "production"][index % 2])/m\(index)")
    }

    /// Every subset of six keys before, named and removed, in pseudo-random samples: the counts are those of a fresh census.
    @Test func `a census that was changed equals one that is made of the same keys`() {
        var generator = SystemRandomNumberGenerator()
        func some() -> Set<DeploymentKey> { Set(Self.all.filter { _ in Bool.random(using: &generator) }) }
        for _ in 0..<2000 {
            let (before, named, removed) = (some(), some(), some())
            var census = FleetCensus(before)
            let turnover = census.turnover(named: named, removed: removed)
            census.apply(turnover)
            #expect(census == FleetCensus(before.subtracting(removed).union(named)))
            #expect(turnover.gone == before.intersection(removed).subtracting(named))
            #expect(turnover.come == named.subtracting(before))
        }
    }
}

import Testing
import WaybillCore

/// What an environment takes only after another one has served it.
@Suite struct PromotionRulesTests {
    private let now = Timestamp(milliseconds: 1_795_000_000_000)
    private let key: DeploymentKey
    private let (old, new): (VersionID, VersionID)
    private let rules: PromotionRules

    init() throws {
        key = try DeploymentKey(parsing: "production/churn")
        (old, new) = (try VersionID(parsing: "churn@1.4.0"), try VersionID(parsing: "churn@1.5.0"))
        rules = PromotionRules(path: PromotionPath(from: try Name(parsing: "staging"), soak: .seconds(86_400)))
    }

    private func stay(_ version: VersionID?, hours: Int, ended hoursAgo: Int? = nil) -> Stay {
        let until = hoursAgo.map { now + .seconds(-3600 * $0) }
        return Stay(
            revision: "0123456789ab", version: version, since: (until ?? now) + .seconds(-3600 * hours), until: until)
    }

    private func obstacle(_ stays: [Stay], served: Set<VersionID> = [], rolledBack: [VersionID: String] = [:])
        -> Obstacle?
    {
        rules.order(
            new, of: key, served: served, upstream: Upstream(isKnown: true, stays: stays, rolledBack: rolledBack),
            now: now)
    }

    @Test func `what another environment has served for long enough may begin`() {
        #expect(obstacle([stay(old, hours: 100, ended: 24), stay(new, hours: 24)]) == nil)
        // It may have gone on since.
        #expect(obstacle([stay(new, hours: 25, ended: 3), stay(old, hours: 3)]) == nil)
    }

    @Test func `what has served for too short a time waits until the time is over`() {
        let found = obstacle([stay(new, hours: 6)])
        #expect(found?.reason == .awaitingUpstream && found?.until == now + .seconds(18 * 3600))
        #expect(
            found?.message
                == "staging/churn serves churn@1.5.0 since \((now + .seconds(-6 * 3600)).secondsText), for 6h of the 24h that are asked for"
        )
    }

    @Test func `time is not added up over breaks`() {
        let found = obstacle([
            stay(new, hours: 20, ended: 10), stay(old, hours: 4, ended: 6), stay(new, hours: 6),
        ])
        #expect(found?.until == now + .seconds(18 * 3600))
        #expect(found?.message.contains("for 20h of the 24h") == true)
    }

    @Test(arguments: [
        (0, "staging/churn served churn@1.5.0 for 2h of the 24h that are asked for, and no longer does"),
        (1, "production takes what staging has served, and staging/churn has not served churn@1.5.0"),
        (2, "production takes what staging has served, and staging/churn is not there"),
        (
            3,
            "staging/churn was rolled back from churn@1.5.0 (ada: nonsense); 'waybill lift staging/churn' allows it again"
        ),
    ])
    func `what did not serve waits for somebody`(_ row: Int, _ message: String) {
        let found =
            switch row {
            case 0: obstacle([stay(new, hours: 2, ended: 1), stay(old, hours: 1)])
            case 1: obstacle([stay(old, hours: 100), stay(nil, hours: 200, ended: 100)])
            case 2: rules.order(new, of: key, served: [], upstream: Upstream(isKnown: false), now: now)
            default: obstacle([stay(new, hours: 100)], rolledBack: [new: "ada: nonsense"])
            }
        #expect(found?.message == message && found?.until == nil)
    }

    @Test func `what the deployment served itself needs no proof, and neither does one without a path`() {
        #expect(obstacle([], served: [new]) == nil)
        #expect(obstacle([], served: [old]) != nil)
        #expect(
            PromotionRules().order(new, of: key, served: [], upstream: Upstream(isKnown: false), now: now) == nil)
    }

    @Test func `a clock that is set back makes no time negative`() {
        let ahead = Stay(revision: "0123456789ab", version: new, since: now + .seconds(60))
        #expect(obstacle([ahead])?.message.contains("for 0s of the 24h") == true)
    }
}

import Crypto
import Testing
import WaybillCore
import WaybillEngine

@testable import WaybillTrust

/// Changes that wait for another environment, or for a freeze to end.
@Suite struct `The engine keeps to the promotion path` {
    private let staging: DeploymentKey
    private let ada: Name
    private let soak = Duration.seconds(3600)

    init() throws {
        staging = try DeploymentKey(parsing: "staging/churn")
        ada = try Name(parsing: "ada")
    }

    private func board(_ rules: PromotionRules, _ found: [FoundStatement] = [], overriders: Int = 1) throws
        -> ApprovalBoard
    {
        let production = try Name(parsing: "production")
        let person = Access.Person(name: ada, keys: [Access.Key(key: try secret.publicKey)])
        let grant = Access.Grant(role: .override, models: [try NamePattern(parsing: "*")], people: [ada])
        return ApprovalBoard(
            access: Access(people: [person], grants: [grant]),
            policies: [production: ApprovalPolicy(required: [], overriders: overriders)],
            promotions: [production: rules],
            shelf: StatementShelf(statements: found))
    }

    private var secret: SSHPrivateKey {
        get throws {
            SSHPrivateKey(try Curve25519.Signing.PrivateKey(rawRepresentation: Array(repeating: 7, count: 32)))
        }
    }

    private var path: PromotionRules {
        PromotionRules(path: PromotionPath(from: staging.environment, soak: soak))
    }

    private func commit(_ setting: Int) throws -> CommitID {
        try CommitID(parsing: String(repeating: "\(setting)", count: 40))
    }

    private func deployment(_ key: DeploymentKey, _ setting: Int) -> DesiredDeployment {
        SimulatedDeployment(key: key, setting: setting, replicas: 1).desired
    }

    private func push(_ settings: [DeploymentKey: Int], _ bench: inout Bench) throws {
        let setting = settings.values.max() ?? 1
        let changed = Dictionary(uniqueKeysWithValues: settings.map { ($0.key, deployment($0.key, $0.value)) })
        if let own = changed[bench.key] { bench.past[try commit(setting)] = own }
        bench.send(.desired(DesiredDelta(commit: try commit(setting), changed: changed)))
        bench.settle()
    }

    /// Both environments serve `1`.
    private func serving(_ board: ApprovalBoard) throws -> Bench {
        var bench = try Bench()
        bench.now = Timestamp(milliseconds: 1_795_000_000_000)
        bench.core = EngineCore(facts: Facts(), seed: 1, now: bench.now)
        try push([bench.key: 1, staging: 1], &bench)
        bench.send(.words(board))
        bench.settle()
        (bench.notes, bench.acts) = ([], [])
        return bench
    }

    private func pass(_ time: Duration, _ bench: inout Bench) {
        let end = bench.now + time
        bench.settle(for: time)
        bench.now = end
        bench.send(.wake)
        bench.settle(for: .zero)
    }

    private func serves(_ bench: Bench, _ setting: Int) -> Bool {
        bench.route.replicas.map(\.revisionShort) == [deployment(bench.key, setting).revision.short]
    }

    private func held(_ bench: Bench) -> Condition? { bench.core.currentSummary(of: bench.key)?.conditions[.held] }

    @Test func `a version begins by itself once it has served before for long enough, and not a minute earlier`() throws
    {
        var bench = try serving(try board(path))
        try push([bench.key: 2], &bench)
        #expect(held(bench)?.reason == "AwaitingUpstream")
        #expect(
            held(bench)?.message
                == "production takes what staging has served, and staging/churn has not served churn@1.2.0")
        try push([bench.key: 2, staging: 2], &bench)
        let since = try #require(bench.core.facts.keys[staging]?.stays.last?.since)
        #expect(held(bench)?.message.hasPrefix("staging/churn serves churn@1.2.0 since ") == true)
        #expect(serves(bench, 1))
        pass(soak + .seconds(-300), &bench)
        #expect(serves(bench, 1))
        pass(.seconds(400), &bench)
        #expect(serves(bench, 2) && held(bench) == nil)
        let begun = try #require(bench.core.facts.keys[bench.key]?.stays.last?.since)
        #expect(begun - since >= soak && begun - since < soak + .seconds(10))
        #expect(bench.notes.allSatisfy { $0.undeclaredMembers.isEmpty } && bench.core.violations == [])
        let holds = bench.notes.filter { [.holdPlaced, .holdReleased].contains($0.type) }
        #expect(holds.map { $0.body["reason"]?.string } == ["AwaitingUpstream", "AwaitingUpstream"])
    }

    @Test func `the soak goes on over a restart, and begins again when the version before changes`() throws {
        var bench = try serving(try board(path))
        try push([bench.key: 2, staging: 2], &bench)
        pass(.seconds(1800), &bench)
        let board = try board(path)
        bench.core = EngineCore(facts: bench.core.facts, seed: 2, now: bench.now)
        bench.send(.words(board))
        try push([bench.key: 2, staging: 2], &bench)
        pass(.seconds(1500), &bench)
        #expect(serves(bench, 1))
        pass(.seconds(600), &bench)
        #expect(serves(bench, 2))

        try push([bench.key: 3, staging: 3], &bench)
        pass(.seconds(1800), &bench)
        try push([staging: 4], &bench)
        try push([staging: 3], &bench)
        pass(.seconds(2400), &bench)
        #expect(serves(bench, 2), "half an hour and forty minutes are no hour")
        pass(.seconds(1800), &bench)
        #expect(serves(bench, 3))
    }

    @Test func `what was rolled back before does not go on, and what served here itself does`() throws {
        var bench = try serving(try board(path))
        try push([bench.key: 2, staging: 2], &bench)
        bench.past[try commit(1)] = deployment(staging, 1)
        bench.send(
            .command(
                OperatorCommand(
                    id: 1, verb: .rollback(staging, to: nil), actor: .unixUser(uid: 7, name: "ada"), reason: "nonsense")
            ))
        pass(soak * 2, &bench)
        #expect(serves(bench, 1))
        #expect(
            held(bench)?.message
                == "staging/churn was rolled back from churn@1.2.0 (ada (uid 7): nonsense); 'waybill lift staging/churn' allows it again"
        )
        // Back to what serves: nothing to prove.
        try push([bench.key: 1], &bench)
        #expect(held(bench) == nil && serves(bench, 1))
    }

    @Test func `a freeze keeps changes back, tells until when, and lets a rollback through`() throws {
        let start = try Timestamp(parsing: "2026-11-27T17:00:00Z")
        let freeze = Freeze(
            .weekly(from: try WeekTime(parsing: "fri 16:00"), until: try WeekTime(parsing: "sat 08:00")),
            reason: "nobody watches", author: "ada")
        var bench = try Bench()
        bench.now = start + .seconds(-7200)
        bench.core = EngineCore(facts: Facts(), seed: 1, now: bench.now)
        try push([bench.key: 1], &bench)
        try push([bench.key: 2], &bench)
        bench.send(.words(try board(PromotionRules(freezes: [freeze]))))
        bench.now = start
        try push([bench.key: 3], &bench)
        #expect(serves(bench, 2) && held(bench)?.reason == "Frozen")
        #expect(
            held(bench)?.message
                == "frozen until 2026-11-28T08:00:00Z (fri 16:00 to sat 08:00, UTC), by ada: nobody watches")
        pass(.seconds(14 * 3600), &bench)
        #expect(serves(bench, 2))
        pass(.seconds(2 * 3600), &bench)
        #expect(serves(bench, 3) && held(bench) == nil)

        bench.now = start + .seconds(7 * 86_400)
        bench.send(
            .command(
                OperatorCommand(
                    id: 1, verb: .rollback(bench.key, to: nil), actor: .unixUser(uid: 7, name: "ada"),
                    reason: "nonsense")))
        bench.settle()
        #expect(serves(bench, 2))
    }

    @Test func `a controller that starts while a change waits cares for what is in force`() throws {
        let freeze = Freeze(
            .weekly(from: try WeekTime(parsing: "mon 00:00"), until: try WeekTime(parsing: "sun 23:59")),
            reason: "moving house", author: "ada")
        let rules = PromotionRules(freezes: [freeze])
        var bench = try serving(try board(rules))
        try push([bench.key: 2], &bench)
        #expect(serves(bench, 1) && held(bench)?.reason == "Frozen")
        bench.core = EngineCore(facts: bench.core.facts, seed: 2, now: bench.now)
        bench.send(.words(try board(rules)))
        try push([bench.key: 2, staging: 1], &bench)
        let id = try #require(bench.route.replicas.first)
        bench.replicas[id]?.phase = .exited(ExitStatus(cause: .signal(9), at: bench.now))
        bench.send(.replicaChanged(bench.key))
        bench.settle()
        #expect(serves(bench, 1) && !bench.route.replicas.contains(id) && held(bench)?.reason == "Frozen")
        #expect(bench.core.violations == [])
        // While the mirror cannot be read what runs is left, and asked for again.
        bench.past = [:]
        bench.recalls = []
        bench.core = EngineCore(facts: bench.core.facts, seed: 3, now: bench.now)
        bench.send(.words(try board(rules)))
        bench.send(.desired(DesiredDelta(commit: try commit(2), changed: [bench.key: deployment(bench.key, 2)])))
        pass(.seconds(600), &bench)
        #expect(serves(bench, 1) && bench.recalls.count > 2)
    }

    @Test func `what waits is forgotten when git leaves the deployment alone`() throws {
        let start = try Timestamp(parsing: "2026-11-27T17:00:00Z")
        let freeze = Freeze(
            .weekly(from: try WeekTime(parsing: "fri 16:00"), until: try WeekTime(parsing: "sat 08:00")),
            reason: "nobody watches", author: "ada")
        var bench = try serving(try board(PromotionRules(freezes: [freeze])))
        func leaveAlone() throws {
            bench.send(
                .desired(DesiredDelta(commit: try commit(9), removed: [bench.key], orphaned: [bench.key])))
            bench.settle()
        }
        try leaveAlone()
        bench.now = start
        try push([bench.key: 2], &bench)
        #expect(held(bench)?.reason == "Frozen")
        try leaveAlone()
        pass(.seconds(16 * 3600), &bench)
        #expect(serves(bench, 1) && held(bench)?.reason == "Orphaned")
    }

    @Test func `what was taken away and is asked for again waits, and is not forgotten meanwhile`() throws {
        let start = try Timestamp(parsing: "2026-11-27T17:00:00Z")
        let freeze = Freeze(
            .weekly(from: try WeekTime(parsing: "fri 16:00"), until: try WeekTime(parsing: "sat 08:00")),
            reason: "nobody watches", author: "ada")
        var bench = try serving(try board(PromotionRules(freezes: [freeze])))
        bench.send(.desired(DesiredDelta(commit: try commit(8), removed: [bench.key])))
        bench.now = start
        // While what served is still being stopped.
        try push([bench.key: 2], &bench)
        #expect(bench.replicas.keys.allSatisfy { $0.key != bench.key } && held(bench)?.reason == "Frozen")
        pass(.seconds(16 * 3600), &bench)
        #expect(serves(bench, 2))
    }

    @Test func `what waits is newer than what was rolled back, and a lift does not bring back git's older word`() throws
    {
        let start = try Timestamp(parsing: "2026-11-27T17:00:00Z")
        let freeze = Freeze(
            .weekly(from: try WeekTime(parsing: "fri 16:00"), until: try WeekTime(parsing: "sat 08:00")),
            reason: "nobody watches", author: "ada")
        var bench = try serving(try board(PromotionRules(freezes: [freeze])))
        try push([bench.key: 2], &bench)
        let ada = Actor.unixUser(uid: 7, name: "ada")
        bench.send(
            .command(OperatorCommand(id: 1, verb: .rollback(bench.key, to: nil), actor: ada, reason: "nonsense")))
        bench.settle()
        bench.now = start
        try push([bench.key: 3], &bench)
        bench.send(.command(OperatorCommand(id: 2, verb: .lift(bench.key), actor: ada, reason: "the data")))
        bench.settle()
        #expect(serves(bench, 1) && held(bench)?.reason == "Frozen")
        pass(.seconds(16 * 3600), &bench)
        #expect(serves(bench, 3) && held(bench) == nil)
    }

    private func override(_ bench: Bench, expires: Duration) throws -> FoundStatement {
        let change = Change(
            bench.key, from: deployment(bench.key, 1).revision, to: deployment(bench.key, 2).rendering, checklist: nil)
        let statement = ApprovalStatement(
            .override, bench.key, change: change.digest, from: change.from, role: ApprovalPolicy.overriding,
            issued: bench.now, expires: bench.now + expires, reason: "the old one answers nonsense")
        let signature = try secret.sign(Array(statement.description.utf8), namespace: "waybill.dev/override")
        let path = ApprovalPath(statement, of: ada)
        return FoundStatement(place: path.description, path: path, file: SignedStatement(statement, signature).file)
    }

    @Test func `an override lets a change begin, and stays to be seen, also after a restart`() throws {
        var bench = try serving(try board(path))
        try push([bench.key: 2], &bench)
        bench.send(.words(try board(path, [try override(bench, expires: .seconds(600))], overriders: 2)))
        bench.settle()
        #expect(serves(bench, 1), "it takes two people")
        bench.send(.words(try board(path, [try override(bench, expires: .seconds(600))])))
        bench.settle()
        #expect(serves(bench, 2) && held(bench) == nil)
        let admitted = try #require(bench.notes.last { $0.type == .changeAdmitted })
        #expect(admitted.body["message"] == "overridden by ada: the old one answers nonsense")
        #expect(admitted.undeclaredMembers.isEmpty)
        let words =
            "overridden by ada: the old one answers nonsense; instead of: production takes what staging has served, and staging/churn has not served churn@1.2.0; the override ends at "
        let seen = bench.core.currentSummary(of: bench.key)?.conditions[.overridden]?.message
        #expect(seen?.hasPrefix(words) == true, "\(seen ?? "")")
        bench.core = EngineCore(facts: bench.core.facts, seed: 2, now: bench.now + soak)
        bench.now = bench.now + soak
        bench.send(.words(try board(path)))
        try push([bench.key: 2, staging: 1], &bench)
        #expect(serves(bench, 2))
        #expect(bench.core.currentSummary(of: bench.key)?.conditions.isTrue(.overridden) == true)
        // Another change, admitted in the ordinary way, ends it.
        try push([staging: 3], &bench)
        pass(soak, &bench)
        try push([bench.key: 3], &bench)
        #expect(serves(bench, 3))
        #expect(bench.core.currentSummary(of: bench.key)?.conditions[.overridden] == nil)
    }

    @Test func `an override that has ended, or is of somebody else, lets nothing begin`() throws {
        var bench = try serving(try board(path))
        try push([bench.key: 2], &bench)
        let word = try override(bench, expires: .seconds(60))
        bench.now = bench.now + .seconds(61)
        bench.send(.words(try board(path, [word])))
        bench.settle()
        #expect(serves(bench, 1))
        var stranger = try board(path, [try override(bench, expires: .seconds(600))])
        stranger.access = Access(people: stranger.access?.people ?? [], grants: [])
        bench.send(.words(stranger))
        bench.settle()
        #expect(serves(bench, 1) && held(bench)?.reason == "AwaitingUpstream")
    }
}

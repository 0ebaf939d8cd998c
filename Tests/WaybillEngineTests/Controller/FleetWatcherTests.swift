import Testing
import WaybillCore
import WaybillEngine

struct FleetWatcherTests {
    private let one: DeploymentKey
    private let two: DeploymentKey
    private let a: CommitID
    private let b: CommitID
    private let c: CommitID

    init() throws {
        one = try Named.key("production/one")
        two = try Named.key("staging/two")
        (a, b, c) = (try Named.commit("a"), try Named.commit("b"), try Named.commit("c"))
    }

    private func fleet(_ keys: [DeploymentKey]? = nil) -> FleetHarness {
        let source = FakeSource()
        source.set(a, keys ?? [one, two])
        return FleetHarness(a, source: source)
    }

    private func settled(_ fleet: FleetHarness, _ keys: [DeploymentKey]? = nil) async throws {
        for key in keys ?? [one, two] {
            try await eventually("\(key) serves") { await fleet.base.isReady(key) }
        }
    }

    // MARK: Rounds

    @Test func `a head that is known already is not fetched again`() async throws {
        let fleet = fleet()
        try await fleet.run {
            _ = try await fleet.watcher.sync()
            let fetched = fleet.repository.fetched
            for _ in 0..<5 { _ = try await fleet.watcher.sync() }
            #expect(fleet.repository.fetched == fetched)
            #expect(fleet.source.loads == [a])
        }
        #expect(fleet.types(.commitObserved, .commitAccepted) == [.commitObserved, .commitAccepted])
    }

    @Test func `a webhook's round is one conversation with the remote, and a replayed one changes nothing`()
        async throws
    {
        let fleet = fleet()
        try await fleet.run {
            try await settled(fleet)
            let asked = fleet.repository.asked
            fleet.source.set(b, [one, two], setting: 2)
            fleet.repository.push(b, on: a)
            fleet.watcher.trigger(.webhook)
            try await eventually("it is accepted") { await fleet.watcher.status.accepted == b }
            let fetched = fleet.repository.fetched
            fleet.watcher.trigger(.webhook)
            try await eventually("it is asked again") { fleet.repository.fetched == fetched + 1 }
            #expect(fleet.repository.asked == asked)
        }
        #expect(fleet.types(.commitObserved, .commitAccepted).count == 4)
    }

    @Test func `a remote that is away changes nothing and is asked again`() async throws {
        let fleet = fleet()
        try await fleet.run {
            try await settled(fleet)
            fleet.repository.goAway(true)
            let failure = await #expect(throws: Failure.self) { _ = try await fleet.watcher.sync() }
            #expect(failure?.reason == "RemoteUnreachable")
            #expect(await fleet.watcher.status.problem == failure)
            #expect(await fleet.watcher.status.accepted == a)
            fleet.source.set(b, [one, two], setting: 2)
            fleet.repository.push(b, on: a)
            fleet.repository.goAway(false)
            try await eventually("it is noticed though nobody asked") { await fleet.watcher.status.accepted == b }
            #expect(await fleet.watcher.status.problem == nil)
        }
    }

    @Test func `what asks after the end is answered`() async throws {
        let fleet = fleet()
        try await fleet.run { _ = try await fleet.watcher.sync() }
        let failure = await #expect(throws: Failure.self) { _ = try await fleet.watcher.sync() }
        #expect(failure?.message == "the controller is stopping")
    }

    // MARK: What versions are

    @Test func `what a version is, is written down once it was accepted, once`() async throws {
        let fleet = fleet()
        let version = FixedVersion(
            version: try VersionID(parsing: "churn@1.4.0"), digest: Digest(of: "it".utf8), path: "churn.yaml", commit: a
        )
        fleet.source.name([version], at: a)
        fleet.source.name([version], at: b)
        try await fleet.run {
            try await settled(fleet)
            fleet.source.set(b, [one, two], setting: 2)
            fleet.repository.push(b, on: a)
            _ = try await fleet.watcher.sync()
        }
        #expect(
            fleet.types(.commitAccepted, .versionsFixed) == [.commitAccepted, .versionsFixed, .commitAccepted])
        #expect(fleet.base.ledger.memory.fixed == [version.version: version])
        let second = FleetHarness(b, before: fleet)
        try await second.run { try await settled(second) }
        #expect(second.types(.versionsFixed).count == 1)
    }

    @Test func `what a crash kept from being written down is written at the next start`() async throws {
        let first = fleet()
        try await first.run { try await settled(first) }
        let version = FixedVersion(
            version: try VersionID(parsing: "churn@1.4.0"), digest: Digest(of: "it".utf8), path: "churn.yaml", commit: a
        )
        first.source.name([version], at: a)
        let second = FleetHarness(a, before: first)
        second.repository.goAway(true)
        try await second.run {
            try await eventually("it is written down") { second.types(.versionsFixed).count == 1 }
        }
        #expect(second.base.ledger.memory.fixed == [version.version: version])
    }

    // MARK: Starts

    @Test func `after a restart the accepted state is taken up without the remote`() async throws {
        let first = fleet()
        try await first.run { try await settled(first) }
        let second = FleetHarness(a, before: first)
        second.repository.goAway(true)
        try await second.run { try await settled(second) }
        #expect(second.base.target.acts.map(\.name).filter { $0 == "stop" } == [])
        #expect(second.types(.commitAccepted) == [.commitAccepted])
    }

    @Test func `a load that fails midway at the start is begun anew and nothing is removed`() async throws {
        let first = fleet()
        try await first.run {
            try await settled(first)
            first.source.set(b, [one, two], setting: 2)
            try await first.push(b, on: a)
            try await settled(first)
        }
        let second = FleetHarness(b, before: first)
        second.source.fail(b, times: 2)
        try await second.run {
            try await eventually("it is loaded in the end") { await second.watcher.status.head == b }
            try await settled(second)
            #expect(await second.base.controller.desired(of: one) != nil)
            #expect(await second.base.controller.desired(of: two) != nil)
        }
        #expect(second.source.loads.suffix(6) == [a, b, a, b, a, b])
    }

    @Test func `a setting that hides the fleet is held at the start, and an operator's word lets it through`()
        async throws
    {
        let first = fleet()
        try await first.run { try await settled(first) }
        let second = FleetHarness(a, before: first)
        second.source.set(a, [])
        try await second.run {
            try await eventually("it is held") { await second.base.controller.fleetHold?.commit == a }
            _ = try await second.watcher.sync()
            for key in [one, two] {
                second.base.controller.send(.replicaChanged(key))
                try await eventually("it is looked at") { await second.base.controller.summary(of: key) != nil }
            }
            #expect(second.base.target.acts.map(\.name).filter { $0 == "stop" } == [])
            try await second.accept(a)
            try await eventually("what git does not name goes") { second.base.target.keys.isEmpty }
            try await eventually("the hold is gone") { await second.base.controller.fleetHold == nil }
        }
    }

    @Test func `what was removed with pruning disabled stays though its hold was not written down`() async throws {
        let first = fleet()
        try await first.run {
            try await settled(first)
            first.source.set(b, [one], orphaning: [two])
            first.base.ledger.breakAt(.holdPlaced)
            try await first.push(b, on: a)
            try await eventually("the ledger is lost") { await first.base.controller.isLedgerLost }
        }
        first.base.ledger.mend()
        try await first.base.ledger.recover()
        let second = FleetHarness(b, before: first)
        try await second.run {
            try await eventually("it is known to be an orphan") {
                await second.base.controller.summary(of: two)?.conditions[.held]?.reason == "Orphaned"
            }
        }
        #expect(second.base.target.keys == [one, two])
    }

    @Test func `after a restart the commits are loaded that lead to what is held now, and no others`() async throws {
        let first = fleet()
        let commits = try (1...70).map { try CommitID(parsing: String(repeating: "0", count: 38) + String($0 + 10)) }
        for commit in commits {
            first.source.set(commit, [one, two])
            first.source.breakFiles(["two.yaml"], at: commit, history: [a, commits[0]].filter { $0 != commit })
        }
        try await first.run {
            try await settled(first)
            for (parent, commit) in zip([a] + commits, commits) { try await first.push(commit, on: parent) }
        }
        let loads = first.source.loads.count
        let second = FleetHarness(try #require(commits.last), before: first)
        try await second.run { try await settled(second) }
        #expect(Array(second.source.loads[loads...]) == [a, commits[0], commits[68], commits[69]])
    }

    @Test func `what serves and is named nowhere is held while a file is broken, and goes with the last broken file`()
        async throws
    {
        let first = fleet()
        try await first.run { try await settled(first) }
        let second = FleetHarness(a, before: first)
        second.source.set(a, [one])
        second.source.breakFiles(["two.yaml"], at: a)
        second.source.set(b, [one], setting: 2)
        second.source.breakFiles(["two.yaml"], at: b)
        second.source.set(c, [one], setting: 2)
        try await second.run {
            try await settled(second, [one])
            try await eventually("it is held") {
                await second.base.controller.summary(of: two)?.conditions[.held]?.reason == "InvalidManifest"
            }
            try await second.push(b, on: a)
            try await settled(second, [one])
            #expect(second.base.target.keys == [one, two])
            #expect(await second.watcher.doubted == [two])
            try await second.push(c, on: b)
            try await eventually("it is held back as all of an environment") {
                await second.base.controller.fleetHold?.cause == .massDeletion
            }
            try await second.accept(c)
            try await eventually("what git does not name goes") { second.base.target.keys == [one] }
            #expect(await second.watcher.doubted == [])
        }
        let held = second.base.ledger.events(of: .holdPlaced).filter { $0.subject == "staging/two" }
        #expect(held.map { $0.body["message"] } == ["two.yaml:1:1: this is not YAML"])
    }

    @Test func `what serves and is named nowhere goes on once its file is whole again`() async throws {
        let first = fleet()
        try await first.run { try await settled(first) }
        let second = FleetHarness(a, before: first)
        second.source.set(a, [one])
        second.source.breakFiles(["two.yaml"], at: a)
        second.source.set(b, [one, two])
        try await second.run {
            try await eventually("it is held") {
                await second.base.controller.summary(of: two)?.conditions[.held]?.reason == "InvalidManifest"
            }
            try await second.push(b, on: a)
            try await settled(second)
            #expect(await second.watcher.doubted == [])
        }
        #expect(second.base.target.acts.map(\.name).filter { $0 == "stop" } == [])
    }

    @Test func `what the last commit removed is removed though a file is broken`() async throws {
        let first = fleet([one, two, try Named.key("staging/three"), try Named.key("staging/four")])
        let left = [one, try Named.key("staging/three"), try Named.key("staging/four")]
        first.source.set(b, left)
        first.source.breakFiles(["x.yaml"], at: b)
        try await first.run {
            try await settled(first)
            first.base.ledger.breakAt(.planDecided)
            try await first.push(b, on: a)
            try await eventually("the ledger is lost") { await first.base.controller.isLedgerLost }
        }
        first.base.ledger.mend()
        try await first.base.ledger.recover()
        let second = FleetHarness(b, before: first)
        try await second.run {
            try await eventually("what git does not name goes") { !second.base.target.keys.contains(two) }
        }
    }

    // MARK: Holds

    @Test func `a rewound branch is held once, also over a restart, until a commit contains what was accepted`()
        async throws
    {
        let first = fleet()
        first.source.set(b, [one], setting: 2)
        try await first.run {
            try await settled(first)
            try await first.push(b, on: nil)
            try await eventually("it is held") { await first.base.controller.fleetHold?.cause == .historyRewound }
        }
        let second = FleetHarness(b, before: first)
        second.source.set(c, [one, two], setting: 3)
        try await second.run {
            try await settled(second)
            _ = try await second.watcher.sync()
            #expect(await second.base.controller.fleetHold?.commit == b)
            #expect(await second.base.controller.desired(of: two) != nil)
            #expect(
                second.types(.commitRewound, .commitRejected, .holdPlaced)
                    == [.commitRewound, .commitRejected, .holdPlaced])
            #expect(second.base.ledger.events(of: .commitObserved).map(\.subject) == [a.hex, b.hex])
            try await second.push(c, on: a)
            try await eventually("the hold is gone") { await second.base.controller.fleetHold == nil }
            #expect(await second.watcher.status.accepted == c)
        }
        #expect(second.types(.holdPlaced, .holdReleased) == [.holdPlaced, .holdReleased])
    }

    @Test func `a branch that comes back ends the hold, also while no controller ran`() async throws {
        let first = fleet()
        try await first.run {
            try await settled(first)
            try await first.push(b, on: nil)
            try await eventually("it is held") { await first.base.controller.fleetHold != nil }
            try await first.push(a, on: nil)
            try await eventually("the hold is gone") { await first.base.controller.fleetHold == nil }
            try await first.push(b, on: nil)
            try await eventually("it is held again") { await first.base.controller.fleetHold != nil }
        }
        first.repository.push(a, on: nil)
        let second = FleetHarness(a, before: first)
        try await second.run {
            try await eventually("the hold is gone") {
                let isLoaded = await second.watcher.status.accepted != nil
                let hold = await second.base.controller.fleetHold
                return isLoaded && hold == nil
            }
        }
        #expect(second.types(.commitAccepted).count == 1)
        #expect(second.types(.holdPlaced, .holdReleased).count == 4)
    }

    @Test func `an operator's word is for one commit and one time`() async throws {
        let fleet = fleet()
        fleet.source.set(b, [one, two], setting: 2)
        fleet.source.set(c, [one, two], setting: 3)
        try await fleet.run {
            try await settled(fleet)
            try await fleet.push(b, on: nil)
            try await eventually("it is held") { await fleet.base.controller.fleetHold?.commit == b }
            try await fleet.accept(b)
            try await eventually("it is in force") { await fleet.watcher.status.accepted == b }
            try await eventually("the hold is gone") { await fleet.base.controller.fleetHold == nil }
            try await fleet.push(c, on: b)
            #expect(await fleet.watcher.status.accepted == c)
            try await fleet.push(b, on: a)
            try await eventually("a replay is held") { await fleet.base.controller.fleetHold?.commit == b }
            #expect(await fleet.watcher.status.accepted == c)
        }
        let accepted = fleet.base.ledger.events(of: .commitAccepted)
        #expect(accepted.map { $0.body["reason"]?.string } == [nil, "accepted by an operator", nil])
        #expect(fleet.base.ledger.memory.operatorAccepted == nil)
    }

    @Test func `the hold of a rewound branch names what its acceptance removes`() async throws {
        let fleet = fleet()
        fleet.source.set(b, [one], setting: 2)
        try await fleet.run {
            try await settled(fleet)
            try await fleet.push(b, on: nil)
            try await eventually("it is held") { await fleet.base.controller.fleetHold?.cause == .historyRewound }
            let message = await fleet.base.controller.fleetHold?.message
            #expect(message?.contains("; it removes 1 of 1 in staging (two); look at both") == true)
            #expect(fleet.base.target.keys == [one, two])
            try await fleet.accept(b)
            try await eventually("what it removes goes") { fleet.base.target.keys == [one] }
        }
    }

    @Test func `a commit that removes everything changes nothing until it is accepted, and then all of it`()
        async throws
    {
        let fleet = fleet()
        fleet.source.set(b, [two], setting: 2)
        try await fleet.run {
            try await settled(fleet)
            try await fleet.push(b, on: a)
            try await eventually("it is held") { await fleet.base.controller.fleetHold?.cause == .massDeletion }
            #expect(await fleet.base.controller.desired(of: two)?.rendering == Named.desired(two).rendering)
            try await fleet.accept(b)
            try await eventually("what it removes goes") { fleet.base.target.keys == [two] }
            try await eventually("what it changes is changed") {
                await fleet.base.controller.desired(of: two)?.rendering == Named.desired(two, setting: 2).rendering
            }
        }
    }

    @Test(arguments: [false, true])
    func `a held commit is undone by what differs, and read anew from nothing only where something is broken`(
        isBroken: Bool
    ) async throws {
        let fleet = fleet()
        fleet.source.set(b, [two], setting: 2)
        fleet.source.set(c, [one, two], setting: 3)
        if isBroken { fleet.source.breakFiles(["broken.yaml"], at: b) }
        try await fleet.run {
            try await settled(fleet)
            let begun = fleet.source.beginnings
            try await fleet.push(b, on: a)
            try await eventually("it is held") { await fleet.base.controller.fleetHold?.cause == .massDeletion }
            #expect(fleet.source.loads.suffix(2) == [b, a])
            #expect(fleet.source.beginnings - begun == (isBroken ? 1 : 0))
            // What comes next is compared with what is in force, not with what was held.
            try await fleet.push(c, on: b)
            try await eventually("the next commit is in force") {
                let named = await (
                    fleet.base.controller.desired(of: one)?.rendering, fleet.base.controller.desired(of: two)?.rendering
                )
                return named.0 == Named.desired(one, setting: 3).rendering
                    && named.1 == Named.desired(two, setting: 3).rendering
            }
            #expect(await fleet.base.controller.fleetHold == nil)
        }
    }

    // MARK: The ledger's absence

    @Test(arguments: [EventType.commitObserved, .commitRewound, .commitRejected])
    func `a rewind that the ledger could not be told of is held once it is back`(_ type: EventType) async throws {
        let fleet = fleet()
        try await fleet.run {
            try await settled(fleet)
            fleet.base.ledger.breakAt(type)
            await #expect(throws: Failure.self) { try await fleet.push(b, on: nil) }
            #expect(await fleet.base.controller.fleetHold == nil)
            #expect(await fleet.base.controller.isLedgerLost)
            fleet.base.ledger.mend()
            try await eventually("it is held though nobody asked") {
                await fleet.base.controller.fleetHold?.commit == b
            }
        }
        #expect(
            fleet.types(.commitRewound, .commitRejected, .holdPlaced) == [.commitRewound, .commitRejected, .holdPlaced])
    }

    @Test func `a commit whose acceptance was not durable is taken whole once it is`() async throws {
        let fleet = fleet()
        let three = try Named.key("staging/three")
        fleet.source.set(b, [one, two, three], setting: 2)
        try await fleet.run {
            try await settled(fleet)
            fleet.base.ledger.breakAt(.commitAccepted)
            await #expect(throws: Failure.self) { try await fleet.push(b, on: a) }
            #expect(await fleet.watcher.status.accepted == a)
            #expect(await fleet.base.controller.desired(of: three) == nil)
            fleet.base.ledger.mend()
            try await eventually("it is in force though nobody asked") { await fleet.watcher.status.accepted == b }
            try await settled(fleet, [one, two, three])
        }
        #expect(fleet.types(.commitAccepted).count == 2)
    }
}

import Testing
import WaybillCore
import WaybillEngine

struct BurstTests {
    @Test func `a hundred pushes at once cost two loads, two plans of each key, and the last one wins`() async throws {
        let (one, two) = (try Named.key("production/one"), try Named.key("staging/two"))
        let first = try Named.commit("a")
        let source = FakeSource()
        source.set(first, [one, two])
        let fleet = FleetHarness(first, source: source)
        let commits = try (0..<100).map { number in
            try CommitID(parsing: String(repeating: "0", count: 37) + String(number + 100))
        }
        try await fleet.run {
            for key in [one, two] { try await eventually("\(key) serves") { await fleet.base.isReady(key) } }
            let (loads, plans) = (fleet.source.loads.count, fleet.base.ledger.events(of: .planDecided).count)
            var parent = first
            fleet.repository.turnstile.close()
            for (number, commit) in commits.enumerated() {
                fleet.source.set(commit, [one, two], setting: number + 2)
                fleet.repository.push(commit, on: parent)
                fleet.watcher.trigger(.webhook)
                parent = commit
                if number == 0 {
                    try await eventually("a round is under way") { fleet.repository.turnstile.waiting == 1 }
                }
            }
            fleet.repository.turnstile.open()
            try await eventually("the last one is in force") {
                await fleet.watcher.status.accepted == commits.last
            }
            // The round that was under way, and one for all the triggers after it.
            #expect(fleet.source.loads.count - loads == 2)
            let last = Named.desired(one, setting: commits.count + 1).revision
            try await eventually("the last one serves") {
                fleet.base.gateway.table.routes.allSatisfy { route in
                    route.backends.map(\.revision) == [last.description] || route.deployment != one.name.text
                }
            }
            let decided = fleet.base.ledger.events(of: .planDecided).dropFirst(plans)
            for key in [one, two] {
                let commits = decided.filter { $0.subject == key.description }.compactMap { $0.body["commit"]?.string }
                #expect((1...2).contains(Set(commits).count), "\(key): \(commits)")
                #expect(commits.last == parent.hex)
            }
        }
    }
}

import NIOHTTP1
import Synchronization
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillGateway

/// How a deployment's requests are divided between its revisions.
@Suite struct SplitTests {
    // MARK: The order of turns

    /// All pairs and triples of whole percent, and many of more.
    private static func vectors(of count: Int) -> [[Int]] {
        switch count {
        case 2: return (1..<100).map { [$0, 100 - $0] }
        case 3: return (1..<99).flatMap { a in (1..<100 - a).map { [a, $0, 100 - a - $0] } }
        default:
            var random = SplitMix(state: UInt64(count))
            return (0..<300).map { _ in
                let cuts = Set((0..<count * 40).map { _ in Int.random(in: 1..<100, using: &random) }).shuffled(
                    using: &random)
                let chosen = ([0, 100] + cuts.prefix(count - 1)).sorted()
                return zip(chosen, chosen.dropFirst()).map { $1 - $0 }
            }
        }
    }

    @Test(arguments: [2, 3, 5, 10, 40])
    func `after any number of turns each share is had to within less than one`(_ count: Int) {
        for weights in Self.vectors(of: count) {
            let order = ShareOrder.order(weights)
            var taken = [Int](repeating: 0, count: weights.count)
            var worst = 0
            for (index, chosen) in order.enumerated() {
                taken[chosen] += 1
                for (share, weight) in weights.enumerated() {
                    worst = max(worst, abs(taken[share] * 100 - weight * (index + 1)))
                }
            }
            #expect(taken == weights, "\(weights)")
            // Tijdeman's bound, in hundredths of a turn.
            #expect(worst * (2 * weights.count - 2) <= 100 * (2 * weights.count - 3), "\(weights): \(worst)")
        }
    }

    @Test func `shares of a part of the traffic have a period of their own`() {
        #expect(ShareOrder.order([5]) == [0])
        #expect(ShareOrder.order([3, 1]).count == 4)
        #expect(ShareOrder.order([]) == [])
    }

    @Test func `threads that draw at once share one count exactly`() async {
        let turn = SplitTurn([.init(revision: "a", weight: 93), .init(revision: "b", weight: 7)])
        let drawn = await withTaskGroup(of: [Int].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var own = [0, 0]
                    for _ in 0..<2_525 { own[turn.draw()] += 1 }
                    return own
                }
            }
            return await group.reduce([0, 0]) { zip($0, $1).map(+) }
        }
        #expect(drawn == [9_393, 707])
    }

    @Test func `tables that leave the shares as they are keep the count`() throws {
        let registry = BackendRegistry()
        var canary = 0
        // Another deployment changes with every request to this one.
        for generation in 1...200 {
            let other = RouteTable.Route(
                environment: "e", deployment: "d", servingProtocol: "openai", paths: [], versions: [],
                backends: [
                    .init(replica: "x\(generation)", revision: "x", version: "1", port: 9)
                ])
            // So does this one's own rotation: a replica more, a replica less.
            var route = divided(("a", 95, 1), ("b", 5, 2))
            if generation.isMultiple(of: 2) {
                route.backends.append(.init(replica: "more", revision: "a", version: "a", port: 3))
            }
            let snapshot = registry.snapshot(of: RouteTable(generation: UInt64(generation), routes: [route, other]))
            let entry = try #require(snapshot.route("production/churn"))
            let chosen = entry.choose(.any, after: nil, turn: 0, now: 0)
            if chosen?.backend.revision == "b" { canary += 1 }
        }
        #expect(canary == 10)
    }

    // MARK: Choosing

    private static func tally(_ entry: RouteEntry, _ aim: RouteEntry.Aim, after failure: FailedChoice? = nil)
        -> [String: Int]
    {
        var tally: [String: Int] = [:]
        for turn in 0..<1_000 {
            let revision = entry.choose(aim, after: failure, turn: turn, now: 100)?.backend.revision ?? "none"
            tally[revision, default: 0] += 1
        }
        return tally
    }

    @Test func `a revision with a share of 0 is nobody's turn, whatever becomes of the others`() {
        let entry = RouteEntry(of: divided(("a", 90, 1), ("b", 10, 2), ("c", 0, 3)))
        #expect(Self.tally(entry, .any) == ["a": 900, "b": 100])
        for backend in entry.backends.prefix(2) { backend.restingUntil.store(200, ordering: .relaxed) }
        #expect(Self.tally(entry, .any) == ["a": 900, "b": 100])
        let only = RouteEntry(of: divided(("a", 100, 1), ("c", 0, 3)))
        only.backends[0].restingUntil.store(200, ordering: .relaxed)
        let failed = FailedChoice(backend: only.backends[0], wasSent: false)
        #expect(Self.tally(only, .any, after: failed) == ["a": 1_000])
    }

    @Test func `a revision whose replicas take no connections yields to the largest share that does`() {
        let entry = RouteEntry(of: divided(("a", 20, 1), ("b", 70, 2), ("c", 10, 3)))
        entry.backends[2].restingUntil.store(200, ordering: .relaxed)
        #expect(Self.tally(entry, .any) == ["a": 200, "b": 800])
        entry.backends[1].restingUntil.store(200, ordering: .relaxed)
        #expect(Self.tally(entry, .any) == ["a": 1_000])
    }

    @Test func `what a revision may have got stays with it, what it has not got need not`() {
        var route = divided(("a", 90, 1), ("b", 10, 2))
        route.backends.append(.init(replica: "b2", revision: "b", version: "b", port: 3))
        let entry = RouteEntry(of: route)
        let canary = entry.backends[1]
        // Another replica of the same revision is tried first, either way.
        for wasSent in [true, false] {
            #expect(Self.tally(entry, .any, after: FailedChoice(backend: canary, wasSent: wasSent)) == ["b": 1_000])
        }
        for backend in entry.backends.dropFirst() { backend.restingUntil.store(200, ordering: .relaxed) }
        #expect(Self.tally(entry, .any, after: FailedChoice(backend: canary, wasSent: true)) == ["b": 1_000])
        #expect(Self.tally(entry, .any, after: FailedChoice(backend: canary, wasSent: false)) == ["a": 1_000])
    }

    @Test func `a revision that left while a request failed is followed by whose turn it is`() {
        let old = RouteEntry(of: divided(("gone", 100, 9)))
        let failed = FailedChoice(backend: old.backends[0], wasSent: true)
        #expect(
            Self.tally(RouteEntry(of: divided(("a", 75, 1), ("b", 25, 2))), .any, after: failed) == [
                "a": 750, "b": 250,
            ])
    }

    @Test func `revisions of one version divide the requests that name it`() {
        let entry = RouteEntry(
            of: divided(
                ("a", 60, 1), ("b", 30, 2), ("c", 10, 3), ("d", 0, 4),
                versions: ["a": "1", "b": "1", "c": "2", "d": "3"]))
        #expect(Self.tally(entry, .version("1")) == ["a": 667, "b": 333])
        #expect(Self.tally(entry, .version("2")) == ["c": 1_000])
        #expect(Self.tally(entry, .version("3")) == ["none": 1_000])
    }

    @Test func `without shares all replicas are one pool`() {
        var route = divided(("a", 50, 1), ("b", 50, 2))
        route.splits = []
        let entry = RouteEntry(of: route)
        #expect(Self.tally(entry, .any) == ["a": 500, "b": 500])
        entry.backends[0].outstanding.store(1, ordering: .relaxed)
        #expect(Self.tally(entry, .any) == ["b": 1_000])
    }

    // MARK: What a tester asks for

    struct Choice: Sendable, CustomTestStringConvertible {
        var testDescription: String { "\(choice ?? "nothing") at \(path)" }
        var choice: String?
        var path: Substring = "/v2"
        var aim: RouteEntry.Aim?
        var refusal: Refusal?
    }

    private static let first = "sha256:" + String(repeating: "1", count: 64)
    private static let second = "sha256:" + String(repeating: "2", count: 64)
    private static let third = "sha256:" + String(repeating: "3", count: 64)
    private static let there =
        "111111111111 (version 1.0.0), 222222222222 (version 1.0.0), 333333333333 (version 2.0.0)"

    @Test(arguments: [
        Choice(aim: .any),
        Choice(path: "/v2/models/churn/versions/1.0.0", aim: .version("1.0.0")),
        Choice(
            path: "/v2/models/churn/versions/2.0.0",
            refusal: Refusal(.notServed, .notFound, "this version is not in rotation; in rotation: 1.0.0")),
        Choice(choice: "222222222222", aim: .revision(second, version: nil)),
        Choice(choice: second, aim: .revision(second, version: nil)),
        Choice(choice: "2.0.0", aim: .revision(third, version: nil)),
        Choice(
            choice: "2.0.0", path: "/v2/models/churn/versions/2.0.0/infer", aim: .revision(third, version: "2.0.0")),
        Choice(
            choice: "2.0.0", path: "/v2/models/churn/versions/1.0.0/infer",
            refusal: Refusal(.notServed, .notFound, "the revision that 'x-try' chooses is not of version 1.0.0")),
        Choice(
            choice: "3.0.0",
            refusal: Refusal(
                .notServed, .notFound, "no revision is called '3.0.0', as 'x-try' asks; there are: \(there)")),
        Choice(
            choice: "",
            refusal: Refusal(.notServed, .notFound, "no revision is called '', as 'x-try' asks; there are: \(there)")),
        Choice(
            choice: "1.0.0",
            refusal: Refusal(
                .malformed, .badRequest,
                "'1.0.0', as 'x-try' asks, is the version of several revisions; name one of: "
                    + "111111111111 (version 1.0.0), 222222222222 (version 1.0.0)")),
    ])
    func chosen(_ row: Choice) {
        let entry = RouteEntry(
            of: divided(
                (Self.first, 90, 1), (Self.second, 10, 2), (Self.third, 0, 3),
                versions: [Self.first: "1.0.0", Self.second: "1.0.0", Self.third: "2.0.0"], chooser: "x-try"))
        do throws(Refusal) {
            #expect(try entry.aim(at: row.path, choice: row.choice) == row.aim)
        } catch {
            #expect(error == row.refusal)
        }
    }

    @Test func `one who chooses gets that revision and no other`() {
        let entry = RouteEntry(of: divided(("a", 100, 1), ("b", 0, 2), chooser: "x-try"))
        #expect(Self.tally(entry, .revision("b", version: nil)) == ["b": 1_000])
        entry.backends[1].restingUntil.store(200, ordering: .relaxed)
        let failed = FailedChoice(backend: entry.backends[1], wasSent: false)
        #expect(Self.tally(entry, .revision("b", version: nil), after: failed) == ["b": 1_000])
        #expect(!entry.isDivided(.revision("b", version: nil)))
    }
}

/// Vigna's SplitMix64: the same numbers every time.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

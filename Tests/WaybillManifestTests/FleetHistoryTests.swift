import Testing
import WaybillCore

@testable import WaybillManifest

/// What a later start must load to come to the same state.
@Suite struct FleetHistoryTests {
    private let tree = MemoryTree()

    private func commits(_ numbers: Int...) throws -> [CommitID] { try numbers.map(MemoryTree.commit) }

    @Test func `a sound fleet needs no history, a broken one the step that broke it`() async throws {
        let loader = FleetLoader(tree: tree)
        var files = SampleFleet.files
        #expect(try await loader.load(try tree.commit(1, files)).history == [])
        files["notes/x.yaml"] = SampleFleet.environment("x")
        #expect(try await loader.load(try tree.commit(2, files)).history == [])
        files["production/churn.yaml"] = "a: ["
        #expect(try await loader.load(try tree.commit(3, files)).history == commits(2))
        for number in 4..<80 {
            files["notes/x.yaml"] = SampleFleet.environment("x\(number)")
            #expect(try await loader.load(try tree.commit(number, files)).history == commits(2, 3))
        }
        files["production/churn.yaml"] = SampleFleet.files["production/churn.yaml"]
        #expect(try await loader.load(try tree.commit(80, files)).history == [])
    }

    @Test func `what was added and broken while something else was broken stays, however many commits follow`()
        async throws
    {
        let loader = FleetLoader(tree: tree)
        var files = SampleFleet.files
        _ = try await loader.load(try tree.commit(1, files))
        files["production/churn.yaml"] = "a: ["
        _ = try await loader.load(try tree.commit(2, files))
        files["production/third.yaml"] = SampleFleet.deployment("third")
        _ = try await loader.load(try tree.commit(3, files))
        files["production/third.yaml"] = "a: ["
        _ = try await loader.load(try tree.commit(4, files))
        for number in 5..<75 {
            files["notes/x.yaml"] = SampleFleet.environment("x\(number)")
            _ = try await loader.load(try tree.commit(number, files))
        }
        let state = try #require(await loader.state)
        #expect(state.history == (try commits(1, 2, 3, 4)))
        let again = FleetLoader(tree: tree)
        for commit in state.history + [state.commit] { _ = try await again.load(commit) }
        let rebuilt = try #require(await again.state)
        #expect(rebuilt.held.keys.sorted() == [FleetLoaderTests.churn, FleetLoaderTests.key("third")])
        #expect(rebuilt.deployments == state.deployments)
    }

    @Test(arguments: 1...8)
    func `whatever happens, the history leads to the same state`(_ seed: UInt64) async throws {
        var chance = Chance(seed: seed)
        let loader = FleetLoader(tree: tree)
        var files = SampleFleet.files
        for number in 1...25 {
            change(&files, &chance)
            _ = try await loader.load(try tree.commit(number, files))
            let state = try #require(await loader.state)
            let again = FleetLoader(tree: tree)
            var last = 0
            for commit in state.history + [state.commit] {
                let number = try #require(Int(commit.hex, radix: 16))
                _ = try await again.load(commit, isNext: number == last + 1)
                last = number
            }
            let rebuilt = try #require(await again.state)
            // Compared first: a difference shows as the seed alone, not as two fleets.
            let isSame =
                rebuilt.deployments == state.deployments && rebuilt.held == state.held
                && rebuilt.resources == state.resources && rebuilt.history == state.history
                && rebuilt.diagnostics == state.diagnostics
            #expect(isSame, "seed \(seed), commit \(number)")
        }
    }

    /// One to three edits: whole files, broken ones, moves, removals, references to what is not there.
    private func change(_ files: inout [String: String], _ chance: inout Chance) {
        let names = ["churn", "other", "third"]
        for _ in 0...chance.below(3) {
            let name = names[chance.below(3)]
            let path = "production/\(names[chance.below(3)])\(chance.below(2)).yaml"
            switch chance.below(9) {
            case 0: files[path] = "a: ["
            case 1: files[path] = nil
            case 2: files[path] = SampleFleet.deployment(name, more: "  nothing: 1")
            case 3: files[path] = SampleFleet.deployment(name, version: chance.below(2) == 0 ? "1.4.0" : "1.5.0")
            case 4: files[path] = SampleFleet.deployment(name, more: "  replicas: \(1 + chance.below(4))")
            case 5:
                if let old = files.keys.sorted().dropFirst(chance.below(files.count)).first, old.hasSuffix(".yaml") {
                    files[path] = files.removeValue(forKey: old)
                }
            case 6:
                let other = SampleFleet.version("1.5.0").replacing("size: 12", with: "size: \(10 + chance.below(3))")
                files["models/churn-1.5.0.yaml"] = [nil, "- [", SampleFleet.version("1.5.0"), other][chance.below(4)]
            case 7:
                files["runtimes/mlserver.yaml"] = SampleFleet.runtime + (chance.below(3) == 0 ? "  nothing: 1\n" : "")
            default:
                files["production/more.yaml"] =
                    SampleFleet.deployment(name, more: "  replicas: \(1 + chance.below(3))") + "\n---\n"
                    + (chance.below(2) == 0 ? SampleFleet.environment("production") : "b: {")
            }
        }
        files["runtimes/mlserver.lock"] = chance.below(8) == 0 ? nil : "mlserver==1.7.\(chance.below(2))\n"
    }

    private struct Chance {
        private var state: UInt64

        init(seed: UInt64) { state = seed }

        mutating func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
    }
}

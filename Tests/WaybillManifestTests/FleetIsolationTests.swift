import Testing
import WaybillCore

@testable import WaybillManifest

/// What one bad file may and may not do to the rest of the fleet.
@Suite struct FleetIsolationTests {
    private static let (churn, other) = (FleetLoaderTests.churn, FleetLoaderTests.other)
    private let tree = MemoryTree()

    private func loaded() async throws -> FleetLoader {
        let loader = FleetLoader(tree: tree)
        _ = try await loader.load(try tree.commit(1, SampleFleet.files))
        return loader
    }

    private func change(_ number: Int, _ edit: (inout [String: String]) -> Void, problems: [TreeProblem] = []) throws
        -> CommitID
    {
        var files = SampleFleet.files
        edit(&files)
        return try tree.commit(number, files, problems: problems)
    }

    @Test func `a broken deployment is held as it was, the other goes on`() async throws {
        let loader = try await loaded()
        let delta = try await loader.load(
            try change(2) { files in
                files["production/churn.yaml"] = "a: ["
                files["production/other.yaml"] = SampleFleet.deployment("other", more: "  replicas: 3")
            })
        #expect(delta.held.keys.sorted() == [Self.churn])
        #expect(delta.changed.keys.sorted() == [Self.other])
        #expect(delta.removed.isEmpty)
        let state = try #require(await loader.state)
        #expect(state.deployments[Self.churn]?.spec.version.description == "churn@1.4.0")
        #expect(
            state.held[Self.churn]?.map(DiagnosticText.headline).first?.hasPrefix("production/churn.yaml:1:5: error: ")
                == true)
        #expect(await loader.brokenFiles == ["production/churn.yaml"])
        let mended = try await loader.load(try tree.commit(3, SampleFleet.files))
        #expect(mended.released == [Self.churn])
        #expect(mended.changed.keys.sorted() == [Self.other])
        #expect(mended.diagnostics == [])
    }

    @Test func `a broken runtime holds all that it serves, and a change to one of them waits`() async throws {
        let loader = try await loaded()
        let delta = try await loader.load(
            try change(2) { files in
                files["runtimes/mlserver.yaml"] = SampleFleet.runtime + "  nothing: 1\n"
                files["production/churn.yaml"] = SampleFleet.deployment("churn", more: "  replicas: 5")
            })
        #expect(Set(delta.held.keys) == [Self.churn, Self.other])
        #expect(delta.changed.isEmpty && delta.removed.isEmpty)
        #expect(await loader.deployment(Self.churn)?.replicas == 1)
        let mended = try await loader.load(
            try change(3) { $0["production/churn.yaml"] = SampleFleet.deployment("churn", more: "  replicas: 5") })
        #expect(mended.released == [Self.churn, Self.other])
        #expect(mended.changed.mapValues(\.replicas) == [Self.churn: 5])
    }

    @Test func `a moved file changes nothing and is not parsed again`() async throws {
        let loader = try await loaded()
        _ = tree.takeReads()
        let delta = try await loader.load(
            try change(2) { files in files["elsewhere/x.yml"] = files.removeValue(forKey: "production/churn.yaml") })
        #expect(delta.changed.isEmpty && delta.removed.isEmpty && delta.held.isEmpty && delta.diagnostics.isEmpty)
        #expect(tree.takeReads() == 0)
        #expect(await loader.deployment(Self.churn)?.location.path == "elsewhere/x.yml")
    }

    @Test func `a removed file removes, a file without its document too`() async throws {
        let loader = try await loaded()
        let delta = try await loader.load(
            try change(2) { files in
                files["production/churn.yaml"] = nil
                files["production/other.yaml"] = "# nothing\n"
            })
        #expect(delta.removed == [Self.churn, Self.other])
        #expect(try #require(await loader.state).deployments.isEmpty)
    }

    @Test func `a removed deployment that asks to stay is an orphan`() async throws {
        let loader = try await loaded()
        let kept = SampleFleet.deployment("churn").replacing(
            "  name: churn", with: "  name: churn\n  annotations: {waybill.dev/prune: disabled}")
        _ = try await loader.load(try change(2) { $0["production/churn.yaml"] = kept })
        let delta = try await loader.load(try change(3) { $0["production/churn.yaml"] = nil })
        #expect(delta.removed == [Self.churn])
        #expect(delta.orphaned == [Self.churn])
    }

    @Test(
        arguments: [
            ("kind: ModelDeployment\nmetadata: {name: churn\n", "moved and broken, its name still in it"),
            ("[", "moved and cut off"),
        ])
    func `a file that moves and breaks at once removes nothing`(_ text: String, _ what: String) async throws {
        let loader = try await loaded()
        let delta = try await loader.load(
            try change(2) { files in
                files["production/churn.yaml"] = nil
                files["production/moved.yaml"] = text
            })
        #expect(delta.removed.isEmpty, "\(what)")
        #expect(delta.held.keys.sorted() == [Self.churn])
        let gone = try await loader.load(try change(3) { $0["production/churn.yaml"] = nil })
        #expect(gone.removed == [Self.churn])
    }

    @Test func `two files that define one resource are both named and neither wins`() async throws {
        let loader = try await loaded()
        let delta = try await loader.load(
            try change(2) { $0["production/again.yaml"] = SampleFleet.deployment("churn", version: "1.5.0") })
        #expect(delta.held.keys.sorted() == [Self.churn])
        #expect(delta.changed.isEmpty)
        #expect(
            delta.diagnostics.map(DiagnosticText.headline) == [
                "production/again.yaml:1:1: error: ModelDeployment production/churn is defined here and in "
                    + "production/churn.yaml; neither is used",
                "production/churn.yaml:1:1: error: ModelDeployment production/churn is defined here and in "
                    + "production/again.yaml; neither is used",
            ])
        #expect(delta.diagnostics.first?.related?.path == "production/churn.yaml")
        #expect(delta.diagnostics.first?.line == "apiVersion: waybill.dev/v1alpha1")
    }

    @Test(
        arguments: [
            (
                "environment: production", "environment: prodution", 6, 16, "there is no Environment 'prodution'",
                "did you mean 'production'?"
            ),
            (
                "version: 1.4.0", "version: 1.5.0", 8, 12, "there is no ModelVersion 'churn@1.5.0'",
                "versions of 'churn': 1.4.0"
            ),
            (
                "runtime: mlserver", "runtime: mlservr", 9, 12, "there is no ServingRuntime 'mlservr'",
                "did you mean 'mlserver'?"
            ),
            ("model: churn", "model: chrun", 7, 10, "there is no Model 'chrun'", "did you mean 'churn'?"),
        ])
    func `a dangling reference names the nearest`(
        _ old: String, _ new: String, _ line: Int, _ column: Int, _ message: String, _ hint: String
    ) async throws {
        let loader = try await loaded()
        let text = SampleFleet.deployment("churn").replacing(old, with: new)
        let delta = try await loader.load(
            try change(2) { $0["new.yaml"] = text.replacing("name: churn", with: "name: third") })
        let found = try #require(delta.diagnostics.first)
        #expect(found.location == SourceLocation(path: "new.yaml", line: line, column: column))
        #expect((found.message, found.hint) == (message, hint))
        #expect(found.line == "  " + new)
        #expect(delta.diagnostics.count == 1 && delta.held.count == 1)
    }

    @Test func `what appears later lets a waiting deployment go on`() async throws {
        let loader = try await loaded()
        let wanting = SampleFleet.deployment("churn", version: "1.5.0")
        let held = try await loader.load(try change(2) { $0["production/churn.yaml"] = wanting })
        #expect(held.held.keys.sorted() == [Self.churn])
        let delta = try await loader.load(
            try change(3) { files in
                files["production/churn.yaml"] = wanting
                files["models/new.yaml"] = SampleFleet.version("1.5.0")
            })
        #expect(delta.released == [Self.churn])
        #expect(delta.changed[Self.churn]?.spec.version.description == "churn@1.5.0")
    }

    @Test func `a changed lock is a new revision, a lost one holds`() async throws {
        let loader = try await loaded()
        let before = await loader.deployment(Self.churn)?.revision
        let delta = try await loader.load(try change(2) { $0["runtimes/mlserver.lock"] = "mlserver==1.7.2\n" })
        #expect(delta.changed.count == 2)
        #expect(delta.changed[Self.churn]?.revision != before)
        let lost = try await loader.load(try change(3) { $0["runtimes/mlserver.lock"] = nil })
        #expect(lost.held.count == 2 && lost.changed.isEmpty && lost.removed.isEmpty)
        #expect(
            lost.diagnostics.map(DiagnosticText.headline) == [
                "runtimes/mlserver.yaml:8:39: error: there is no file 'runtimes/mlserver.lock' in the repository"
            ])
    }

    @Test func `a load that fails changes nothing`() async throws {
        let loader = try await loaded()
        let next = try change(2) { $0["production/churn.yaml"] = nil }
        tree.fail(Failure(.retry, reason: "MirrorBroken", message: "the mirror cannot be read"))
        await #expect(throws: Failure.self) { try await loader.load(next) }
        #expect(await loader.state?.deployments.count == 2)
        tree.fail(nil)
        #expect(try await loader.load(next).removed == [Self.churn])
    }

    @Test func `a file that became a link, or its folder, holds what it defined`() async throws {
        let loader = try await loaded()
        let linked = try change(
            2, { $0["production/churn.yaml"] = nil },
            problems: [
                TreeProblem(path: "production/churn.yaml", message: "is a symbolic link; links are not followed")
            ])
        let delta = try await loader.load(linked)
        #expect(delta.removed.isEmpty && delta.held.keys.sorted() == [Self.churn])
        #expect(
            delta.diagnostics.map(DiagnosticText.headline) == [
                "production/churn.yaml:1:1: error: is a symbolic link; links are not followed"
            ])
        let folder = try change(
            3, { files in files = files.filter { !$0.key.hasPrefix("production/") } },
            problems: [TreeProblem(path: "production", message: "is a submodule")])
        let held = try await loader.load(folder)
        #expect(held.removed.isEmpty)
        #expect(try #require(await loader.state).held.count == 2)
        let mended = try await loader.load(try tree.commit(4, SampleFleet.files))
        #expect(mended.released == [Self.churn, Self.other])
        #expect(mended.diagnostics == [])
    }

    @Test func `a broken file that says what it defines holds nothing else, whatever its comments name`() async throws {
        let loader = try await loaded()
        let broken = "# note about team other\n" + SampleFleet.model.replacing("churn", with: "zzz") + "  nothing: 1\n"
        let delta = try await loader.load(
            try change(2) { files in
                files["models/zzz.yaml"] = broken
                files["production/other.yaml"] = nil
            })
        #expect(delta.removed == [Self.other] && delta.held.isEmpty)
        let later = try await loader.load(
            try change(3) { files in
                files["models/zzz.yaml"] = broken
                files["production/other.yaml"] = nil
                files["production/churn.yaml"] = nil
            })
        #expect(later.removed == [Self.churn] && later.held.isEmpty)
    }

    @Test(
        arguments: [
            ("kind: ModelDeployment\nmetadata: {nmae: other}\n", true, "its kind, and its name as a word"),
            ("kind: ModelDeployment\nmetadata: {name: other}\nspec: {environment: production}\n", true, "its identity"),
            (
                "kind: ModelDeployment\nmetadata: {name: other}\nspec: {environment: staging}\n", false,
                "another identity"
            ),
            ("kind: ModelDeploymnt\nmetadata: {name: other}\n", true, "a kind that nobody knows, and its name"),
            ("kind: Model\nmetadata: {nmae: other}\n", false, "another kind"),
        ])
    func `a deployment that moved into an older broken file stays`(_ text: String, _ isHeld: Bool, _ what: String)
        async throws
    {
        let loader = try await loaded()
        let broken = "apiVersion: waybill.dev/v1alpha1\n" + text
        _ = try await loader.load(try change(2) { $0["moved.yaml"] = broken })
        let delta = try await loader.load(
            try change(3) { files in
                files["moved.yaml"] = broken
                files["production/other.yaml"] = nil
            })
        #expect(delta.held.keys.contains(Self.other) == isHeld, "\(what)")
        #expect(delta.removed.contains(Self.other) == !isHeld, "\(what)")
    }

    @Test func `a folder that is not there is an error and changes nothing`() async throws {
        let nowhere = FleetLoader(tree: tree, path: "nowhere")
        let one = try tree.commit(1, SampleFleet.files)
        let message =
            "commit 0000000000 has no folder 'nowhere', where the manifests are to be; set 'repository.path' (or "
            + "'--path') to a folder of the repository"
        await #expect(throws: Failure(.stall, reason: "NoManifestFolder", message: message)) {
            try await nowhere.load(one)
        }
        let loader = FleetLoader(tree: tree, path: "production")
        _ = try await loader.load(one)
        let gone = try change(2) { files in files = files.filter { !$0.key.hasPrefix("production/") } }
        await #expect(throws: Failure.self) { try await loader.load(gone) }
        #expect(await loader.state?.commit == one)
        let empty = try change(3) { files in
            files = files.filter { !$0.key.hasPrefix("production/") }
            files["production/README.md"] = "none any more"
        }
        _ = try await loader.load(empty)
        _ = try await loader.load(
            try change(4) { files in
                files = files.filter { !$0.key.hasPrefix("production/") }
                files["production/README.md"] = "none any more"
                files["else.yaml"] = "a: ["
            })
        #expect(await loader.state?.diagnostics == [])
    }

    @Test func `Waybill's own settings at the top are no manifest, below it they are`() async throws {
        let loader = FleetLoader(tree: tree)
        let delta = try await loader.load(
            try change(1) { files in
                files["waybill.yaml"] = "repository: {url: here}\n"
                files["deep/waybill.yaml"] = "repository: {url: here}\n"
            })
        #expect(delta.diagnostics.map(\.location.path) == ["deep/waybill.yaml"])
    }

    @Test func `a file past the limit is a diagnostic, its neighbours load`() async throws {
        let large = String(repeating: "#", count: (1 << 20) + 1)
        let loader = FleetLoader(tree: tree)
        let delta = try await loader.load(try change(1) { $0["production/large.yaml"] = large })
        #expect(delta.changed.count == 2)
        #expect(delta.diagnostics.map(\.rule) == ["limit"])
    }

    @Test func `hidden and foreign files are left alone, one folder can be watched`() async throws {
        var files = Dictionary(uniqueKeysWithValues: SampleFleet.files.map { ("fleet/\($0.key)", $0.value) })
        files["runtimes/mlserver.lock"] = "x"
        files["fleet/.github/ci.yaml"] = "a: ["
        files["fleet/notes.txt"] = "a: ["
        files["else.yaml"] = "a: ["
        let loader = FleetLoader(tree: tree, path: "fleet")
        let delta = try await loader.load(try tree.commit(1, files))
        #expect(delta.diagnostics == [])
        #expect(delta.changed.count == 2)
    }

    @Test func `only what changed is read`() async throws {
        let loader = try await loaded()
        _ = tree.takeReads()
        _ = try await loader.load(
            try change(2) { $0["production/churn.yaml"] = SampleFleet.deployment("churn", more: "  replicas: 2") })
        #expect(tree.takeReads() == 1)
    }

    @Test
    func `of many that vanish beside a large unreadable file, those that it names are held, and the others leave`()
        async throws
    {
        let names = (0..<400).map { "model-\($0)" }
        var files = SampleFleet.files
        for name in names { files["production/\(name).yaml"] = SampleFleet.deployment(name) }
        let loader = FleetLoader(tree: tree)
        _ = try await loader.load(try tree.commit(1, files))
        let named = names.prefix(150).joined(separator: " ")
        // A deployment whose name cannot be told, in a file of nearly the largest size.
        files["production/lost.yaml"] = """
            apiVersion: waybill.dev/v1alpha1
            kind: ModelDeployment
            metadata: {name: [], annotations: {a: "\(named)", b: "\(String(repeating: "model-1x ", count: 100_000))"}}

            """
        _ = try await loader.load(try tree.commit(2, files))
        for name in names { files["production/\(name).yaml"] = nil }
        let delta = try await loader.load(try tree.commit(3, files))
        #expect(Set(delta.held.keys.map(\.name.text)) == Set(names.prefix(150)))
        #expect(Set(delta.removed.map(\.name.text)) == Set(names.dropFirst(150)))
    }

    @Test func `many dangling references of one file are each told in their place`() async throws {
        let count = 900
        let many = (0..<count).map { SampleFleet.deployment("model-\($0)", version: "9.9.9") }.joined(
            separator: "---\n")
        let loader = FleetLoader(tree: tree)
        let delta = try await loader.load(try change(1) { $0["production/many.yaml"] = many })
        let lines = many.split(separator: "\n", omittingEmptySubsequences: false)
        let expected = lines.indices.filter { lines[$0].contains("9.9.9") }.map { $0 + 1 }
        let found = delta.diagnostics.filter { $0.location.path == "production/many.yaml" }.map(\.location.line)
        #expect(found == expected)
        #expect(found.count == count)
    }
}

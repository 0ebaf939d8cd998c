import Testing
import WaybillCore

@testable import WaybillManifest

/// A version of a model never changes once it was accepted.
@Suite struct AlteredVersionTests {
    private static let churn = FleetLoaderTests.churn
    private let tree = MemoryTree()
    private let loader: FleetLoader

    init() async throws {
        loader = FleetLoader(tree: tree)
        _ = try await loader.load(try tree.commit(1, SampleFleet.files))
    }

    private func load(_ number: Int, _ edit: (String) -> String) async throws -> DesiredDelta {
        var files = SampleFleet.files
        files["models/churn-1.4.0.yaml"] = edit(SampleFleet.version("1.4.0"))
        return try await loader.load(try tree.commit(number, files))
    }

    private static let other = SampleFleet.digest.replacing("sha256:e3", with: "sha256:00")
    private static let start = "churn@1.4.0 was accepted with other bytes, and a version never changes: "

    @Test(
        arguments: [
            (SampleFleet.digest, other, "8:77: error: ", "'model.joblib' was \(SampleFleet.digest) and is \(other)"),
            ("size: 12", "size: 13", "8:156: error: ", "'model.joblib' was 12 bytes and is 13 bytes"),
            ("{path: model.joblib", "{path: m.joblib", "7:3: error: ", "its files were model.joblib and are m.joblib"),
        ])
    func `other bytes are an error, and hold the version and what uses it as they were`(
        _ old: String, _ new: String, _ place: String, _ what: String
    ) async throws {
        let delta = try await load(2) { $0.replacing(old, with: new) }
        #expect(delta.changed.isEmpty && delta.removed.isEmpty && delta.held.count == 2)
        #expect(
            delta.diagnostics.map(DiagnosticText.headline) == ["models/churn-1.4.0.yaml:\(place)\(Self.start)\(what)"])
        #expect(
            delta.diagnostics.first?.hint
                == "commit 0000000000 has it as it was; give the new bytes a new version")
        #expect(await loader.deployment(Self.churn)?.spec.artifacts.first?.digest.description == SampleFleet.digest)
        #expect(delta.history == [try MemoryTree.commit(1)])
        let again = FleetLoader(tree: tree)
        _ = try await again.load(try MemoryTree.commit(1))
        _ = try await again.load(try MemoryTree.commit(2))
        #expect(await again.state?.diagnostics == delta.diagnostics)
        let back = try await load(3) { $0 }
        #expect(back.released.count == 2 && back.changed.isEmpty && back.diagnostics == [])
    }

    private static let commit = String(repeating: "c", count: 40)

    @Test(
        arguments: [
            ("license: MIT", "9:12: error: ", "license was none and is 'MIT'"),
            ("card: docs/churn.md", "9:9: error: ", "card was none and is 'churn.md'"),
            ("data: [{name: train, digest: \(other)}]", "9:3: error: ", "data changed"),
            ("metrics: {auc: 0.9}", "9:3: error: ", "metrics changed"),
            ("environment: {python: \"3.11\", lock: locks/a.lock}", "9:3: error: ", "environment changed"),
            ("code: {repository: \"https://git.example/churn\", commit: \(commit)}", "9:3: error: ", "code changed"),
            (
                "interface: {inputs: [{name: x, datatype: FP32, shape: [-1, 4]}]}", "9:3: error: ",
                "interface changed"
            ),
        ])
    func `what else its bundle would have is an error as well`(
        _ line: String, _ place: String, _ what: String
    ) async throws {
        let delta = try await load(2) { $0 + "  \(line)\n" }
        #expect(delta.changed.isEmpty && delta.removed.isEmpty && delta.held.count == 2)
        let start = "churn@1.4.0 was accepted otherwise, and a version never changes: its "
        #expect(delta.diagnostics.map(DiagnosticText.headline) == ["models/churn-1.4.0.yaml:\(place)\(start)\(what)"])
        #expect(
            delta.diagnostics.first?.hint == "commit 0000000000 has it as it was; give what is new a new version")
        let back = try await load(3) { $0 }
        #expect(back.released.count == 2 && back.changed.isEmpty && back.diagnostics == [])
    }

    /// A version with all that one can have.
    private static func whole() throws -> ModelVersion {
        ModelVersion(
            id: try VersionID(parsing: "churn@1.4.0"), format: "sklearn-joblib",
            artifacts: [
                Artifact(
                    path: "model.joblib", source: .repository(path: "models/model.joblib"),
                    digest: Digest(of: "weights".utf8), size: 7)
            ],
            inputs: [Tensor(name: "x", datatype: .FP32, shape: [-1, 4])],
            outputs: [Tensor(name: "y", datatype: .FP32, shape: [-1])],
            code: CodeSource(
                repository: "https://git.example/churn", commit: try CommitID(parsing: commit), path: "train"),
            data: [
                Dataset(name: try Name(parsing: "train"), uri: "s3://data/train", digest: Digest(of: "train".utf8)),
                Dataset(name: try Name(parsing: "test"), digest: Digest(of: "test".utf8)),
            ],
            environment: PythonEnvironment(python: "3.11", lock: "locks/train.lock"), card: "docs/churn.md",
            license: "MIT")
    }

    struct Edit: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let isSame: Bool
        let edit: @Sendable (inout ModelVersion) -> Void

        init(_ description: String, isSame: Bool = false, _ edit: @escaping @Sendable (inout ModelVersion) -> Void) {
            testDescription = description
            self.isSame = isSame
            self.edit = edit
        }
    }

    @Test(
        arguments: [
            Edit("nothing", isSame: true) { _ in },
            Edit("source", isSame: true) { $0.artifacts[0].source = .file(path: "/srv/model.joblib") },
            Edit("folder of the card", isSame: true) { $0.card = "cards/churn.md" },
            Edit("folder of the lock", isSame: true) { $0.environment?.lock = "train.lock" },
            Edit("order of data", isSame: true) { $0.data.reverse() },
            Edit("path") { $0.artifacts[0].path = "m.joblib" },
            Edit("digest") { $0.artifacts[0].digest = Digest(of: "other".utf8) },
            Edit("size") { $0.artifacts[0].size = 8 },
            Edit("format") { $0.format = "onnx" },
            Edit("shape of an input") { $0.inputs[0].shape = [-1, 5] },
            Edit("no outputs") { $0.outputs = [] },
            Edit("repository of the code") { $0.code?.repository = "https://git.example/other" },
            Edit("folder of the code") { $0.code?.path = nil },
            Edit("no code") { $0.code = nil },
            Edit("digest of data") { $0.data[0].digest = Digest(of: "other".utf8) },
            Edit("place of data") { $0.data[0].uri = nil },
            Edit("less data") { $0.data.removeLast() },
            Edit("python") { $0.environment?.python = "3.12" },
            Edit("name of the lock") { $0.environment?.lock = "locks/other.lock" },
            Edit("no environment") { $0.environment = nil },
            Edit("name of the card") { $0.card = "docs/other.md" },
            Edit("no card") { $0.card = nil },
            Edit("license") { $0.license = nil },
            Edit("a metric") { $0.metrics["auc"] = 0.9 },
        ])
    func `all that a bundle is made of is compared, and nothing else`(_ edit: Edit) throws {
        let before = try Self.whole()
        var after = before
        edit.edit(&after)
        let (old, new) = (VersionContent(version: before), VersionContent(version: after))
        #expect(Alteration.isSame(old, new) == edit.isSame)
        #expect((old.digest == new.digest) == edit.isSame)
    }

    // MARK: What was fixed stays fixed

    private static let removed =
        "was accepted otherwise, and a version never changes: it is not what it was before it was removed"

    /// Loads commit 2 without the version, then commit 3 with what `edit` makes of it.
    private func removeAndAdd(_ edit: (String) -> String) async throws -> DesiredDelta {
        let fixed = await loader.unfixed()
        #expect(fixed.map(\.version.description).contains("churn@1.4.0"))
        await loader.remember(fixed)
        var files = SampleFleet.files
        files["models/churn-1.4.0.yaml"] = nil
        for path in files.keys.filter({ $0.hasPrefix("production/") }) { files[path] = nil }
        _ = try await loader.load(try tree.commit(2, files))
        #expect(await loader.state?.diagnostics == [])
        return try await load(3, edit)
    }

    @Test func `a version that was removed comes again as it was, from wherever`() async throws {
        let delta = try await removeAndAdd { $0.replacing("source: models/churn/1.4.0/", with: "source: elsewhere/") }
        #expect(delta.diagnostics == [] && delta.held.isEmpty)
        #expect(await loader.unfixed().isEmpty)
    }

    @Test(arguments: [("size: 12", "size: 13"), ("format: sklearn-joblib", "format: onnx")])
    func `a version that was removed never comes again as another one`(_ old: String, _ new: String) async throws {
        tree.keepHistory(of: "models/churn-1.4.0.yaml", since: try MemoryTree.commit(1))
        let delta = try await removeAndAdd { $0.replacing(old, with: new) }
        let problem = try #require(delta.diagnostics.first { $0.rule == "changed-version" })
        #expect(DiagnosticText.headline(problem) == "models/churn-1.4.0.yaml:1:1: error: churn@1.4.0 \(Self.removed)")
        #expect(problem.hint == "commit 0000000000 fixed it first; give what is new a new version")
        #expect(tree.originsAsked == ["models/churn-1.4.0.yaml at \(try MemoryTree.commit(1))"])
        #expect(await loader.state?.resources[.modelVersion(try VersionID(parsing: "churn@1.4.0"))] == nil)
        #expect(delta.held.count == 2)
        #expect(await loader.unfixed().isEmpty)
        let back = try await load(4) { $0 }
        #expect(back.diagnostics == [] && back.changed.count == 2)
    }

    @Test func `what is remembered holds where the commits between were left out`() async throws {
        let again = FleetLoader(tree: tree)
        await again.remember(await loader.unfixed())
        var files = SampleFleet.files
        files["models/churn-1.4.0.yaml"] = SampleFleet.version("1.4.0").replacing("size: 12", with: "size: 13")
        let delta = try await again.load(try tree.commit(9, files), isNext: false)
        #expect(delta.diagnostics.map(\.rule) == ["changed-version"])
    }

    @Test func `what the ledger keeps of a version is read back as it was`() async throws {
        for version in await loader.unfixed() {
            #expect(FixedVersion(version.value, commit: version.commit) == version)
        }
        var version = try #require(await loader.unfixed().first)
        version.card = try BlobID(parsing: Self.commit)
        version.lock = version.card
        #expect(FixedVersion(version.value, commit: version.commit) == version)
    }

    // MARK: Texts

    /// Loads a commit whose version names a card and a lock with these texts; nil: there is no such file.
    private func loadTexts(_ number: Int, card: String?, lock: String? = "b") async throws -> DesiredDelta {
        var files = SampleFleet.files
        files["models/churn-1.4.0.yaml"] =
            SampleFleet.version("1.4.0") + "  card: docs/churn.md\n  environment: {python: \"3.11\", lock: train.txt}\n"
        files["docs/churn.md"] = card
        files["train.txt"] = lock
        return try await loader.load(try tree.commit(number, files), isNext: number != 2)
    }

    @Test(
        arguments: [
            ("other", "b", "9:9: error: ", "card 'docs/churn.md' has another text"),
            (nil, "b", "9:9: error: ", "card 'docs/churn.md' is gone"),
            ("a", "other", "10:39: error: ", "lock 'train.txt' has another text"),
        ])
    func `another text of its card or lock is an error, though the manifest is as it was`(
        _ card: String?, _ lock: String, _ place: String, _ what: String
    ) async throws {
        // Not next: the version is taken as it comes.
        #expect(try await loadTexts(2, card: "a").diagnostics == [])
        for number in 3...4 {
            let delta = try await loadTexts(number, card: card, lock: lock)
            #expect(number == 4 || delta.held.count == 2)
            let start = "churn@1.4.0 was accepted otherwise, and a version never changes: its "
            #expect(
                delta.diagnostics.map(DiagnosticText.headline) == ["models/churn-1.4.0.yaml:\(place)\(start)\(what)"])
            #expect(
                delta.diagnostics.first?.hint == "commit 0000000000 has it as it was; give what is new a new version")
        }
        let back = try await loadTexts(5, card: "a")
        #expect(back.released.count == 2 && back.changed.isEmpty && back.diagnostics == [])
    }

    @Test func `a text that was missing may come, and stays then`() async throws {
        #expect(try await loadTexts(2, card: nil).diagnostics == [])
        await loader.remember(await loader.unfixed())
        #expect(await loader.unfixed().isEmpty)
        #expect(try await loadTexts(3, card: "a").diagnostics == [])
        let completed = await loader.unfixed()
        #expect(completed.map { $0.card != nil } == [true])
        await loader.remember(completed)
        #expect(try await loadTexts(4, card: "b").diagnostics.map(\.rule) == ["changed-version"])
    }

    @Test func `a text is remembered, too`() async throws {
        _ = try await loadTexts(2, card: "a")
        let again = FleetLoader(tree: tree)
        await again.remember(await loader.unfixed())
        _ = try await loadTexts(3, card: "b")
        let delta = try await again.load(try MemoryTree.commit(3), isNext: false)
        #expect(
            delta.diagnostics.map(\.message) == [
                "churn@1.4.0 was accepted otherwise, and a version never changes: its card 'docs/churn.md' has another text"
            ])
        #expect(delta.diagnostics.first?.hint == "commit 0000000000 fixed it first; give what is new a new version")
    }

    @Test func `the commit that fixed it first is named, where history is kept`() async throws {
        for number in 2...4 {
            var files = SampleFleet.files
            files["README.md"] = "\(number)"
            _ = try await loader.load(try tree.commit(number, files))
        }
        let path = "models/churn-1.4.0.yaml"
        tree.keepHistory(of: path, since: try MemoryTree.commit(1))
        let delta = try await load(5) { $0.replacing("size: 12", with: "size: 13") }
        let hint = "commit 0000000000 fixed it first; give the new bytes a new version"
        #expect(delta.diagnostics.map(\.hint) == [hint])
        #expect(tree.originsAsked == ["\(path) at \(try MemoryTree.commit(4))"])
        let still = try await load(6) { $0.replacing("size: 12", with: "size: 14") }
        #expect(still.diagnostics.map(\.hint) == [hint] && tree.originsAsked.count == 1)
    }

    @Test func `another source of the same bytes is no alteration`() async throws {
        let delta = try await load(2) { $0.replacing("source: models/churn/1.4.0/", with: "source: elsewhere/") }
        #expect(delta.diagnostics == [] && delta.held.isEmpty)
    }

    @Test func `a version that was removed may come again with other bytes`() async throws {
        let gone = try await load(2) { _ in "" }
        #expect(gone.held.count == 2)
        let delta = try await load(3) { $0.replacing(SampleFleet.digest, with: Self.other) }
        #expect(delta.released.count == 2 && delta.changed.count == 2 && delta.diagnostics == [])
    }

    @Test func `a start that leaves out the commits between sees no alteration`() async throws {
        var files = SampleFleet.files
        files["models/churn-1.4.0.yaml"] = SampleFleet.version("1.4.0").replacing(SampleFleet.digest, with: Self.other)
        let delta = try await loader.load(try tree.commit(9, files), isNext: false)
        #expect(delta.diagnostics == [] && delta.changed.count == 2)
    }
}

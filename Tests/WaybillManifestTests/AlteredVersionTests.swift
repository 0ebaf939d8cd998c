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
        ])
    func `all that a bundle is made of is compared, and nothing else`(_ edit: Edit) throws {
        let before = try Self.whole()
        var after = before
        edit.edit(&after)
        #expect(Alteration.isSame(before, after) == edit.isSame)
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

import Testing
import WaybillCore

@testable import WaybillManifest

/// What a model's entry says of its versions.
@Suite struct LifecycleTests {
    private let tree = MemoryTree()
    private static let ban =
        SampleFleet.model + "  lifecycle:\n    - {version: 1.4.0, state: banned, reason: it leaks addresses}\n"

    @Test func `a ban reaches what is deployed, and is no part of its rendering`() async throws {
        let loader = FleetLoader(tree: tree)
        _ = try await loader.load(try tree.commit(1, SampleFleet.files))
        let before = try #require(await loader.deployment(FleetLoaderTests.churn))
        #expect(before.lifecycle == nil && before.ban == nil)
        let path = try #require(SampleFleet.files.first { $0.value.contains("kind: Model\n") }?.key)
        var files = SampleFleet.files
        files[path] = (files[path] ?? "").replacing(SampleFleet.model, with: Self.ban)
        let delta = try await loader.load(try tree.commit(2, files))
        let after = try #require(delta.changed[FleetLoaderTests.churn])
        #expect(after.ban == "churn@1.4.0 is banned: it leaks addresses")
        #expect(after.rendering == before.rendering && after.revision == before.revision)
        #expect(delta.diagnostics == [] && delta.held.isEmpty)
        let lifted = try await loader.load(try tree.commit(3, SampleFleet.files))
        #expect(lifted.changed[FleetLoaderTests.churn]?.lifecycle == nil)
    }

    @Test func `a version that is given up says why, and once`() {
        func problems(_ entries: String) -> [String] {
            let bytes = Array((SampleFleet.model + "  lifecycle:\n" + entries).utf8)
            return ParsedFile(path: "a.yaml", bytes: bytes).diagnostics.map(DiagnosticText.headline)
        }
        #expect(problems("    - {version: 1.4.0, state: active}\n") == [])
        #expect(
            problems("    - {version: 1.4.0, state: banned}\n")
                == ["a.yaml:8:7: error: a version that is 'banned' needs a 'reason'"])
        #expect(
            problems("    - {version: 1.4.0, state: retired, reason: x}\n").first?.hasPrefix("a.yaml:8:31: error: ")
                == true)
        #expect(
            problems("    - {version: 1.4.0, state: active}\n    - {version: 1.4.0, state: active}\n").first?
                .hasPrefix("a.yaml:9:") == true)
    }

    @Test func `an entry written as a value reads back the same`() throws {
        let model = Model(
            owner: "o",
            lifecycle: [
                .init(version: try SemanticVersion(parsing: "1.4.0"), state: .deprecated, reason: "old"),
                .init(version: try SemanticVersion(parsing: "1.5.0"), state: .active),
            ])
        let resource = Resource(
            id: .model(try Name(parsing: "churn")), spec: .model(model), metadata: Metadata(),
            location: SourceLocation(path: "a", line: 1, column: 1))
        let again = try Resource(
            kind: .model, document: ["metadata": ["name": "churn"], "spec": resource.specValue],
            location: resource.location)
        #expect(again == resource)
        #expect(model.lifecycle(of: try SemanticVersion(parsing: "1.5.0")) == nil)
        #expect(model.lifecycle(of: try SemanticVersion(parsing: "1.4.0"))?.sentence == "is deprecated: old")
    }
}

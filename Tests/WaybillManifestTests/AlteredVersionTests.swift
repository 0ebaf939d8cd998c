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

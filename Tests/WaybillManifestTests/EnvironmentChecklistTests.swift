import Testing
import WaybillCore

@testable import WaybillManifest

/// An environment that names the checklist of its versions.
@Suite struct EnvironmentChecklistTests {
    private static let environment = SampleFleet.files.first { $0.value.contains("kind: Environment") }

    private static func checklist(_ name: String, _ gates: String = "{integrity: {}}") -> String {
        """
        apiVersion: waybill.dev/v1alpha1
        kind: Checklist
        metadata: {name: \(name)}
        spec:
          gates: [\(gates)]

        """
    }

    /// The sample fleet, whose `production` asks `name`.
    private static func files(asking name: String, _ more: [String: String] = [:]) throws -> [String: String] {
        let (path, text) = try #require(environment)
        var files = SampleFleet.files.merging(more) { _, new in new }
        files[path] = text + "spec:\n  checklist: \(name)\n"
        return files
    }

    @Test func `it resolves into what is asked of each deployment, and into no rendering`() async throws {
        let tree = MemoryTree()
        let loader = FleetLoader(tree: tree)
        let plain = try await loader.load(try tree.commit(1, SampleFleet.files))
        let files = try Self.files(asking: "careful", ["careful.yaml": Self.checklist("careful")])
        let delta = try await loader.load(try tree.commit(2, files))
        #expect(delta.diagnostics.map(DiagnosticText.headline) == [])
        #expect(Set(delta.changed.keys) == Set(plain.changed.keys))
        for (key, deployment) in delta.changed {
            #expect(deployment.rendering == plain.changed[key]?.rendering)
            #expect(deployment.admission.checklist?.name.text == "careful")
        }
        // A bound that changes changes what is asked.
        var tighter = files
        tighter["careful.yaml"] = Self.checklist("careful", "{integrity: {}}, {signed: {people: 2}}")
        let next = try await loader.load(try tree.commit(3, tighter))
        #expect(next.changed.count == plain.changed.count)
        #expect(next.changed.first?.value.admission != delta.changed.first?.value.admission)
        #expect(
            try await loader.load(try tree.commit(4, SampleFleet.files)).changed.values.allSatisfy(\.admission.isOpen))
    }

    @Test func `one that is not there holds the environment's deployments, with the nearest name`() async throws {
        let tree = MemoryTree()
        let loader = FleetLoader(tree: tree)
        _ = try await loader.load(try tree.commit(1, SampleFleet.files))
        let files = try Self.files(asking: "carefull", ["careful.yaml": Self.checklist("careful")])
        let delta = try await loader.load(try tree.commit(2, files))
        let problem = try #require(delta.diagnostics.first)
        #expect(delta.diagnostics.count == 1 && problem.rule == "dangling-reference")
        #expect(problem.message == "there is no Checklist 'carefull'" && problem.hint == "did you mean 'careful'?")
        #expect(problem.line.contains("checklist: carefull"))
        #expect(delta.held.count == 2 && delta.changed.isEmpty)
        // It comes, and they are released.
        var whole = files
        whole["more.yaml"] = Self.checklist("carefull")
        let released = try await loader.load(try tree.commit(3, whole))
        #expect(released.diagnostics == [] && released.released.count == 2 && released.changed.count == 2)
        // It breaks, and what was asked before is still asked.
        whole["more.yaml"] = Self.checklist("carefull", "{metric: {metric: auc, data: x, atLeast: 1}}")
        let broken = try await loader.load(try tree.commit(4, whole))
        #expect(broken.held.count == 2 && broken.changed.isEmpty)
        whole["more.yaml"] = nil
        let gone = try await loader.load(try tree.commit(5, whole))
        #expect(gone.diagnostics.map(\.message).contains("there is no Checklist 'carefull'"))
    }
}

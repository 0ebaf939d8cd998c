import Testing
import WaybillCore

@testable import WaybillManifest

@Suite struct FleetLoaderTests {
    static let churn = Self.key("churn")
    static let other = Self.key("other")

    static func key(_ name: String) -> DeploymentKey {
        guard let key = try? DeploymentKey(parsing: "production/\(name)") else { preconditionFailure("no key") }
        return key
    }

    @Test func `the first load gives every deployment, resolved`() async throws {
        let tree = MemoryTree()
        let loader = FleetLoader(tree: tree)
        let delta = try await loader.load(try tree.commit(1, SampleFleet.files))
        #expect(delta.diagnostics == [])
        #expect(Set(delta.changed.keys) == [Self.churn, Self.other])
        let spec = try #require(delta.changed[Self.churn]?.spec)
        #expect(spec.version.description == "churn@1.4.0")
        #expect(spec.environment?.lockDigest == Digest(of: Array("mlserver==1.7.1\n".utf8)))
        #expect(spec.probes.startup == Probe(check: .http(path: "/v2/health/ready"), failures: 120))
        #expect(delta.removed.isEmpty && delta.held.isEmpty)
    }

    @Test(
        arguments: [
            (
                "runtimes/mlserver.yaml", SampleFleet.runtime.replacing("start, .", with: "start, '{{ ports.htp }}'"),
                "runtimes/mlserver.yaml:9:30: error: 'ports.htp' is not a variable", "did you mean 'ports.http'?"
            ),
            (
                "runtimes/mlserver.yaml",
                SampleFleet.runtime + "  env: [{name: A, value: '{{ model.dir'}]\n",
                "runtimes/mlserver.yaml:10:26: error: '{{' has no '}}' in '{{ model.dir'",
                "write '\\{{' for two literal braces"
            ),
            (
                "production/other.yaml",
                SampleFleet.deployment("other", more: "  env: [{name: A, value: '{{ work.dri }}'}]"),
                "production/other.yaml:10:26: error: 'work.dri' is not a variable", "did you mean 'work.dir'?"
            ),
        ])
    func `a template that no replica could fill in holds what uses it`(
        _ path: String, _ text: String, _ expected: String, _ hint: String
    ) async throws {
        let tree = MemoryTree()
        let loader = FleetLoader(tree: tree)
        _ = try await loader.load(try tree.commit(1, SampleFleet.files))
        var files = SampleFleet.files
        files[path] = text
        let delta = try await loader.load(try tree.commit(2, files))
        #expect(delta.diagnostics.map(DiagnosticText.headline) == [expected])
        #expect(delta.diagnostics.first?.hint == hint)
        #expect(delta.held.count == (path.hasPrefix("runtimes") ? 2 : 1))
        #expect(delta.changed.isEmpty)
    }
}

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
}

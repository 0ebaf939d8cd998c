import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

/// Versions whose files are in place already.
@Suite struct `Files in place of a version without a bundle` {
    @Test func `are packaged for each version that has them`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            var fixture = try StoreFixture(in: folder)
            let artifacts = [try fixture.file("model.bin", "weights")]
            let first = ModelVersion(id: fixture.version, format: "x", artifacts: artifacts)
            fixture.manifest = first
            let store = fixture.store
            try await fixture.stage(artifacts)
            try await store.package(first, at: fixture.commit, ticket: try await fixture.ledger.ticket())
            let second = ModelVersion(id: try VersionID(parsing: "churn@2.0.0"), format: "x", artifacts: artifacts)
            #expect(try await store.check(artifacts, of: first) == .prepared)
            #expect(try await store.check(artifacts, of: second) == .unpackaged)
            try await store.package(second, at: fixture.commit, ticket: try await fixture.ledger.ticket())
            #expect(try await store.check(artifacts, of: second) == .prepared)
            #expect(try await fixture.content.names().keys.sorted() == ["churn@1.4.0", "churn@2.0.0"])
        }
    }

    @Test func `are waited for no longer once packaging failed, and serve on`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try StoreFixture(in: folder)
            let artifacts = [try fixture.file("model.bin", "weights")]
            let first = ModelVersion(id: fixture.version, format: "x", artifacts: artifacts)
            let store = fixture.store
            try await store.stage(
                artifacts, of: first.id, manifest: first, at: fixture.commit, ticket: try await fixture.ledger.ticket())
            let version = ModelVersion(
                id: try VersionID(parsing: "churn@2.0.0"), format: "x", artifacts: artifacts, card: "none.md")
            let ticket = try await fixture.ledger.ticket()
            // Put in place by this process: nothing is begun without their bundle.
            let failure = await #expect(throws: Failure.self) {
                try await store.package(version, at: fixture.commit, ticket: ticket)
            }
            #expect(failure?.reason == "CardMissing")
            #expect(try await store.check(artifacts, of: version) == .unpackaged)
            try await store.package(first, at: fixture.commit, ticket: ticket)
            _ = await #expect(throws: Failure.self) {
                try await store.package(version, at: fixture.commit, ticket: ticket)
            }
            #expect(try await store.check(artifacts, of: version) == .prepared)
        }
    }

    @Test func `are left as they are where the content store has not their bytes`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            var fixture = try StoreFixture(in: folder)
            let artifacts = [try fixture.file("model.bin", "weights")]
            let version = ModelVersion(id: fixture.version, format: "x", artifacts: artifacts)
            fixture.manifest = version
            try await fixture.stage(artifacts)
            #expect(try await fixture.store.check(artifacts, of: version) == .unpackaged)
            try FileManager.default.removeItem(atPath: fixture.content.layout.blob(artifacts[0].digest))
            #expect(try await fixture.store.check(artifacts, of: version) == .prepared)
        }
    }
}

import Foundation
import Testing
import WaybillCore
import WaybillTestSupport
import WaybillTrust

@testable import WaybillPackage

/// What a builder puts beside the bundles that it makes.
@Suite struct `What a builder says` {
    private static let locked = "numpy==2.0.0 --hash=sha256:\(String(repeating: "0", count: 64))\n"

    private func fixture(in folder: URL) throws -> BundleFixture {
        var fixture = try BundleFixture(in: folder)
        fixture.store.tree.files["locks/train.lock"] = Array(Self.locked.utf8)
        return fixture
    }

    @Test func `is provenance and a bill of materials, and the bundle's digest is as without`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try self.fixture(in: folder)
            let version = try fixture.version()
            let made = try await fixture.builder.package(version, at: fixture.store.commit)
            var alone = try BundleFixture(in: folder.appending(path: "alone"))
            alone.store.tree.files["locks/train.lock"] = Array(Self.locked.utf8)
            #expect(try await alone.build(version).manifest == made.bundle.manifest)
            let content = fixture.store.content
            let bundle = try await content.bundle("churn@1.4.0")
            let beside = try await content.statements(about: bundle, keys: [])
            #expect(beside.map(\.kind) == [.attestation("https://slsa.dev/provenance/v1"), .bill])
            #expect(beside.map(\.digest) == [made.statements.provenance, made.statements.bill])
            #expect(beside.allSatisfy { $0.problem == nil && $0.signers.isEmpty })
            let bytes = try #require(try await content.bytes(of: made.statements.provenance))
            let said = try Statement(parsing: bytes)
            #expect(said == (try await content.provenance(of: bundle, build: nil, finished: nil)))
            #expect(said.isAbout(made.bundle.manifest))
        }
    }

    @Test func `is there once, and after a crash the next time`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try self.fixture(in: folder)
            let (version, content) = (try fixture.version(), fixture.store.content)
            // As if the builder had ended between the bundle and what it says of it.
            let bundle = try await fixture.build(version)
            #expect(try await content.attachments(of: bundle.manifest).isEmpty)
            let first = try await fixture.builder.package(version, at: fixture.store.commit)
            #expect(first.statements.isNew)
            let again = try await fixture.builder.package(version, at: fixture.store.commit)
            #expect(!again.statements.isNew && again.statements.bill == first.statements.bill)
            #expect(try await content.attachments(of: bundle.manifest).count == 2)
            // Bytes that are gone come again.
            try FileManager.default.removeItem(atPath: content.layout.blob(first.statements.bill))
            let mended = try await fixture.builder.package(version, at: fixture.store.commit)
            #expect(mended.statements.isNew && mended.statements.bill == first.statements.bill)
            #expect(try await content.attachments(of: bundle.manifest).count == 2)
            #expect(try await content.bytes(of: first.statements.bill) != nil)
        }
    }

    @Test func `is not what somebody else put beside the bundle`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try self.fixture(in: folder)
            let (version, content) = (try fixture.version(), fixture.store.content)
            let made = try await fixture.build(version)
            let descriptor = try await content.manifest(made.manifest.description)
            var lie = try await content.provenance(
                of: try await content.bundle(descriptor), build: "0.1.0", finished: nil)
            lie.predicate = ["runDetails": ["builder": ["id": "somebody", "version": ["waybill": "0.1.0"]]]]
            let foreign = try await content.attach(
                lie.payload, mediaType: Statement.payloadType, artifactType: Statement.payloadType,
                annotations: [Attestation.predicateAnnotation: Provenance.predicateType], to: descriptor)
            let own = try await fixture.builder.package(version, at: fixture.store.commit)
            #expect(own.statements.isNew && own.statements.provenance != foreign.layer.digest)
            let again = try await fixture.builder.package(version, at: fixture.store.commit)
            #expect(!again.statements.isNew && again.statements.provenance == own.statements.provenance)
            #expect(try await content.attachments(of: made.manifest).count == 3)
        }
    }

    @Test func `is nothing of a version whose list of packages locks nothing: that is refused with the command`()
        async throws
    {
        try await withTemporaryFolder { (folder) async throws in
            var fixture = try self.fixture(in: folder)
            fixture.store.tree.files["locks/train.lock"] = Array("numpy\n".utf8)
            let (version, builder, commit) = (try fixture.version(), fixture.builder, fixture.store.commit)
            let message =
                "the lock of churn@1.4.0: locks/train.lock:1: 'numpy' has no exact version; lock it with 'uv pip compile "
                + "--universal --generate-hashes --python-version 3.11 --output-file locks/train.lock locks/train.lock'"
            for _ in 0..<2 {
                let failure = await #expect(throws: Failure.self) {
                    _ = try await builder.package(version, at: commit)
                }
                #expect(failure?.reason == "LockInvalid" && failure?.disposition == .stall)
                #expect(failure?.message == message)
            }
            #expect(try await fixture.store.content.blobs().isEmpty)
            let (ticket, store) = (try await fixture.store.ledger.ticket(), fixture.store.store)
            let refused = await #expect(throws: Failure.self) {
                try await store.stage(
                    version.artifacts, of: version.id, manifest: version, at: commit, ticket: ticket)
            }
            #expect(refused?.message == message)
            #expect(fixture.store.ledger.events.filter { $0.phase == .fact }.isEmpty)
        }
    }
}

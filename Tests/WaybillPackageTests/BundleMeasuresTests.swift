import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

/// What gates ask of a bundle, measured on real bytes.
@Suite struct BundleMeasuresTests {
    private func withMeasures(
        _ body: (BundleMeasures, BundleInside, BundleFixture, ModelVersion) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try BundleFixture(in: folder)
            let version = try fixture.version()
            try await fixture.build(version)
            let bundle = try await fixture.store.content.bundle(version.id.description)
            let inside = try await fixture.store.content.inside(bundle, allowing: .shipped)
            try await body(
                BundleMeasures(of: bundle, in: fixture.store.content, as: version), inside, fixture, version)
        }
    }

    @Test func `bytes are read again, and rotten or missing ones fail`() async throws {
        try await withMeasures { measures, _, fixture, version in
            let gate = Gate(.integrity)
            #expect(gate.judge(try await measures.integrity()).message == "2 files have the bytes of the manifest")
            let blob = fixture.store.content.layout.blob(version.artifacts[0].digest)
            #expect(chmod(blob, 0o644) == 0)
            try Data("other weights".utf8).write(to: URL(fileURLWithPath: blob))
            let rotten = gate.judge(try await measures.integrity())
            #expect(rotten.verdict == .failed)
            #expect(
                rotten.message
                    == "'model.joblib' is \(Digest(of: "other weights".utf8)), expected \(version.artifacts[0].digest)")
            #expect(unlink(blob) == 0)
            #expect(
                gate.judge(try await measures.integrity()).message
                    == "'model.joblib' is missing, expected \(version.artifacts[0].digest)")
        }
    }

    @Test func `a bundle that lacks a file of the manifest fails`() async throws {
        try await withMeasures { _, _, fixture, version in
            var more = version
            more.artifacts.append(
                Artifact(
                    path: "new.bin", source: .repository(path: "x"), digest: Digest(of: "x".utf8), size: 1))
            let bundle = try await fixture.store.content.bundle(version.id.description)
            let measured = try await BundleMeasures(of: bundle, in: fixture.store.content, as: more).integrity()
            #expect(
                Gate(.integrity).judge(measured).message
                    == "'new.bin' is missing, expected \(Digest(of: "x".utf8))")
        }
    }

    @Test func `files that are none of their format are not safe, and declare nothing`() async throws {
        try await withMeasures { measures, inside, _, _ in
            let safe = Gate(.safeFormat).judge(measures.safeFormat(inside))
            #expect(safe.verdict != .passed && safe.message.hasPrefix("'model.joblib' is "), "\(safe)")
            let interface = Gate(.interface).judge(measures.interface(inside))
            #expect(
                interface.message.hasPrefix(
                    "'model.joblib': the manifest says that the format is 'sklearn-joblib', and"),
                "\(interface)")
        }
    }

    @Test func `the packaged card is read, not the one of the folder`() async throws {
        try await withMeasures { measures, _, fixture, _ in
            guard case .card(let card?) = try await measures.card() else {
                Issue.record("no card")
                return
            }
            #expect(card.sections == [.init(title: "Churn", level: 1, hasText: false)])
            var bare = try fixture.version("churn@2.0.0")
            bare.card = nil
            try await fixture.build(bare)
            let bundle = try await fixture.store.content.bundle("churn@2.0.0")
            #expect(
                try await BundleMeasures(of: bundle, in: fixture.store.content, as: bare).card() == .card(nil))
        }
    }
}

import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

/// Files are looked into once their bytes are proven, and before anything is started on them.
@Suite struct `Looking into files before they are in place` {
    /// A pickle that calls `posix.system("id")`.
    private static let attack: [UInt8] = Array("cposix\nsystem\n(S'id'\ntR.".utf8)

    private func artifact(_ fixture: StoreFixture, _ path: String, _ bytes: [UInt8]) throws -> Artifact {
        let source = fixture.folder.appending(path: "sources/\(path)")
        try FileManager.default.createDirectory(
            at: source.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: source)
        return Artifact(
            path: path, source: .file(path: source.path), digest: Digest(of: bytes), size: Int64(bytes.count))
    }

    private func inspected(_ fixture: StoreFixture) -> [Event] {
        fixture.ledger.events.filter { $0.type == .artifactInspected }
    }

    @Test func `a dangerous file stalls with the sentence, and is never in place`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try StoreFixture(in: folder)
            let files = [try artifact(fixture, "model.pkl", Self.attack)]
            let failure = try #require(await fixture.failure(of: files))
            #expect(failure.disposition == .stall && failure.reason == "DangerousFile")
            #expect(
                failure.message.hasPrefix(
                    "'model.pkl' of churn@1.4.0 is not safe to load: imports posix.system at byte 0")
                    || failure.message.contains("posix.system"), "\(failure.message)")
            #expect(try await fixture.store.check(files) == .missing)
            let event = try #require(inspected(fixture).first)
            #expect(event.undeclaredMembers == [])
            #expect(event.subject == "churn@1.4.0")
            #expect(event.body["verdict"] == "dangerous" && event.body["format"] == "pickle")
            #expect(event.body["allowing"]?.string == AllowList.shipped.digest.description)
            // Tried again, it is refused from what was kept: nothing is read, and nothing is said twice.
            #expect(await fixture.failure(of: files) == failure)
            #expect(inspected(fixture).count == 1)
            #expect(fixture.store.inspected(files).map(\.verdict) == ["dangerous"])
        }
    }

    /// Takes no second finding, as if the controller ended there.
    private struct EndingLedger: LedgerStorage {
        let kept: RecordedLedger

        func append(_ events: [Event]) async throws(Failure) -> [LedgerIndex] {
            let told = (kept.events + events).count { $0.type == .artifactInspected }
            if told > 1 { throw Failure(.retry, reason: "LedgerUnavailable", message: "it ended") }
            return try await kept.append(events)
        }
    }

    @Test func `what a crash kept from the ledger is told when it is tried again`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try StoreFixture(in: folder)
            let files = [
                try artifact(fixture, "a.pkl", Self.attack), try artifact(fixture, "b.txt", Array("# Churn\n".utf8)),
            ]
            let ending = ArtifactStore(
                root: fixture.store.layout.root, content: fixture.content, tree: fixture.tree, readers: fixture.readers,
                journal: Journal(storage: EndingLedger(kept: fixture.ledger)), refusing: [fixture.state],
                now: { Timestamp(milliseconds: 1_000) })
            let ticket = try await fixture.ledger.ticket()
            await #expect(throws: Failure(.retry, reason: "LedgerUnavailable", message: "it ended")) {
                try await ending.stage(
                    files, of: fixture.version, manifest: nil, at: fixture.commit, ticket: ticket)
            }
            #expect(fixture.store.inspected(files) == [])
            #expect(await fixture.failure(of: files)?.reason == "DangerousFile")
            #expect(inspected(fixture).map { $0.body["path"] } == ["a.pkl", "a.pkl", "b.txt"])
            #expect(await fixture.failure(of: files)?.reason == "DangerousFile")
            #expect(inspected(fixture).count == 3)
        }
    }

    @Test func `what the operator allows is put in place after another look`() async throws {
        try await withTemporaryFolder { folder in
            var fixture = try StoreFixture(in: folder)
            let bytes = Array("cchurn.features\nScaler\n(tR.".utf8)
            let files = [try artifact(fixture, "model.pkl", bytes)]
            #expect(await fixture.failure(of: files)?.reason == "DangerousFile")
            fixture.allowing = try AllowList(parsing: "churn.features Scaler\n", file: "allow/models.txt")
            try await fixture.stage(files)
            #expect(try await fixture.store.check(files) == .prepared)
            #expect(inspected(fixture).map { $0.body["verdict"] } == ["dangerous", "safe"])
        }
    }

    @Test func `an unknown format is said and does not stop anything`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try StoreFixture(in: folder)
            let files = [try artifact(fixture, "model.bin", [0xFE, 0xED, 0x00, 0x01])]
            try await fixture.stage(files)
            let found = fixture.store.inspected(files)
            #expect(found.map(\.verdict) == ["unscanned"])
            #expect(found.first?.findings == ["its bytes are no format known here"])
            #expect(inspected(fixture).first?.body["format"] == nil)
        }
    }

    @Test func `a disagreement with the manifest is kept for weights and not for what stands beside them`() async throws
    {
        try await withTemporaryFolder { folder in
            var fixture = try StoreFixture(in: folder)
            let files = [
                try artifact(fixture, "README.md", Array("# Churn\n".utf8)),
                try artifact(fixture, "weights", Array(#"{"a": 1}"#.utf8)),
            ]
            fixture.manifest = ModelVersion(id: fixture.version, format: "onnx", artifacts: files)
            try await fixture.stage(files)
            #expect(
                fixture.store.inspected(files).map(\.disagreements)
                    == [[], ["the manifest says that the format is 'onnx', and the file is json"]])
        }
    }

    @Test func `sources and what is held are written down first`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try StoreFixture(in: folder)
            let held = try fixture.file("a.txt", "weights of a")
            try await fixture.stage([held])
            try await fixture.stage([held, try fixture.file("b.txt", "weights")])
            let events = fixture.ledger.events.filter { $0.type == .sourcesResolved }
            #expect(events.map(\.undeclaredMembers) == [[], []])
            #expect(events.last?.body["size"] == 19 && events.last?.body["held"] == 12)
            #expect(events.last?.body["sources"]?.list?.count == 2)
        }
    }

    @Test func `files of a collected set leave no record`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try StoreFixture(in: folder)
            let files = [try fixture.file("a.txt", "weights")]
            try await fixture.stage(files)
            #expect(fixture.store.inspected(files).count == 1)
            try await fixture.collect(keeping: [])
            #expect(fixture.leftovers == [])
        }
    }
}

import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillGateway
import WaybillTestSupport
import WaybillTrust

extension `End to end` {
    @Test
    func
        `what a deployment answered is sealed in the ledger, found by its id, proven, and missed when it goes`()
        async throws
    {
        try await withFleet { fleet in
            try await fleet.startServing()
            let unrecorded = try await fleet.ask(Fleet.path(Self.recorded), body: Fleet.request)
            let models = Set(fleet.processes.models)
            try fleet.record("mode: bestEffort, redact: [/inputs/0/name]")
            try await fleet.apply("record")
            let store = SegmentStore(stateFolder: fleet.state + "/gateway")
            let id = try await fleet.recordedAnswer(store)
            // Applied to what runs.
            #expect(Set(fleet.processes.models) == models)
            #expect(try store.predictions(try #require(Self.id(unrecorded))).isEmpty)
            // A gateway that dies leaves its segment to the next one.
            kill(try #require(fleet.processes.gateway).pid, SIGKILL)
            try await fleet.eventually("the segment is sealed") {
                try await !fleet.events(.recordsSealed).isEmpty
            }
            let sealed = try #require(try await fleet.events(.recordsSealed).first)
            let found = try #require(try store.predictions(id).first)
            guard case .prediction(let record) = found.record else { return #expect(Bool(false)) }
            #expect(record.server.version == "1.0.0" && record.server.deployment == "risk-score")
            #expect(record.server.commit.count == 40 && record.status == 200)
            let kept = record.request.payload.map { String(decoding: $0, as: UTF8.self) }
            #expect(kept == Fleet.request.replacing("\"name\":\"features\"", with: "\"name\":null"))
            let proof = try store.proof(of: found)
            #expect(sealed.body["segment"]?.string == found.segment.description)
            #expect(sealed.body["root"]?.string == proof.root.description)
            try MerkleProof.verifyInclusion(
                of: .leaf(found.core), at: proof.index, in: proof.size, root: proof.root, path: proof.path)
            try await Self.tamper(fleet, store, found)
        }
    }

    private static func tamper(_ fleet: Fleet, _ store: SegmentStore, _ found: SegmentStore.Found)
        async throws
    {
        let good = try await fleet.waybill("audit", "records")
        #expect(
            good.code == 0 && good.output.hasPrefix("every sealed segment is as the ledger says\n"),
            "\(good)")
        // A controller that starts again seals nothing twice.
        try await fleet.controller.end(SIGKILL)
        try FileManager.default.removeItem(atPath: store.names.seal(found.segment))
        try await fleet.start()
        try await fleet.eventually("the seal is back") {
            FileManager.default.fileExists(atPath: store.names.seal(found.segment))
        }
        #expect(
            try await fleet.events(.recordsSealed).count {
                $0.body["segment"]?.string == "\(found.segment)"
            } == 1)
        let file = try FileHandle(forUpdating: URL(filePath: store.names.closed(found.segment)))
        try file.seek(toOffset: UInt64(found.offset + 60))
        try file.write(contentsOf: Data("x".utf8))
        try file.close()
        let altered = try await fleet.waybill("audit", "records")
        #expect(
            altered.code == 1
                && altered.output.contains(
                    "segment \(found.segment): at byte \(found.offset): it is malformed: its core was altered"
                ),
            "\(altered)")
        try FileManager.default.removeItem(atPath: store.names.closed(found.segment))
        let missing = try await fleet.waybill("audit", "records")
        #expect(
            missing.code == 1
                && missing.output.contains("cannot open \(store.names.closed(found.segment))"), "\(missing)"
        )
    }

    @Test func `what must be recorded is refused while it cannot be, and told who asks`() async throws {
        try await withFleet { fleet in
            try fleet.record("mode: required")
            try await fleet.push("first")
            try await fleet.start()
            try await fleet.serves(Self.recorded, "1.0.0")
            let store = SegmentStore(stateFolder: fleet.state + "/gateway")
            let id = try #require(
                Self.id(try await fleet.ask(Fleet.path(Self.recorded), body: Fleet.request)))
            #expect(try store.predictions(id).count == 1)
            try FileManager.default.removeItem(atPath: store.names.folder)
            try Data().write(to: URL(filePath: store.names.folder))
            let refused = try await fleet.ask(Fleet.path(Self.recorded), body: Fleet.request)
            #expect(refused.status == 503 && String(decoding: refused.body, as: UTF8.self).contains("must be recorded"))
            try FileManager.default.removeItem(atPath: store.names.folder)
        }
    }

    fileprivate static let recorded = "production/risk-score"

    fileprivate static func id(_ answer: PlainSocket.Message) -> RecordID? {
        answer.values("x-waybill-prediction-id").first.flatMap { RecordID($0) }
    }
}

extension Fleet {
    /// Writes the deployment of `risk-score@1.0.0` with these rules of recording.
    fileprivate func record(_ rules: String) throws {
        try deploy("1.0.0")
        let path = "deployments/risk-score.yaml"
        let text = try String(contentsOfFile: "\(clone)/\(path)", encoding: .utf8)
        try write(path, text + "  recording: {\(rules)}\n")
    }

    /// Asks until an answer is recorded; its id.
    fileprivate func recordedAnswer(_ store: SegmentStore) async throws -> RecordID {
        var id: RecordID?
        try await eventually("an answer is recorded") {
            let asked = `End to end`.id(
                try await ask(Fleet.path(`End to end`.recorded), body: Fleet.request))
            try await Task.sleep(for: .milliseconds(700))
            if let asked, try store.predictions(asked).count == 1 { id = asked }
            return id != nil
        }
        return try #require(id)
    }
}

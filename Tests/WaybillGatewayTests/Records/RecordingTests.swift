import Foundation
import Testing
import WaybillCore
import WaybillTestSupport
import WaybillTrust

@testable import WaybillGateway

/// What a running gateway records.
@Suite struct RecordingTests {
    /// Runs `body` with a gateway that records, before a replica that answers `answer`.
    private func withRecording(
        _ policy: RecordingPolicy = RecordingPolicy(mode: .bestEffort), answering answer: String = "[1]",
        limits: GatewayLimits = .forTests, loops: Int = 1,
        _ body: (GatewayHarness, SegmentStore) async throws -> Void
    ) async throws {
        let upstream = try RawUpstream(answering: answer)
        defer { upstream.stop() }
        var route = recorded(churn(upstream.port), policy)
        route.model = "m"
        route.backends[0].commit = "c0ffee"
        try await withGateway([route], limits: limits, loops: loops) { (gateway) async throws in
            try await body(gateway, SegmentStore(stateFolder: gateway.folder))
        }
    }

    @Test func `a prediction is recorded with what answered it and why`() async throws {
        try await withRecording { (gateway, store) async throws in
            let before = PredictionClock.now() / 1000
            let answer = try await gateway.ask(post("{\"a\": 1}", headers: "X-Request-ID: order 4711\r\n"))
            let record = try #require(try await store.awaited(answer.predictionID).first)
            #expect(
                record.server
                    == PredictionRecord.Server(
                        environment: "production", deployment: "churn", model: "m", version: "1.0.0", revision: "rev",
                        commit: "c0ffee", replica: "r0"))
            #expect((record.requestID, record.status) == ("order 4711", 200))
            #expect((record.ending, record.reason, record.generation) == (.answered, .all, 1))
            #expect((record.request.text, record.answer.text) == ("{\"a\": 1}", "[1]"))
            #expect((record.instance, record.instances) == (0, 1))
            #expect(record.time >= before - 1 && record.time < before + 60_000_000 && record.duration > 0)
        }
    }

    @Test func `a record is proven by its closed segment, also once its payload was erased`() async throws {
        var folder = ""
        var ids: [RecordID] = []
        try await withTemporaryFolder { (copy) async throws in
            try await withRecording { (gateway, store) async throws in
                for number in 0..<5 {
                    ids.append(try #require(try await gateway.ask(post("\(number)")).predictionID))
                }
                _ = try await store.awaited(ids.last)
                let found = try #require(try store.predictions(ids[2]).first)
                #expect(!found.isClosed)
                #expect(throws: Failure.self) { try store.proof(of: found) }
                await gateway.gateway.stop()
                folder = copy.path + "/records"
                try FileManager.default.copyItem(atPath: store.names.folder, toPath: folder)
            }
            let store = SegmentStore(copy)
            let found = try #require(try store.predictions(ids[2]).first)
            let proof = try store.proof(of: found)
            try MerkleProof.verifyInclusion(
                of: .leaf(found.core), at: proof.index, in: proof.size, root: proof.root, path: proof.path)
            let (header, footer) = try store.verified(found.segment)
            #expect((footer.root, footer.count, footer.dropped, header.number) == (proof.root, 5, 0, 0))
            #expect(footer.firstID == ids.min() && footer.lastID == ids.max())
            #expect(footer.deployments.map(\.count) == [5] && footer.deployments[0].retention == 30 * 86_400)
            let erased = try SegmentEraser.erase(found.segment, in: store.names) { $0.id == ids[2] }
            #expect(erased == SegmentEraser.Erased(count: 1, bytes: 4))
            let after = try #require(try store.predictions(ids[2]).first)
            #expect(after.record.bodies.allSatisfy { $0.isErased && $0.payload == nil })
            #expect(try store.proof(of: after) == proof)
            #expect(try store.predictions(ids[1]).first?.record.bodies.first?.text == "1")
            #expect(try SegmentEraser.erase(found.segment, in: store.names) { $0.id == ids[2] }.count == 0)
        }
    }

    @Test func `what is no prediction is not recorded, nor anything where nothing is to be`() async throws {
        try await withRecording { (gateway, store) async throws in
            _ = try await gateway.ask(get("/production/churn/v2/health/ready"))
            _ = try await gateway.ask(get("/production/churn/v2/models/churn"))
            _ = try await store.awaited(try await gateway.ask(post("{}")).predictionID)
            #expect(try store.all().count == 1)
        }
        try await withRecording(.off) { (gateway, store) async throws in
            #expect(try await gateway.ask(post("{}")).status == 200)
            await gateway.gateway.stop()
            #expect(!FileManager.default.fileExists(atPath: store.names.folder))
        }
    }

    @Test func `the share by which a revision got a request is told, and a version that the path names`() async throws {
        let (stable, canary) = (try RawUpstream(answering: "s"), try RawUpstream(answering: "c"))
        defer {
            stable.stop()
            canary.stop()
        }
        let route = recorded(divided(("a", 75, stable.port), ("b", 25, canary.port), chooser: "x-try"))
        try await withGateway([route]) { (gateway) async throws in
            let store = SegmentStore(stateFolder: gateway.folder)
            var reasons: [String: Set<PredictionRecord.Reason>] = [:]
            for _ in 0..<8 {
                let record = try await store.awaited(try await gateway.ask(post("{}")).predictionID)[0]
                reasons[record.server.revision, default: []].insert(record.reason)
            }
            #expect(reasons == ["a": [.share(75)], "b": [.share(25)]])
            let versioned = post("{}", to: "/production/churn/v2/models/churn/versions/b/infer")
            #expect(try await store.awaited(try await gateway.ask(versioned).predictionID)[0].reason == .versionPath)
            let chosen = post("{}", headers: "x-try: b\r\n")
            #expect(try await store.awaited(try await gateway.ask(chosen).predictionID)[0].reason == .header)
        }
    }

    @Test func `failures of a replica and clients that leave are recorded`() async throws {
        let upstream = try RawUpstream { connection, _ in
            let request = try connection.readMessage()
            if request.text.contains("die") { return }
            if request.text.contains("break") {
                try connection.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
                return
            }
            Thread.sleep(forTimeInterval: 1)
        }
        defer { upstream.stop() }
        try await withGateway([recorded(churn(upstream.port, speaking: .openai))]) { (gateway) async throws in
            let store = SegmentStore(stateFolder: gateway.folder)
            let failed = try await gateway.ask(post("die", to: "/production/churn/v1/x"))
            let record = try await store.awaited(failed.predictionID)[0]
            #expect((record.ending, record.status, record.request.text) == (.refused, 502, "die"))
            #expect(record.server.revision == "rev" && record.answer.size == 0)
            _ = try? await gateway.dialog(post("break", to: "/production/churn/v1/x"))
            try await onThread { [port = gateway.port] in
                let socket = try PlainSocket(connectingTo: port)
                try socket.send(post("leave", to: "/production/churn/v1/x"))
                Thread.sleep(forTimeInterval: 0.2)
                socket.close()
            }
            #expect(await eventually { (try? store.all().count) == 3 })
            let endings = try store.all().map { record in
                if case .prediction(let record) = record {
                    "\(record.request.text ?? ""): \(record.ending) \(record.status) \(record.answer.text ?? "")"
                } else {
                    "feedback"
                }
            }
            #expect(Set(endings) == ["die: refused 502 ", "break: brokenOff 200 half", "leave: cancelled 0 "])
        }
    }

    @Test func `large bodies and streams leave size and digest`() async throws {
        let answer = String(repeating: "y", count: 300_000)
        try await withRecording(answering: answer) { (gateway, store) async throws in
            let body = String(repeating: "x", count: 200_000)
            let record = try await store.awaited(try await gateway.ask(post(body)).predictionID)[0]
            for (kept, sent) in [(record.request, body), (record.answer, answer)] {
                #expect((kept.form, kept.flags, kept.size) == (.digest, .tooLarge, UInt64(sent.utf8.count)))
                #expect(kept.salt?.digest(of: Array(sent.utf8)) == kept.digest)
            }
            let chunked =
                "POST \(inferPath) HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            #expect(try await store.awaited(try await gateway.ask(chunked).predictionID)[0].request.text == "abcde")
        }
    }

    @Test func `by digest alone the payload is not there, and can be told from it`() async throws {
        let policy = RecordingPolicy(mode: .bestEffort, request: .digest, answer: .none)
        try await withRecording(policy) { (gateway, store) async throws in
            let record = try await store.awaited(try await gateway.ask(post("secret")).predictionID)[0]
            #expect((record.request.form, record.request.size, record.request.payload) == (.digest, 6, nil))
            #expect(record.request.salt?.digest(of: Array("secret".utf8)) == record.request.digest)
            #expect((record.answer.form, record.answer.size) == (.nothing, 3))
            let bytes = try Data(
                contentsOf: URL(filePath: store.names.open(try #require(store.names.list(".open").first))))
            #expect(bytes.firstRange(of: Data("secret".utf8)) == nil)
        }
    }

    @Test func `a sample is chosen by the ids alone`() async throws {
        try await withRecording(RecordingPolicy(mode: .bestEffort, sample: 30)) { (gateway, store) async throws in
            var sampled: Set<RecordID> = []
            for _ in 0..<60 {
                let id = try #require(try await gateway.ask(post("{}")).predictionID)
                if (id.low & 0x3FFF_FFFF_FFFF_FFFF) % 100 < 30 { sampled.insert(id) }
            }
            await gateway.gateway.stop()
            #expect(Set(try store.all().map(\.id)) == sampled)
        }
    }

    @Test func `each instance of a batch has its own record`() async throws {
        let request = #"{"inputs":[{"name":"age","shape":[3,1],"datatype":"INT64","data":[30,41,52]}]}"#
        let answer = #"{"outputs":[{"name":"p","shape":[3],"datatype":"FP64","data":[0.10,0.2,3e-1]}]}"#
        try await withRecording(answering: answer) { (gateway, store) async throws in
            let records = try await store.awaited(try await gateway.ask(post(request)).predictionID, count: 3)
            #expect(records.map(\.instance) == [0, 1, 2] && records.allSatisfy { $0.instances == 3 })
            #expect(records.allSatisfy { $0.request.flags == .part && $0.answer.flags == .part })
            #expect(records[1].request.text == request.replacing("30,41,52", with: "41"))
            #expect(
                records.map { $0.answer.text }
                    == ["0.10", "0.2", "3e-1"].map { answer.replacing("0.10,0.2,3e-1", with: $0) })
            let many = request.replacing("[3,1]", with: "[65,1]")
            let whole = try await store.awaited(try await gateway.ask(post(many)).predictionID)
            #expect(whole.count == 1 && whole[0].instances == 65 && whole[0].request.text == many)
        }
    }

    // MARK: What cannot be recorded

    @Test func `a full buffer drops and counts, and answers all the same`() async throws {
        var limits = GatewayLimits.forTests
        limits.recordBufferCount = 1
        limits.recordInterval = .seconds(2)
        try await withRecording(limits: limits) { (gateway, store) async throws in
            for _ in 0..<20 { #expect(try await gateway.ask(post("{}")).status == 200) }
            await gateway.gateway.stop()
            let segment = try #require(store.names.list(".segment").first)
            let footer = try store.verified(segment).footer
            #expect(footer.count + footer.dropped == 20 && footer.dropped > 0)
            #expect(footer.deployments[0].dropped == footer.dropped)
        }
    }

    @Test func `what must be recorded and cannot be is refused, until it can be again`() async throws {
        try await withRecording(RecordingPolicy(mode: .required)) { (gateway, store) async throws in
            let first = try await gateway.ask(post("{}"))
            #expect(first.status == 200)
            // Written before it was answered: nothing has to be awaited.
            #expect(try store.predictions(try #require(first.predictionID)).count == 1)
            try FileManager.default.removeItem(atPath: store.names.folder)
            try Data().write(to: URL(filePath: store.names.folder))
            let refused = try await gateway.ask(post("{}"))
            #expect(refused.status == 503)
            #expect(
                refused.text
                    == "{\"error\": \"this prediction must be recorded and cannot be now, so it is not answered; try again later\"}\n"
            )
            try FileManager.default.removeItem(atPath: store.names.folder)
            #expect(await eventually { (try? await gateway.ask(post("{}")).status) == 200 })
            #expect(try store.all().count == 1)
        }
    }

    // MARK: Feedback

    @Test func `feedback is kept and found by the prediction that it speaks of`() async throws {
        try await withRecording { (gateway, store) async throws in
            let id = try #require(try await gateway.ask(post("{}")).predictionID)
            let said = "{\"predictionId\": \"\(id)\", \"label\": \"churned\", \"score\": 0.5, \"instance\": 2}"
            let answer = try await gateway.ask(post(said, to: "/production/churn/feedback"))
            #expect(answer.status == 202)
            #expect(answer.text == "{\"feedbackId\": \"\(try #require(answer.predictionID))\"}")
            let found = try store.feedback(on: id)
            #expect(found.count == 1 && found[0].record.bodies[0].text == said)
            guard case .feedback(let record)? = found.first?.record else { return #expect(Bool(false)) }
            #expect(record.id == answer.predictionID && record.prediction == id && record.instance == 2)
            #expect(try store.predictions(id).count == 1)
        }
    }

    @Test(arguments: [
        ("[]", "feedback is a JSON object, as in {\\\"predictionId\\\": \\\"…\\\", \\\"label\\\": 1}"),
        ("{\"label\": 1}", "'predictionId' must be the x-waybill-prediction-id of an answer"),
        ("{\"predictionId\": \"7\", \"label\": 1}", "'predictionId' must be the x-waybill-prediction-id of an answer"),
        ("{\"predictionId\": \"01927f3a-5b1c-7abc-8123-456789abcdef\"}", "'label' or 'score' is missing"),
        (
            "{\"predictionId\": \"01927f3a-5b1c-7abc-8123-456789abcdef\", \"score\": \"good\"}",
            "'score' must be a number"
        ),
        (
            "{\"predictionId\": \"01927f3a-5b1c-7abc-8123-456789abcdef\", \"label\": 1, \"instance\": -1}",
            "'instance' must be the number of an instance of the request, counted from 0"
        ),
        (
            "{\"predictionId\": \"01927f3a-5b1c-7abc-8123-456789abcdef\", \"label\": 1, \"label\": 2}",
            "'label' is given twice"
        ),
    ])
    func `feedback that says too little is refused with what is missing`(said: String, message: String) async throws {
        try await withRecording { (gateway, store) async throws in
            let answer = try await gateway.ask(post(said, to: "/production/churn/feedback"))
            #expect(answer.status == 400 && answer.text == "{\"error\": \"\(message)\"}\n")
        }
    }

    @Test func `feedback is taken only by POST, of a bounded length, and where something is recorded`() async throws {
        try await withRecording { (gateway, _) async throws in
            #expect(try await gateway.ask(get("/production/churn/feedback")).status == 405)
            let long = String(repeating: " ", count: 20_000)
            #expect(try await gateway.ask(post(long, to: "/production/churn/feedback")).status == 413)
            let chunked =
                "POST /production/churn/feedback HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            #expect(try await gateway.ask(chunked).status == 411)
        }
        try await withRecording(.off) { (gateway, _) async throws in
            #expect(try await gateway.ask(post("{}", to: "/production/churn/feedback")).status == 404)
        }
    }
}

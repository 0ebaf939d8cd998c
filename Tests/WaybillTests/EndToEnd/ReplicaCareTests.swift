import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

@testable import waybill

// Replicas that fail their probes, crash, do not end, and what is left of them.
extension `End to end` {
    @Test
    func `a replica whose liveness fails is left alone while paused, then stopped by a recorded act and replaced`()
        async throws
    {
        try await withFleet { fleet in
            try fleet.version("1.0.0", program: try fleet.mortalProgram())
            try fleet.vigilantRuntime()
            try await fleet.startServing()
            let model = try #require(fleet.processes.models.first)
            _ = try await fleet.client.perform(.pause(try key("production/risk-score"), reason: "a look"))
            try fleet.write("../dead", "")
            try await fleet.eventually("its failure is recorded") { try await !fleet.events(.replicaFailed).isEmpty }
            try await Task.sleep(for: .seconds(2))
            #expect(fleet.processes.models == [model])
            #expect(try await fleet.events(.replicaStopped).isEmpty)
            try fleet.remove("../dead")
            _ = try await fleet.client.perform(.resume(try key("production/risk-score")))
            try await fleet.eventually("another process has its place") {
                !fleet.processes.models.contains(model) && fleet.processes.models.count == 1
            }
            try await fleet.serves("production/risk-score", "1.0.0")
            let failed = try #require(try await fleet.events(.replicaFailed).first)
            let reason = failed.body["reason"]?.string ?? ""
            #expect(reason.hasPrefix("liveness probe failed 2 times: GET /v2/health/live"))
            #expect(try await fleet.events(.replicaStopped).map(\.phase) == [.intent, .outcome])
            #expect(try await fleet.events(.replicaExited).isEmpty)
        }
    }

    @Test func `without a ledger a replica whose liveness fails is left alone`() async throws {
        try await withFleet { fleet in
            try fleet.version("1.0.0", program: try fleet.mortalProgram())
            try fleet.vigilantRuntime()
            try await fleet.startServing()
            let model = try #require(fleet.processes.models.first)
            let journal = try #require(try fleet.journalSegment())
            try FileManager.default.moveItem(atPath: journal, toPath: fleet.folder + "/segment")
            try fleet.write("../dead", "")
            try await fleet.eventually("its failure shows") {
                try await fleet.client.list(ReplicaView.self).items.contains { $0.phase == "failing" }
            }
            try await Task.sleep(for: .seconds(2))
            #expect(fleet.processes.models == [model])
            try FileManager.default.moveItem(atPath: fleet.folder + "/segment", toPath: journal)
            try fleet.remove("../dead")
            try await fleet.eventually("another process has its place") {
                !fleet.processes.models.contains(model) && fleet.processes.models.count == 1
            }
            try await fleet.serves("production/risk-score", "1.0.0")
            let said = try await fleet.events(from: 0).filter {
                [.replicaFailed, .replicaStopped].contains($0.type)
            }.map { "\($0.type.rawValue) \($0.phase.rawValue)" }
            #expect(said == ["replica.failed fact", "replica.stopped intent", "replica.stopped outcome"])
        }
    }

    @Test func `a crash loop is Stalled with the last lines, which outlive the controller`() async throws {
        try await withFleet { fleet in
            let program = """
                import sys
                print('about to fail')
                print('no such file: weights', file=sys.stderr)
                sys.exit(3)

                """
            try fleet.version("1.0.0", program: program)
            try fleet.deploy("1.0.0")
            try await fleet.push("first")
            try await fleet.start()
            try await fleet.eventually("it is stalled") {
                try await fleet.condition("production/risk-score", "Stalled")?.reason == "CrashLoop"
            }
            try await fleet.expectLastWords()
            try await fleet.controller.end(SIGKILL)
            try await fleet.start()
            try await fleet.eventually("it is stalled again") {
                try await fleet.condition("production/risk-score", "Stalled")?.reason == "CrashLoop"
            }
            try await fleet.expectLastWords()
            let kept = try FileManager.default.contentsOfDirectory(atPath: fleet.state + "/replicas")
            #expect(kept.filter { !$0.hasPrefix(".") }.count <= 2)
        }
    }

    @Test func `what no version needs any more is removed, what runs stays`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            let old = try #require(try fleet.modelSets().first)
            let unused = fleet.state + "/environments/environments/" + String(repeating: "a", count: 64)
            try FileManager.default.createDirectory(atPath: unused + "/bin", withIntermediateDirectories: true)
            try FileManager.default.createDirectory(
                atPath: fleet.state + "/environments/locks", withIntermediateDirectories: true)
            let program = try fleet.sample("artifacts/risk-score/1.0.0/server.py")
            try fleet.version("2.0.0", program: program + "# The second version.\n")
            try fleet.deploy("2.0.0")
            try await fleet.apply("second")
            try await fleet.serves("production/risk-score", "2.0.0")
            try await fleet.eventually("the old set and the unused environment are gone") {
                try !fleet.modelSets().contains(old) && !FileManager.default.fileExists(atPath: unused)
            }
            #expect(try fleet.modelSets().count == 1)
            #expect(try await fleet.answeringVersion("production/risk-score") == "2.0.0")
            try await fleet.eventually("it is concluded") {
                let outcomes = try await fleet.events(.cacheCollected, phase: .outcome)
                return outcomes.flatMap { $0.body["items"]?.list ?? [] }.count >= 2
            }
            let collected = try await fleet.events(.cacheCollected)
            #expect(collected.count.isMultiple(of: 2) && collected.first?.phase == .intent)
            let items = collected.filter { $0.phase == .outcome }.flatMap { $0.body["items"]?.list ?? [] }
            let expected = ["model-files \(old)", "environment \(String(repeating: "a", count: 64))"]
            #expect(Set(items.compactMap(\.string)) == Set(expected))
        }
    }

    @Test func `an edited weight whose source is gone holds its deployment until the source is back`() async throws {
        try await withFleet { fleet in
            let source = fleet.folder + "/weights.json"
            try fleet.write("../weights.json", try fleet.sample("artifacts/risk-score/1.0.0/model.json"))
            let manifest = try String(contentsOfFile: "\(fleet.clone)/models/risk-score/1.0.0.yaml", encoding: .utf8)
            try fleet.write(
                "models/risk-score/1.0.0.yaml",
                manifest.replacing("source: artifacts/risk-score/1.0.0/model.json", with: "source: file:\(source)"))
            try await fleet.startServing()
            try FileManager.default.moveItem(atPath: source, toPath: source + ".away")
            let set = fleet.state + "/models/sets/" + (try #require(try fleet.modelSets().first))
            #expect(chmod(set + "/model.json", 0o644) == 0)
            let handle = try #require(FileHandle(forUpdatingAtPath: set + "/model.json"))
            try handle.write(contentsOf: Data("{ ".utf8))
            try handle.close()
            _ = try await fleet.client.perform(.retry(try key("production/risk-score")))
            try await fleet.eventually("it is held") {
                try await fleet.condition("production/risk-score", "Held")?.reason == "ArtifactAltered"
            }
            let held = try #require(try await fleet.condition("production/risk-score", "Held"))
            #expect(held.message.contains("'model.json' of risk-score@1.0.0 was altered: expected sha256:"))
            #expect(try await fleet.condition("production/risk-score", "Reconciling") == nil)
            #expect(try await fleet.client.status().holds.map(\.reason) == ["ArtifactAltered"])
            #expect(try await fleet.answeringVersion("production/risk-score") == "1.0.0")
            try FileManager.default.moveItem(atPath: source + ".away", toPath: source)
            try await fleet.serves("production/risk-score", "1.0.0", within: .seconds(180))
            #expect(try await fleet.condition("production/risk-score", "Held") == nil)
        }
    }
}

extension Fleet {
    /// The sample's program, which is not alive any more once the fleet's folder has a file `dead`.
    fileprivate func mortalProgram() throws -> String {
        try sample("artifacts/risk-score/1.0.0/server.py").replacing(
            "    def do_GET(self):\n",
            with: """
                    def do_GET(self):
                        if self.path.endswith('/live') and pathlib.Path('\(folder)/dead').exists():
                            return self.answer(500, {})

                """)
    }

    /// The sample's runtime, whose liveness probe asks often.
    fileprivate func vigilantRuntime() throws {
        let text = try sample("runtimes/python-oip.yaml")
        let often = text.replacing("period: 10s\n      failures: 6", with: "period: 100ms\n      failures: 2")
        try write("runtimes/python-oip.yaml", often)
    }

    /// The journal's last segment.
    fileprivate func journalSegment() throws -> String? {
        let files = FileManager.default.enumerator(atPath: ledger)?.compactMap { $0 as? String } ?? []
        return files.filter { $0.hasPrefix("journal/") }.max().map { "\(ledger)/\($0)" }
    }

    fileprivate func modelSets() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: state + "/models/sets").sorted()
    }

    /// `describe` and `logs` show what the replica said before it ended, line by line.
    fileprivate func expectLastWords() async throws {
        let described = try await waybill("describe", "production/risk-score")
        #expect(described.code == 0)
        for line in ["about to fail", "no such file: weights"] {
            #expect(described.output.contains("  \(line)\n"), "\(described.output)")
        }
        #expect(!described.output.contains("\\u{a}"))
        let logs = try await waybill("logs", "production/risk-score")
        #expect(logs.code == 0)
        for line in ["about to fail", "no such file: weights"] {
            #expect(logs.output.contains(line), "\(logs.output)")
        }
    }
}

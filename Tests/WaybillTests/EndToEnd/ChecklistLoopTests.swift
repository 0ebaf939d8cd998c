import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillLedger
import WaybillTestSupport

@testable import waybill

/// A checklist as a condition of serving: real candidates beside a real model server.
extension `End to end` {
    @Test func `a version that a gate fails gets no traffic until a commit loosens the gate, and the old one goes on`()
        async throws
    {
        try await withFleet { fleet in
            try fleet.ask(atLeast: 0.6)
            try fleet.declareInterface("1.0.0")
            try await fleet.startServing()
            let first = try #require(try await fleet.events(.versionValidated, phase: .outcome).first)
            #expect(first.body["verdict"] == "passed" && first.subject == "production/risk-score")
            #expect(first.undeclaredMembers == [])
            #expect(try await fleet.events(.revisionAdmitted).count == 1)

            try fleet.ask(atLeast: 0.9)
            try fleet.version("2.0.0", program: try fleet.sample("artifacts/risk-score/1.0.0/server.py") + "\n# 2\n")
            try fleet.declareInterface("2.0.0")
            try fleet.deploy("2.0.0", replicas: 2)
            let tally = try await fleet.load("production/risk-score") {
                try await fleet.apply("a stricter gate, and a version that it fails")
                try await fleet.eventually("it is refused") {
                    try await fleet.condition("production/risk-score", "Stalled")?.reason == "GatesFailed"
                }
                let stalled = try await fleet.condition("production/risk-score", "Stalled")
                #expect(
                    stalled?.message.hasPrefix(
                        "gate ranks of checklist careful: rocAuc is 0.777778 on 6 rows, at least 0.9 is asked; what served goes on; "
                    ) == true, "\(stalled?.message ?? "")")
                try await fleet.eventually("as many of the old one serve as are asked for") {
                    let view = try await fleet.deployment("production/risk-score")
                    return view?.serving == ["risk-score@1.0.0"] && view?.replicas.ready == 2
                }
                #expect(fleet.candidates == [])
                // The next commit changes neither: nobody asks again.
                try fleet.write("README.md", "nothing\n")
                try await fleet.apply("nothing")
                #expect(try await fleet.events(.versionValidated, phase: .outcome).count == 2)

                try fleet.ask(atLeast: 0.7)
                try await fleet.apply("a looser gate")
                try await fleet.serves("production/risk-score", "2.0.0")
            }
            #expect(tally.isFlawless, "\(tally.answers) \(tally.lost)")
            #expect(
                try await fleet.events(.versionValidated, phase: .outcome).compactMap { $0.body["verdict"]?.string }
                    == ["passed", "failed", "passed"])
            #expect(fleet.candidates == [])
        }
    }

    @Test func `a version whose recorded answers differ gets no traffic`() async throws {
        try await withFleet { fleet in
            try fleet.askGolden()
            try await fleet.startServing()
            let program = try fleet.sample("artifacts/risk-score/1.0.0/server.py")
            let weights = try fleet.sample("artifacts/risk-score/1.0.0/model.json")
            try fleet.modelVersion(
                "risk-score", "2.0.0", format: "python-oip",
                [
                    ("model.json", Data(weights.replacing("0.1}", with: "1.1}").utf8)),
                    ("server.py", Data(program.utf8)),
                ])
            try fleet.deploy("2.0.0")
            try await fleet.apply("other answers")
            try await fleet.eventually("it is refused") {
                try await fleet.condition("production/risk-score", "Stalled")?.reason == "GatesFailed"
            }
            let message = try await fleet.condition("production/risk-score", "Stalled")?.message ?? ""
            #expect(message.hasPrefix("gate golden of checklist careful: 1 of 1 recorded requests"), "\(message)")
            #expect(try await fleet.answeringVersion("production/risk-score") == "1.0.0")
            #expect(try await fleet.events(.replicaStarted, phase: .intent).count == 1)
        }
    }

    @Test(arguments: [SIGKILL, SIGTERM])
    func `a controller that ends in the middle of a validation leaves no candidate, and the next one has a verdict`(
        _ signal: CInt
    ) async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            try fleet.ask(atLeast: 0.6)
            // A server that takes its time to come up.
            let program = try fleet.sample("artifacts/risk-score/1.0.0/server.py")
            try fleet.version("2.0.0", program: "import time\ntime.sleep(4)\n" + program)
            try fleet.declareInterface("2.0.0")
            try fleet.deploy("2.0.0")
            try await fleet.apply("slow")
            try await fleet.eventually("a candidate runs") {
                fleet.candidates.contains { !$0.hasSuffix(".lock") } && fleet.processes.models.count == 2
            }
            #expect(try await fleet.deployment("production/risk-score")?.validation?.hasPrefix("asking ") == true)
            #expect(try await fleet.controller.end(signal) == (signal == SIGTERM ? 0 : -SIGKILL))
            #expect(fleet.processes.models.count == (signal == SIGTERM ? 1 : 2))
            try await fleet.start()
            try await fleet.serves("production/risk-score", "2.0.0")
            try await fleet.eventually("no candidate is left") {
                fleet.candidates == [] && fleet.processes.models.count == 1
            }
            let verdicts = try await fleet.events(.versionValidated, phase: .outcome)
                .compactMap { $0.body["verdict"]?.string }
            #expect(verdicts == ["passed"])
        }
    }
}

extension Fleet {
    /// What is left of candidates.
    fileprivate var candidates: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: state + "/candidates")) ?? []
    }

    /// Has production ask a checklist with a bound on six rows, of which the sample ranks 0.777778 right.
    fileprivate func ask(atLeast bound: Double) throws {
        let rows = "a,b,c,y\n1,0.5,2,1\n-1,2,0,0\n2,0,1,1\n0,1,0,0\n-2,0,0,0\n-3,0,0,1\n"
        try write("data/rows.csv", rows)
        try ask(
            """
              gates:
                - integrity: {}
                - name: ranks
                  metric: {metric: rocAuc, data: rows, atLeast: \(bound), minSamples: 6}
              data:
                - {name: rows, source: data/rows.csv, digest: \(Digest(of: rows.utf8)), size: \(rows.utf8.count), target: y}
            """)
    }

    /// Says how rows become requests.
    fileprivate func declareInterface(_ version: String) throws {
        let path = "models/risk-score/\(version).yaml"
        let manifest = try String(contentsOfFile: "\(clone)/\(path)", encoding: .utf8)
        try write(
            path,
            manifest + """
                  interface:
                    inputs: [{name: features, datatype: FP64, shape: [-1, 3]}]
                    outputs: [{name: probability, datatype: FP64, shape: [-1, 1]}]

                """)
    }

    fileprivate func askGolden() throws {
        let golden = """
            {"request": {"inputs": [{"name": "features", "datatype": "FP64", "shape": [1, 3], "data": [0, 0, 0]}]}, \
            "response": {"outputs": [{"name": "probability", "datatype": "FP64", "shape": [1, 1], "data": [0.525]}]}}
            """
        try write("data/golden.jsonl", golden)
        try ask(
            """
              gates:
                - golden:
                    requests: {source: data/golden.jsonl, digest: \(Digest(of: golden.utf8)), size: \(golden.utf8.count)}
                    tolerances: [{output: probability, absolute: 0.001}]
            """)
    }

    private func ask(_ spec: String) throws {
        try write(
            "checklists/careful.yaml",
            "apiVersion: waybill.dev/v1alpha1\nkind: Checklist\nmetadata: {name: careful}\nspec:\n\(spec)\n")
        let environments = try sample("environments.yaml")
        try write(
            "environments.yaml",
            environments.replacing("  description: What customers see.", with: "  checklist: careful"))
    }
}

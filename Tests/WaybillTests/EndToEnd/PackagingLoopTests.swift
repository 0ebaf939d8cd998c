import Foundation
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

@testable import waybill

extension `End to end` {
    @Test func `a dangerous file stalls its deployment, and what the operator allows goes on`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            #expect(try await fleet.events(.artifactInspected).map { $0.body["verdict"]?.string } == ["safe", "safe"])
            // A pickle that makes an object of a class of the team's own.
            try fleet.version("2.0.0", adding: [("scaler.pkl", Array("cchurn.features\nScaler\n(tR.".utf8))])
            try fleet.deploy("2.0.0")
            try await fleet.apply("a pickle")
            try await fleet.eventually("it stalls") {
                try await fleet.condition("production/risk-score", "Stalled")?.reason == "DangerousFile"
            }
            let stalled = try #require(try await fleet.condition("production/risk-score", "Stalled"))
            #expect(stalled.message.hasPrefix("'scaler.pkl' of risk-score@2.0.0 is not safe to load: "))
            #expect(stalled.message.contains("churn.features.Scaler"), "\(stalled.message)")
            #expect(try await fleet.answeringVersion("production/risk-score") == "1.0.0")
            let shown = try await fleet.waybill("describe", "production/risk-score")
            #expect(shown.output.contains("scaler.pkl") && shown.output.contains("dangerous"), "\(shown.output)")
            let plan = try await fleet.waybill("plan")
            #expect(plan.output.contains(" held") && plan.output.contains("pulls"), "\(plan.output)")

            try fleet.write("allow/models.txt", "churn.features Scaler  # ours\n")
            try await fleet.apply("allowed")
            #expect(try await fleet.waybill("retry", "production/risk-score").code == 0)
            try await fleet.serves("production/risk-score", "2.0.0")
            let verdicts = try await fleet.events(.artifactInspected).suffix(3).map { $0.body["verdict"]?.string }
            #expect(verdicts == ["safe", "safe", "safe"])
        }
    }

    @Test func `a file of no known format serves, and is said to be unscanned`() async throws {
        try await withFleet { fleet in
            try fleet.version("1.0.0", adding: [("weights.bin", [0xFE, 0xED, 0x00, 0x01])])
            try await fleet.startServing()
            let condition = try #require(try await fleet.condition("production/risk-score", "Unscanned"))
            #expect(condition.message == "weights.bin: its bytes are no format known here")
            #expect(try await fleet.condition("production/risk-score", "Ready") != nil)
            let detail = try await fleet.client.describe(try DeploymentKey(parsing: "production/risk-score"))
            #expect(Set(detail.inspection.map(\.verdict)) == ["safe", "unscanned"])
        }
    }

    @Test func `a new version of files that serve already gets its bundle, and no drift is seen`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            try fleet.version("2.0.0")
            try fleet.deploy("2.0.0")
            try await fleet.apply("the same files")
            try await fleet.serves("production/risk-score", "2.0.0")
            try await fleet.eventually("both have bundles") {
                let names = try await fleet.events(.bundleBuilt).map { $0.body["version"]?.string }
                return names == ["risk-score@1.0.0", "risk-score@2.0.0"]
            }
            #expect(try await fleet.events(.bundleAttested).count == 2)
            #expect(try await fleet.events(.driftFound) == [])
            let shown = try await fleet.waybill("package", "inspect", "risk-score@2.0.0")
            #expect(shown.output.contains("provenance (SLSA v1) sha256:") && shown.output.contains(" signed by nobody"))
        }
    }

    @Test func `a version whose list of packages locks nothing is refused before it is packaged`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            try fleet.version("2.0.0", adding: [("notes.txt", Array("new".utf8))])
            let path = "models/risk-score/2.0.0.yaml"
            let manifest = try String(contentsOfFile: "\(fleet.clone)/\(path)", encoding: .utf8)
            try fleet.write(path, manifest + "  environment: {python: '3.11', lock: train.txt}\n")
            try fleet.write("train.txt", "numpy\n")
            try fleet.deploy("2.0.0")
            try await fleet.apply("an unlocked list")
            try await fleet.eventually("it stalls") {
                try await fleet.condition("production/risk-score", "Stalled")?.reason == "LockInvalid"
            }
            let stalled = try #require(try await fleet.condition("production/risk-score", "Stalled"))
            #expect(stalled.message.hasPrefix("the lock of risk-score@2.0.0: train.txt:1: "), "\(stalled.message)")
            #expect(
                stalled.message.contains(
                    "'uv pip compile --universal --generate-hashes --python-version 3.11 --output-file train.txt train.txt'"
                ))
            #expect(try await fleet.answeringVersion("production/risk-score") == "1.0.0")
            #expect(try await fleet.events(.bundleBuilt).count == 1)
        }
    }

    @Test func `two deployments of one version package it once, and say what they wait for`() async throws {
        try await withFleet { fleet in
            for name in ["one", "two"] { try fleet.deploy("1.0.0", as: name) }
            try await fleet.push("first")
            try await fleet.start()
            for name in ["one", "two"] { try await fleet.serves("production/\(name)", "1.0.0") }
            for type in [EventType.sourcesResolved, .bundleBuilt] {
                #expect(try await fleet.events(type).count == 1)
            }
            #expect(try await fleet.events(.artifactVerified).count == 2)
        }
    }

    @Test func `rotten bytes that are found by hand are fetched again and written down`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            let text = try fleet.sample("artifacts/risk-score/1.0.0/model.json")
            let blob = "\(fleet.state)/content/layout/blobs/sha256/\(Digest(of: text.utf8).hex)"
            // In place of the blob, as a restored disk would have it: the files that serve are others.
            try FileManager.default.removeItem(atPath: blob)
            try Data(text.utf8.reversed()).write(to: URL(fileURLWithPath: blob))
            let result = try await fleet.waybill("package", "verify", "--all")
            #expect(result.code == 1)
            #expect(result.output.contains("; it was fetched again\n"), "\(result.output) \(result.errors)")
            #expect(try await fleet.waybill("package", "verify", "--all").code == 0)
            try await fleet.eventually("it is written down") {
                try await fleet.events(.contentQuarantined).count == 1
            }
            #expect(try await fleet.answeringVersion("production/risk-score") == "1.0.0")
        }
    }
}

extension Fleet {
    /// Writes a version of `risk-score` with further files.
    func version(_ version: String, adding files: [(String, [UInt8])]) throws {
        let own = try ["model.json", "server.py"].map { name in
            (name, Data(try sample("artifacts/risk-score/1.0.0/\(name)").utf8))
        }
        try modelVersion("risk-score", version, format: "python-oip", own + files.map { ($0.0, Data($0.1)) })
    }
}
